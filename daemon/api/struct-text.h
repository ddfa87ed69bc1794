// SPDX-License-Identifier: LGPL-2.1-or-later
// One struct of the schema as a text and back, for what vmi keeps that is no object of the API.
#pragma once

#include "api/finding.h"
#include "api/model.h"

// Every field that is set, as one YAML document. Owned.
char *api_struct_print(const ApiType *type, gconstpointer object) G_GNUC_WARN_UNUSED_RESULT;
// Strict, by the tables. NULL when it is not exactly one document of that type: FINDINGS say why. Owned.
gpointer api_struct_parse(const ApiType *type, const char *text, gsize length,
                          ApiFindings *findings) G_GNUC_WARN_UNUSED_RESULT;
