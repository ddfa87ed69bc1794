// SPDX-License-Identifier: LGPL-2.1-or-later
// The generic operations on the generated structs, by their tables: make, free, copy, compare, look
// up. Knows nothing of any one type, and nothing of text.

#include "api/model.h"

#include <string.h>

#include "api/yaml.h"

enum {
    HASH_FROM = 16, // maps with more keys are searched through a hash table
    VALUE_SIZE = 4, // of the quotes, brackets and commas around a value, or of a number
};

void api_pair_free(ApiPair *self)
{
    if (!self)
        return;
    g_free(self->key);
    g_free(self->value);
    g_free(self);
}

static ApiPair *pair_new(const char *key, const char *value)
{
    ApiPair *pair = g_new0(ApiPair, 1);

    pair->key = g_strdup(key);
    pair->value = g_strdup(value);
    return pair;
}

static ApiPair *map_find(const GPtrArray *map, const char *key)
{
    for (guint i = 0; map && i < map->len; i++) {
        ApiPair *pair = map->pdata[i];

        if (strcmp(pair->key, key) == 0)
            return pair;
    }
    return NULL;
}

const char *api_map_get(const GPtrArray *map, const char *key)
{
    const ApiPair *pair = map_find(map, key);

    return pair ? pair->value : NULL;
}

void api_map_set(GPtrArray **map, const char *key, const char *value)
{
    ApiPair *pair = map_find(*map, key);

    if (!*map)
        *map = g_ptr_array_new_with_free_func((GDestroyNotify)api_pair_free);
    if (!pair) {
        g_ptr_array_add(*map, pair_new(key, value));
        return;
    }
    g_free(pair->value);
    pair->value = g_strdup(value);
}

ApiMapIndex api_map_index(const GPtrArray *map)
{
    ApiMapIndex index = { .map = map };

    if (!map || map->len <= HASH_FROM)
        return index;
    index.table = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < map->len; i++) {
        ApiPair *pair = map->pdata[i];

        g_hash_table_insert(index.table, pair->key, pair);
    }
    return index;
}

void api_map_index_clear(ApiMapIndex *self)
{
    g_clear_pointer(&self->table, g_hash_table_unref);
}

const ApiPair *api_map_index_find(const ApiMapIndex *self, const char *key)
{
    return self->table ? g_hash_table_lookup(self->table, key) : map_find(self->map, key);
}

void api_map_merge(GPtrArray **map, const GPtrArray *from)
{
    g_autoptr(GPtrArray) added = g_ptr_array_new();
    g_auto(ApiMapIndex) index = api_map_index(*map);

    // FROM has no key twice, so that what is added need not be found.
    for (guint i = 0; from && i < from->len; i++) {
        const ApiPair *pair = from->pdata[i];
        ApiPair *old = (ApiPair *)api_map_index_find(&index, pair->key);

        if (old) {
            g_free(old->value);
            old->value = g_strdup(pair->value);
        } else {
            g_ptr_array_add(added, pair_new(pair->key, pair->value));
        }
    }
    if (added->len == 0)
        return;
    if (!*map)
        *map = g_ptr_array_new_with_free_func((GDestroyNotify)api_pair_free);
    g_ptr_array_extend(*map, added, NULL, NULL);
}

gboolean api_map_equal(const GPtrArray *a, const GPtrArray *b)
{
    g_auto(ApiMapIndex) index = { .map = b };

    if ((a ? a->len : 0) != (b ? b->len : 0))
        return FALSE;
    index = api_map_index(b);
    for (guint i = 0; a && i < a->len; i++) {
        const ApiPair *pair = a->pdata[i], *other;

        other = pair ? api_map_index_find(&index, pair->key) : NULL;
        if (!other || g_strcmp0(pair->value, other->value) != 0)
            return FALSE;
    }
    return TRUE;
}

GPtrArray *api_list_new(const ApiType *type)
{
    return g_ptr_array_new_with_free_func(type ? type->destroy : g_free);
}

gpointer api_field_pointer(const ApiField *field, gconstpointer object)
{
    return G_STRUCT_MEMBER(gpointer, object, field->offset);
}

int api_field_enum(const ApiField *field, gconstpointer object)
{
    return G_STRUCT_MEMBER(int, object, field->offset);
}

ApiBool api_field_bool(const ApiField *field, gconstpointer object)
{
    return G_STRUCT_MEMBER(ApiBool, object, field->offset);
}

