// SPDX-License-Identifier: LGPL-2.1-or-later
// Private to api/. "Did you mean": what a misspelt or misplaced name was probably meant to be.
#pragma once

#include "api/model.h"
#include "api/path.h"

// NAME is no field of TYPE, which is at PARENT in an object of ROOT. The remedy, or NULL when
// nothing is near. Owned.
char *api_suggest_field(const ApiType *root, const ApiPath *parent, const ApiType *type,
                        const char *name);

// NAME is none of VALUES (NULL-terminated). The nearest one, or NULL. Borrowed.
const char *api_suggest_word(const char *const *values, const char *name);

// Whether one may be a slip of the pen for the other.
gboolean api_names_are_near(const char *name, const char *other);
