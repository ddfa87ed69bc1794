// SPDX-License-Identifier: LGPL-2.1-or-later
// Strict YAML: text -> trees of ApiNode with line and column, through libyaml's events. Refused, each with its position:
// duplicate keys, non-scalar keys, tags other than the core schema's, more than API_YAML_MAX_* of anything.
// Aliases are expanded by reference (shared, immutable) and counted against API_YAML_MAX_NODES as if copied.
#pragma once

#include "api/finding.h"
#include "api/model.h"

enum {
    API_YAML_MAX_BYTES = 10 * 1024 * 1024,
    API_YAML_MAX_KEY = 1024, // bytes: twice what any key may have that is no field's name
    API_YAML_MAX_DEPTH = 64,
    API_YAML_MAX_NODES = 200000, // after alias expansion
    API_YAML_MAX_DOCUMENTS = 1000,
    API_YAML_MAX_TEXT = 16 * 1024 * 1024, // bytes of all scalars after alias expansion
};

typedef enum {
    API_NODE_NULL, // plain null, ~ or empty
    API_NODE_SCALAR, // .text; .plain says whether it was unquoted (only then may it be a number or boolean)
    API_NODE_LIST,
    API_NODE_MAP,
} ApiNodeKind;

struct ApiNode {
    gint ref_count;
    ApiNodeKind kind;
    guint line, column; // 1-based
    gboolean plain;
    char *text;          // SCALAR
    GPtrArray *children; // LIST: ApiNode; MAP: ApiEntry
};

typedef struct {
    char *key;
    guint line, column; // of the key
    ApiNode *value;
} ApiEntry;

ApiNode *api_node_ref(ApiNode *self);
void api_node_unref(ApiNode *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ApiNode, api_node_unref)
ApiNode *api_node_get(const ApiNode *map,
                      const char *key); // borrowed; NULL if no map or no such key

// The same values: kinds, texts, order of keys, and quotes where they matter; positions do not count.
gboolean api_node_equal(const ApiNode *a, const ApiNode *b);
void api_entry_free(ApiEntry *self);

// The documents of TEXT (GPtrArray of ApiNode, owned), empty documents left out. Errors go to FINDINGS; NULL when the
// text cannot be read at all.
GPtrArray *api_yaml_parse(const char *text, gsize length,
                          ApiFindings *findings) G_GNUC_WARN_UNUSED_RESULT;

// Position of the deepest existing ancestor of PATH ("spec.volumes[2].name") in ROOT.
void api_node_locate(const ApiNode *root, const char *path, guint *ret_line, guint *ret_column);
