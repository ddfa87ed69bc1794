// SPDX-License-Identifier: LGPL-2.1-or-later
// Which fields a definition sets, without their values: what has to be known of a manifest when the next one is applied. Pure.
#pragma once

#include "api/yaml.h"

// OBJECT, a struct of TYPE, as one line of JSON, {"metadata":{"labels":{"app":{}}},...}: a tree of the names of fields that are set,
// of the keys of maps, and of the items of lists that have a merge key. Maps and lists are sorted by name, so that
// the texts are equal when the same things are set. Internal fields are left out. Owned.
char *api_fields(const ApiType *type, gconstpointer object) G_GNUC_WARN_UNUSED_RESULT;
// The tree in TEXT; NULL when TEXT is NULL or no such tree.
ApiNode *api_fields_parse(const char *text) G_GNUC_WARN_UNUSED_RESULT;

// The merge key of ITEM in a list, FIELD, that has one; NULL when it has no name. Borrowed.
const char *api_item_name(const ApiField *field, gconstpointer item);
