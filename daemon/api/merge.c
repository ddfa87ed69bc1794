// SPDX-License-Identifier: LGPL-2.1-or-later
// One walk over three structs along their schema table; see merge.h.
#include "api/merge.h"

#include <string.h>

#include "api/fields.h"

// Of the text that is kept: the file of an object has room for it beside the largest definition.
#define APPLIED_MAX_BYTES (1024 * 1024)

// What is said of one struct; NULL: nothing.
typedef struct {
    const ApiNode *applied; // names of the fields that the last manifest set
    gconstpointer manifest, live;
} Sides;

static gpointer merge_struct(const ApiType *type, const Sides *sides);

// Of a pointer member.
static Sides sides_of(const ApiField *field, const Sides *sides)
{
    return (Sides){
        .applied = api_node_get(sides->applied, field->name),
        .manifest = sides->manifest ? api_field_pointer(field, sides->manifest) : NULL,
        .live = sides->live ? api_field_pointer(field, sides->live) : NULL,
    };
}

// ---- maps and lists --------------------------------------------------------------------------------------------

// Name -> ApiNode, both borrowed; empty when FIELDS is NULL.
static GHashTable *index_fields(const ApiNode *fields)
{
    GHashTable *index = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; fields && fields->children && i < fields->children->len; i++) {
        const ApiEntry *entry = fields->children->pdata[i];

        if (fields->kind == API_NODE_MAP)
            g_hash_table_insert(index, entry->key, entry->value);
    }
    return index;
}

static GPtrArray *merge_map(const Sides *sides)
{
    g_autoptr(GHashTable) applied = index_fields(sides->applied);
    g_auto(ApiMapIndex) manifest = api_map_index(sides->manifest);
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    const GPtrArray *live = sides->live;
    GPtrArray *merged = NULL;

    for (guint i = 0; live && i < live->len; i++) {
        const ApiPair *pair = live->pdata[i];

        if (!api_map_index_find(&manifest, pair->key) && !g_hash_table_contains(applied, pair->key))
            g_ptr_array_add(kept, live->pdata[i]);
    }
    api_map_merge(&merged, sides->manifest);
    api_map_merge(&merged, kept);
    return merged;
}

// Name -> item, both borrowed. The first of several of a name counts.
static GHashTable *index_items(const ApiField *field, const GPtrArray *items)
{
    GHashTable *index = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = items ? items->len : 0; i > 0; i--) {
        const char *name = api_item_name(field, items->pdata[i - 1]);

        if (name)
            g_hash_table_insert(index, (gpointer)name, items->pdata[i - 1]);
    }
    return index;
}

static gpointer find(GHashTable *index, const char *name)
{
    return name ? g_hash_table_lookup(index, name) : NULL;
}

static GPtrArray *merge_items(const ApiField *field, const Sides *sides)
{
    g_autoptr(GHashTable) applied = index_fields(sides->applied);
    g_autoptr(GHashTable) in_manifest = index_items(field, sides->manifest);
    g_autoptr(GHashTable) in_live = index_items(field, sides->live);
    const GPtrArray *manifest = sides->manifest, *live = sides->live;
    g_autoptr(GPtrArray) merged = api_list_new(field->type);

    for (guint i = 0; manifest && i < manifest->len; i++) {
        const char *name = api_item_name(field, manifest->pdata[i]);
        const Sides item = { find(applied, name), manifest->pdata[i], find(in_live, name) };

        g_ptr_array_add(merged, merge_struct(field->type, &item));
    }
    for (guint i = 0; live && i < live->len; i++) {
        const char *name = api_item_name(field, live->pdata[i]);

        // One without a name cannot be told from the manifest's.
        if (name && !find(in_manifest, name) && !find(applied, name))
            g_ptr_array_add(merged, api_struct_copy(field->type, live->pdata[i]));
    }
    return merged->len > 0 ? g_steal_pointer(&merged) : NULL;
}

// ---- structs ---------------------------------------------------------------------------------------------------

