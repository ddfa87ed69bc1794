// SPDX-License-Identifier: LGPL-2.1-or-later
// Objects to text: adds apiVersion and kind to what the tables say, and the List around several
// objects.

#include "api/manifest.h"

#include "api/encode.h"

static ApiNode *encode_object(const ApiObject *self)
{
    g_autoptr(ApiNode) body = api_encode(self->info->type, self->data);
    ApiNode *map = api_node_new_map();

    api_node_add(map, "apiVersion", api_node_new_string(self->info->api_versions[0]));
    api_node_add(map, "kind", api_node_new_string(self->info->kind));
    for (guint i = 0; i < body->children->len; i++) {
        const ApiEntry *entry = body->children->pdata[i];

        api_node_add(map, entry->key, api_node_ref(entry->value));
    }
    return map;
}

static char *node_print(const ApiNode *node, ApiFormat format)
{
    return format == API_FORMAT_JSON ? api_node_to_json(node) : api_node_to_yaml(node);
}

char *api_object_print(const ApiObject *self, ApiFormat format)
{
    g_autoptr(ApiNode) node = encode_object(self);

    return node_print(node, format);
}

char *api_list_print(const GPtrArray *objects, ApiFormat format)
{
    g_autoptr(ApiNode) node = api_node_new_map();
    ApiNode *items = api_node_new_list();

    api_node_add(node, "apiVersion", api_node_new_string("v1"));
    api_node_add(node, "kind", api_node_new_string("List"));
    api_node_add(node, "items", items);
    for (guint i = 0; i < objects->len; i++)
        g_ptr_array_add(items->children, encode_object(objects->pdata[i]));
    return node_print(node, format);
}