ApiInt api_field_int(const ApiField *field, gconstpointer object)
{
    return G_STRUCT_MEMBER(ApiInt, object, field->offset);
}

// Whether the member is a pointer that the struct owns.
static gboolean field_is_pointer(const ApiField *field)
{
    return field->shape != API_SINGLE || field->kind == API_KIND_STRING ||
           field->kind == API_KIND_QUANTITY || field->kind == API_KIND_OBJECT ||
           field->kind == API_KIND_ANY;
}

gboolean api_field_is_set(const ApiField *field, gconstpointer object)
{
    if (field->support == API_SUPPORT_REMOVED)
        return FALSE;
    if (field->shape != API_SINGLE) {
        const GPtrArray *array = api_field_pointer(field, object);

        return array && array->len > 0;
    }
    switch (field->kind) {
    case API_KIND_BOOL:
        return api_field_bool(field, object) != API_UNSET;
    case API_KIND_INT:
        return api_field_int(field, object).set;
    case API_KIND_ENUM:
        return api_field_enum(field, object) != 0;
    default:
        return api_field_pointer(field, object) != NULL;
    }
}

static GDestroyNotify element_destroy(const ApiField *field)
{
    if (field->shape == API_MAP)
        return (GDestroyNotify)api_pair_free;
    if (field->kind == API_KIND_OBJECT)
        return field->type->destroy;
    if (field->kind == API_KIND_ANY)
        return (GDestroyNotify)api_node_unref;
    return g_free;
}

gpointer api_struct_new(const ApiType *type)
{
    return g_malloc0(type->size);
}

static void field_free(const ApiField *field, gpointer value)
{
    if (!value)
        return;
    if (field->shape != API_SINGLE) {
        // Whoever made the array need not have known how to free what is in it.
        g_ptr_array_set_free_func(value, element_destroy(field));
        g_ptr_array_unref(value);
        return;
    }
    element_destroy(field)(value);
}

void api_struct_free(const ApiType *type, gpointer object)
{
    if (!object)
        return;
    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];

        if (field->support != API_SUPPORT_REMOVED && field_is_pointer(field))
            field_free(field, api_field_pointer(field, object));
    }
    g_free(object);
}

static gpointer element_copy(const ApiField *field, gconstpointer element)
{
    const ApiPair *pair = element;

    if (!element)
        return NULL;
    if (field->shape == API_MAP)
        return pair_new(pair->key, pair->value);
    if (field->kind == API_KIND_OBJECT)
        return api_struct_copy(field->type, element);
    if (field->kind == API_KIND_ANY)
        return api_node_ref((ApiNode *)element); // immutable once parsed
    return g_strdup(element);
}

static gpointer field_copy(const ApiField *field, gconstpointer value)
{
    const GPtrArray *array = value;
    GPtrArray *copy;

    if (!value || field->shape == API_SINGLE)
        return element_copy(field, value);
    copy = g_ptr_array_new_full(array->len, element_destroy(field));
    for (guint i = 0; i < array->len; i++)
        g_ptr_array_add(copy, element_copy(field, array->pdata[i]));
    return copy;
}

// Of a member that is no pointer.
static gsize value_size(const ApiField *field)
{
    return field->kind == API_KIND_INT    ? sizeof(ApiInt)
           : field->kind == API_KIND_BOOL ? sizeof(ApiBool)
                                          : sizeof(int);
}

void api_field_copy(const ApiField *field, gpointer to, gconstpointer from)
{
    if (field_is_pointer(field))
        G_STRUCT_MEMBER(gpointer, to, field->offset) =
            field_copy(field, api_field_pointer(field, from));
    else
        memcpy(G_STRUCT_MEMBER_P(to, field->offset), G_STRUCT_MEMBER_P(from, field->offset),
               value_size(field));
}

void api_field_clear(const ApiField *field, gpointer object)
{
    if (field_is_pointer(field)) {
        field_free(field, api_field_pointer(field, object));
        G_STRUCT_MEMBER(gpointer, object, field->offset) = NULL;
    } else {
        memset(G_STRUCT_MEMBER_P(object, field->offset), 0, value_size(field));
    }
}

gpointer api_struct_copy(const ApiType *type, gconstpointer object)
{
    gpointer copy;

    if (!object)
        return NULL;
    copy = g_memdup2(object, type->size);
    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];

        if (field->support != API_SUPPORT_REMOVED && field_is_pointer(field))
            G_STRUCT_MEMBER(gpointer, copy, field->offset) =
                field_copy(field, api_field_pointer(field, object));
    }
    return copy;
}

