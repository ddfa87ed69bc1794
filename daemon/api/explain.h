// SPDX-License-Identifier: LGPL-2.1-or-later
// The tables as text for people: `vmictl explain`, the reference page in docs, and the coverage list.
#pragma once

#include "api/model.h"

// PATH begins with a kind or short name: "vmi.spec.domain.devices.disks.cache". List brackets are optional.
char *api_explain(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Calls VISIT for every leaf path below TYPE ("domain.devices.disks[].cache"), depth first, in table order.
typedef void (*ApiVisit)(const char *path, const ApiField *field, gpointer user_data);
void api_type_walk(const ApiType *type, ApiVisit visit, gpointer user_data);

// How a field's kind is said to people: "string", "[]Disk", "map[string]quantity". Owned.
char *api_field_type_name(const ApiField *field);
// What a field's support row says: "yes", "no effect: ...", "not supported yet". Owned.
char *api_field_support_text(const ApiField *field);

// A reference page of KIND in Markdown (table rows: field, type, default, support, meaning).
char *api_reference_page(const char *kind, GError **error) G_GNUC_WARN_UNUSED_RESULT;
