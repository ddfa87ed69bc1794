// SPDX-License-Identifier: LGPL-2.1-or-later
// The parsed YAML value: counting references, looking up keys, comparing, and finding the place of
// a field path. Nodes never change once the parser is done; threads may share them.

#include "api/yaml.h"

#include <string.h>

#include "api/scalar.h"

ApiNode *api_node_ref(ApiNode *self)
{
    g_atomic_int_inc(&self->ref_count);
    return self;
}

void api_node_unref(ApiNode *self)
{
    if (!self || !g_atomic_int_dec_and_test(&self->ref_count))
        return;
    g_clear_pointer(&self->children, g_ptr_array_unref);
    g_free(self->text);
    g_free(self);
}

void api_entry_free(ApiEntry *self)
{
    if (!self)
        return;
    g_free(self->key);
    api_node_unref(self->value);
    g_free(self);
}

static const ApiEntry *map_entry(const ApiNode *map, const char *key, gsize length)
{
    if (!map || map->kind != API_NODE_MAP)
        return NULL;
    for (guint i = 0; i < map->children->len; i++) {
        const ApiEntry *entry = map->children->pdata[i];

        if (strncmp(entry->key, key, length) == 0 && entry->key[length] == '\0')
            return entry;
    }
    return NULL;
}

ApiNode *api_node_get(const ApiNode *map, const char *key)
{
    const ApiEntry *entry = map_entry(map, key, strlen(key));

    return entry ? entry->value : NULL;
}

static gboolean children_equal(const ApiNode *a, const ApiNode *b)
{
    if (a->children->len != b->children->len)
        return FALSE;
    for (guint i = 0; i < a->children->len; i++) {
        const ApiEntry *entry_a = a->children->pdata[i], *entry_b = b->children->pdata[i];

        if (a->kind == API_NODE_LIST) {
            if (!api_node_equal(a->children->pdata[i], b->children->pdata[i]))
                return FALSE;
        } else if (strcmp(entry_a->key, entry_b->key) != 0 ||
                   !api_node_equal(entry_a->value, entry_b->value)) {
            return FALSE;
        }
    }
    return TRUE;
}

// Quotes matter only where the text would be no string without them.
static gboolean scalars_equal(const ApiNode *a, const ApiNode *b)
{
    return strcmp(a->text, b->text) == 0 &&
           (a->plain == b->plain || !api_scalar_needs_quotes(a->text));
}

gboolean api_node_equal(const ApiNode *a, const ApiNode *b)
{
    if (a == b)
        return TRUE;
    if (!a || !b || a->kind != b->kind)
        return FALSE;
    if (a->kind == API_NODE_SCALAR)
        return scalars_equal(a, b);
    return a->kind == API_NODE_NULL || children_equal(a, b);
}

// Splits the first step off *PATH: ".name", "name", "[3]" or "[any key]". The step is without
// punctuation.
static const char *next_step(const char **path, gsize *length)
{
    const char *step = *path;

    if (*step == '[') {
        const char *end = strchr(++step, ']');

        *length = end ? (gsize)(end - step) : strlen(step);
        *path = step + *length + (end ? 1 : 0);
        return step;
    }
    if (*step == '.')
        step++;
    *length = strcspn(step, ".[");
    *path = step + *length;
    return step;
}

void api_node_locate(const ApiNode *root, const char *path, guint *ret_line, guint *ret_column)
{
    guint line = root ? root->line : 0, column = root ? root->column : 0;

    while (root && *path) {
        gsize length;
        const char *step = next_step(&path, &length);

        if (root->kind == API_NODE_LIST) {
            guint64 index = g_ascii_strtoull(step, NULL, 10);

            if (!g_ascii_isdigit(*step) || index >= root->children->len)
                break;
            root = root->children->pdata[index];
            line = root->line;
            column = root->column;
        } else {
            const ApiEntry *entry = map_entry(root, step, length);

            if (!entry)
                break;
            root = entry->value;
            line = entry->line;
            column = entry->column;
        }
    }
    *ret_line = line;
    *ret_column = column;
}