// Whether the manifest sets another field that FIELD of TYPE cannot be beside.
static gboolean is_excluded(const ApiType *type, const ApiField *field, gconstpointer manifest)
{
    if (!field->oneof || !manifest || api_field_is_set(field, manifest))
        return FALSE;
    for (guint i = 0; i < type->n_fields; i++)
        if (g_strcmp0(type->fields[i].oneof, field->oneof) == 0 &&
            api_field_is_set(&type->fields[i], manifest))
            return TRUE;
    return FALSE;
}

// A value that is nobody's in parts.
static void take_value(const ApiField *field, const Sides *sides, gpointer merged)
{
    if (sides->manifest && api_field_is_set(field, sides->manifest))
        api_field_copy(field, merged, sides->manifest);
    else if (!api_node_get(sides->applied, field->name))
        api_field_copy(field, merged, sides->live);
}

static void merge_field(const ApiField *field, const Sides *sides, gpointer merged)
{
    gpointer *member = (gpointer *)G_STRUCT_MEMBER_P(merged, field->offset);
    Sides inner;

    if (field->shape != API_MAP && !field->merge &&
        (field->shape == API_LIST || field->kind != API_KIND_OBJECT)) {
        take_value(field, sides, merged);
        return;
    }
    inner = sides_of(field, sides);
    if (field->shape == API_MAP)
        *member = merge_map(&inner);
    else if (field->merge)
        *member = merge_items(field, &inner);
    else
        *member = merge_struct(field->type, &inner);
}

// Whether SELF is something, and nothing that it must have is missing.
static gboolean is_whole(const ApiType *type, gconstpointer self)
{
    gboolean any = FALSE;

    for (guint i = 0; i < type->n_fields; i++) {
        gboolean set = api_field_is_set(&type->fields[i], self);

        if (!set && type->fields[i].required)
            return FALSE;
        any = any || set;
    }
    return any;
}

// NULL when nothing is left. Owned.
static gpointer merge_struct(const ApiType *type, const Sides *sides)
{
    gpointer merged = NULL;

    if (!sides->live)
        return api_struct_copy(type, sides->manifest);
    if (!sides->manifest && !sides->applied)
        return api_struct_copy(type, sides->live);
    merged = api_struct_new(type);
    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];

        if (field->support != API_SUPPORT_REMOVED && !is_excluded(type, field, sides->manifest))
            merge_field(field, sides, merged);
    }
    if (sides->manifest || is_whole(type, merged))
        return merged;
    api_struct_free(type, merged);
    return NULL;
}

// ---- objects ---------------------------------------------------------------------------------------------------

// Without its list of fields, should that be too long, an object is one that is as it was applied.
static char *fields_to_keep(const ApiType *type, gconstpointer object)
{
    g_autofree char *text = api_fields(type, object);

    return strlen(text) <= APPLIED_MAX_BYTES ? g_steal_pointer(&text) : NULL;
}

ApiObject *api_merge(const char *applied, const ApiObject *manifest, const ApiObject *live)
{
    const ApiType *type = manifest->info->type;
    g_autoptr(ApiNode) fields = api_fields_parse(applied);
    const Sides sides = { fields, manifest->data, live->data };
    ApiObject *merged = NULL;
    ApiObjectMeta *meta = NULL;

    if (!fields)
        return api_object_copy(manifest);
    merged = api_object_new(manifest->info);
    api_struct_free(type, merged->data);
    merged->data = merge_struct(type, &sides);
    meta = api_object_meta(merged);
    g_free(meta->applied_fields);
    meta->applied_fields = fields_to_keep(type, manifest->data);
    return merged;
}

void api_keep_applied(const ApiType *type, gpointer object)
{
    ApiObjectMeta *meta = G_STRUCT_MEMBER(ApiObjectMeta *, object, 0);
    gpointer definition = NULL;

    if (meta->applied_fields)
        return;
    definition = api_struct_copy(type, object);
    api_drop_own(type, definition);
    meta->applied_fields = fields_to_keep(type, definition);
    api_struct_free(type, definition);
}
