// SPDX-License-Identifier: LGPL-2.1-or-later
// See object.h.
#include "objects/object.h"

#include <string.h>

#include "api/yaml.h"

#define DEFAULT_NAMESPACE "default"

const char *object_namespace_or_default(const char *namespace)
{
    return namespace && *namespace ? namespace : DEFAULT_NAMESPACE;
}

void object_keep_edits(ApiObjectMeta *meta, const ApiObjectMeta *current)
{
    if (api_int_or(current->generation, 0) <= api_int_or(meta->generation, 0))
        return;
    meta->generation = current->generation;
    g_free(meta->applied_fields);
    meta->applied_fields = g_strdup(current->applied_fields);
}

char *object_vmictl_arguments(const char *namespace, const char *name)
{
    return g_str_equal(namespace, DEFAULT_NAMESPACE) ? g_strdup(name)
                                                     : g_strdup_printf("-n %s %s", namespace, name);
}

char *object_key(const ApiKindInfo *info, const char *namespace, const char *name)
{
    return g_strjoin("/", info->plural,
                     info->namespaced ? object_namespace_or_default(namespace) : "", name, NULL);
}

int object_compare(const ApiObject *a, const ApiObject *b)
{
    const ApiObjectMeta *x = api_object_meta(a), *y = api_object_meta(b);
    int order = strcmp(a->info->kind, b->info->kind);

    if (order == 0)
        order = g_strcmp0(x->namespace, y->namespace);
    return order != 0 ? order : g_strcmp0(x->name, y->name);
}

void object_measure(ApiObject *object)
{
    object->size = api_struct_size(object->info->type, object->data);
}

char **object_owners(const ApiObject *object)
{
    const GPtrArray *references = api_object_meta(object)->owner_references;
    g_autoptr(GStrvBuilder) uids = g_strv_builder_new();

    for (guint i = 0; references && i < references->len; i++) {
        const ApiNode *uid = api_node_get(g_ptr_array_index(references, i), "uid");

        if (uid && uid->kind == API_NODE_SCALAR && *uid->text)
            g_strv_builder_add(uids, uid->text);
    }
    return g_strv_builder_end(uids);
}

gboolean object_same_definition(const ApiObject *a, const ApiObject *b)
{
    const ApiType *type = a->info->type;
    // Flat copies that share everything with A and B but metadata and status.
    g_autofree char *left = g_memdup2(a->data, type->size);
    g_autofree char *right = g_memdup2(b->data, type->size);

    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];

        if (!g_str_equal(field->name, "metadata") && !g_str_equal(field->name, "status"))
            continue;
        G_STRUCT_MEMBER(gpointer, left, field->offset) = NULL;
        G_STRUCT_MEMBER(gpointer, right, field->offset) = NULL;
    }
    return api_struct_equal(type, left, right);
}