static gsize node_size(const ApiNode *node)
{
    gsize size = node->text ? strlen(node->text) : 0;

    for (guint i = 0; node->children && i < node->children->len; i++) {
        const ApiEntry *entry = node->children->pdata[i];

        size += node->kind == API_NODE_MAP ? strlen(entry->key) + node_size(entry->value)
                                           : node_size(node->children->pdata[i]);
    }
    return size + VALUE_SIZE;
}

static gsize element_size(const ApiField *field, gconstpointer element)
{
    const ApiPair *pair = element;

    if (!element)
        return VALUE_SIZE;
    if (field->shape == API_MAP)
        return strlen(pair->key) + strlen(pair->value) + VALUE_SIZE;
    if (field->kind == API_KIND_OBJECT)
        return api_struct_size(field->type, element);
    if (field->kind == API_KIND_ANY)
        return node_size(element);
    return strlen(element) + VALUE_SIZE;
}

static gsize field_size(const ApiField *field, gconstpointer object)
{
    gsize size = strlen(field->name) + VALUE_SIZE;
    const GPtrArray *array;

    if (field->shape == API_SINGLE)
        return size + (field_is_pointer(field)
                           ? element_size(field, api_field_pointer(field, object))
                           : VALUE_SIZE);
    array = api_field_pointer(field, object);
    for (guint i = 0; i < array->len; i++)
        size += element_size(field, array->pdata[i]);
    return size;
}

gsize api_struct_size(const ApiType *type, gconstpointer object)
{
    gsize size = VALUE_SIZE;

    for (guint i = 0; i < type->n_fields; i++)
        if (api_field_is_set(&type->fields[i], object))
            size += field_size(&type->fields[i], object);
    return size;
}

static gboolean element_equal(const ApiField *field, gconstpointer a, gconstpointer b)
{
    if (!a || !b)
        return a == b;
    if (field->kind == API_KIND_OBJECT)
        return api_struct_equal(field->type, a, b);
    if (field->kind == API_KIND_ANY)
        return api_node_equal(a, b);
    return strcmp(a, b) == 0;
}

static gboolean array_equal(const ApiField *field, const GPtrArray *a, const GPtrArray *b)
{
    if (field->shape == API_MAP)
        return api_map_equal(a, b);
    if ((a ? a->len : 0) != (b ? b->len : 0))
        return FALSE;
    for (guint i = 0; a && i < a->len; i++)
        if (!element_equal(field, a->pdata[i], b->pdata[i]))
            return FALSE;
    return TRUE;
}

static gboolean field_equal(const ApiField *field, gconstpointer a, gconstpointer b)
{
    ApiInt int_a, int_b;

    if (field->shape != API_SINGLE)
        return array_equal(field, api_field_pointer(field, a), api_field_pointer(field, b));
    switch (field->kind) {
    case API_KIND_BOOL:
        return api_field_bool(field, a) == api_field_bool(field, b);
    case API_KIND_ENUM:
        return api_field_enum(field, a) == api_field_enum(field, b);
    case API_KIND_INT:
        int_a = api_field_int(field, a);
        int_b = api_field_int(field, b);
        return int_a.set == int_b.set && (!int_a.set || int_a.value == int_b.value);
    default:
        return element_equal(field, api_field_pointer(field, a), api_field_pointer(field, b));
    }
}

gboolean api_struct_equal(const ApiType *type, gconstpointer a, gconstpointer b)
{
    if (!a || !b)
        return a == b;
    for (guint i = 0; i < type->n_fields; i++)
        if (type->fields[i].support != API_SUPPORT_REMOVED && !field_equal(&type->fields[i], a, b))
            return FALSE;
    return TRUE;
}

const ApiField *api_type_find(const ApiType *type, const char *name)
{
    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];

        if (strcmp(field->name, name) == 0 || (field->alias && strcmp(field->alias, name) == 0))
            return field;
    }
    return NULL;
}

const char *api_enum_to_string(const ApiEnum *values, int value)
{
    if (value <= 0)
        return NULL;
    for (int i = 1; values->values[i]; i++)
        if (i == value)
            return values->values[i];
    return NULL;
}

int api_enum_from_string(const ApiEnum *values, const char *text)
{
    for (int i = 1; text && values->values[i]; i++)
        if (strcmp(values->values[i], text) == 0)
            return i;
    return 0;
}
