// SPDX-License-Identifier: LGPL-2.1-or-later
// The tables walked in the direction opposite to decode.c: a struct becomes the tree that YAML and
// JSON are written from.

#include "api/encode.h"

static ApiNode *node_new(ApiNodeKind kind)
{
    ApiNode *node = g_new0(ApiNode, 1);

    node->ref_count = 1;
    node->kind = kind;
    return node;
}

ApiNode *api_node_new_string(const char *text)
{
    ApiNode *node = node_new(API_NODE_SCALAR);

    node->text = g_strdup(text);
    return node;
}

ApiNode *api_node_new_plain(const char *text)
{
    ApiNode *node = api_node_new_string(text);

    node->plain = TRUE;
    return node;
}

ApiNode *api_node_new_list(void)
{
    ApiNode *node = node_new(API_NODE_LIST);

    node->children = g_ptr_array_new_with_free_func((GDestroyNotify)api_node_unref);
    return node;
}

ApiNode *api_node_new_map(void)
{
    ApiNode *node = node_new(API_NODE_MAP);

    node->children = g_ptr_array_new_with_free_func((GDestroyNotify)api_entry_free);
    return node;
}

void api_node_add(ApiNode *map, const char *key, ApiNode *value)
{
    ApiEntry *entry = g_new0(ApiEntry, 1);

    entry->key = g_strdup(key);
    entry->value = value;
    g_ptr_array_add(map->children, entry);
}

// An element of a list, or the value of a pointer member.
static ApiNode *encode_pointer(const ApiField *field, gpointer value, ApiEncodeScope scope)
{
    switch (field->kind) {
    case API_KIND_OBJECT:
        return api_encode(field->type, value, scope);
    case API_KIND_ANY:
        return api_node_ref(value);
    case API_KIND_BOOL:
    case API_KIND_INT:
        return api_node_new_plain(value);
    default:
        return api_node_new_string(value);
    }
}

static ApiNode *encode_array(const ApiField *field, const GPtrArray *array, ApiEncodeScope scope)
{
    ApiNode *node = field->shape == API_LIST ? api_node_new_list() : api_node_new_map();

    for (guint i = 0; i < array->len; i++) {
        const ApiPair *pair = array->pdata[i];

        if (field->shape == API_LIST)
            g_ptr_array_add(node->children, encode_pointer(field, array->pdata[i], scope));
        else
            api_node_add(node, pair->key, api_node_new_string(pair->value));
    }
    return node;
}

ApiNode *api_encode_field(const ApiField *field, gconstpointer object, ApiEncodeScope scope)
{
    g_autofree char *number = NULL;

    if (field->shape != API_SINGLE)
        return encode_array(field, api_field_pointer(field, object), scope);
    switch (field->kind) {
    case API_KIND_BOOL:
        return api_node_new_plain(api_field_bool(field, object) == API_TRUE ? "true" : "false");
    case API_KIND_INT:
        number = g_strdup_printf("%" G_GINT64_FORMAT, api_field_int(field, object).value);
        return api_node_new_plain(number);
    case API_KIND_ENUM:
        return api_node_new_string(
            api_enum_to_string(field->values, api_field_enum(field, object)));
    default:
        return encode_pointer(field, api_field_pointer(field, object), scope);
    }
}

ApiNode *api_encode(const ApiType *type, gconstpointer object, ApiEncodeScope scope)
{
    ApiNode *map = api_node_new_map();

    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];

        if (api_field_is_set(field, object) && (!field->internal || scope == API_ENCODE_STORED))
            api_node_add(map, field->name, api_encode_field(field, object, scope));
    }
    return map;
}
