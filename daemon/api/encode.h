// SPDX-License-Identifier: LGPL-2.1-or-later
// Private to api/. Generated structs to nodes, in the tables' order; nodes to text.
#pragma once

#include "api/yaml.h"

typedef enum {
    API_ENCODE_PUBLIC, // what is a field of the API
    API_ENCODE_STORED, // internal fields as well
} ApiEncodeScope;

// A map of the fields that are set; empty lists and maps count as unset. Owned.
ApiNode *api_encode(const ApiType *type, gconstpointer object,
                    ApiEncodeScope scope) G_GNUC_WARN_UNUSED_RESULT;
// The value of one field that is set. Owned.
ApiNode *api_encode_field(const ApiField *field, gconstpointer object,
                          ApiEncodeScope scope) G_GNUC_WARN_UNUSED_RESULT;

// Nodes for building what has no table of its own. Owned.
ApiNode *api_node_new_string(const char *text);
ApiNode *api_node_new_plain(const char *text); // a number or boolean
ApiNode *api_node_new_list(void);
ApiNode *api_node_new_map(void);
void api_node_add(ApiNode *map, const char *key, ApiNode *value); // takes VALUE over

// NODE, a map, as one document of text with a newline at its end. Owned.
char *api_node_to_yaml(const ApiNode *node) G_GNUC_WARN_UNUSED_RESULT;
char *api_node_to_json(const ApiNode *node) G_GNUC_WARN_UNUSED_RESULT;
// NODE, of any kind, as JSON without line breaks. Owned.
char *api_node_to_json_line(const ApiNode *node) G_GNUC_WARN_UNUSED_RESULT;
