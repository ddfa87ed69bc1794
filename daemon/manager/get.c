// SPDX-License-Identifier: LGPL-2.1-or-later
// What others read of the table of objects: manager_get() and manager_list(). Guests without a definition are among it.
#include "manager/private.h"

#include "base/error.h"
#include "manager/instance.h"
#include "manager/selector.h"
#include "manager/undefined.h"
#include "manager/unread.h"
#include "objects/object.h"

// ---- instances -------------------------------------------------------------------------------------------------

ManagerInstance *manager_instance(Manager *self, const char *namespace, const char *name)
{
    Instance *instance = instance_find(self, namespace, name);

    return (ManagerInstance *)(instance ? instance : undefined_find(self, namespace, name));
}

GPtrArray *manager_instances(Manager *self)
{
    GPtrArray *all = manager_values(self->instances);
    GHashTableIter iter;
    gpointer key = NULL, value = NULL;

    g_hash_table_iter_init(&iter, self->undefined);
    while (g_hash_table_iter_next(&iter, &key, &value))
        if (!g_hash_table_contains(self->instances, key))
            g_ptr_array_add(all, value);
    return all;
}

// ---- objects ---------------------------------------------------------------------------------------------------

const ApiObject *manager_get(Manager *self, const ApiKindInfo *info, const char *namespace,
                             const char *name)
{
    const ApiObject *object = objects_get(self->objects, info, namespace, name);
    const Instance *undefined = NULL;

    if (!object && g_str_equal(info->kind, "VirtualMachineInstance"))
        undefined = undefined_find(self, namespace, name);
    return undefined ? undefined->public.object : object;
}

gboolean manager_refuse_missing(const Manager *self, const ApiKindInfo *info, const char *namespace,
                                const char *name, GError **error)
{
    if (!unread_check(self, info, namespace, name, error))
        return FALSE;
    if (info->namespaced)
        g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND,
                    "there is no %s \"%s\" in namespace \"%s\"", info->kind, name,
                    object_namespace_or_default(namespace));
    else
        g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND, "there is no %s \"%s\"", info->kind,
                    name);
    return FALSE;
}

static int compare(gconstpointer a, gconstpointer b)
{
    return object_compare(*(const ApiObject *const *)a, *(const ApiObject *const *)b);
}

GPtrArray *manager_list(Manager *self, const ApiKindInfo *info, const char *namespace,
                        const char *selector, GError **error)
{
    return manager_list_after(self, info, namespace, selector, NULL, error);
}

typedef struct {
    const ApiKindInfo *info;
    const char *namespace;
    const Selector *selector;
    const ApiPosition *after;
} Filter;

static gboolean fits(const Filter *filter, const ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);

    if ((filter->info && object->info != filter->info) ||
        (filter->after && api_position_compare(object, filter->after) <= 0))
        return FALSE;
    if (filter->namespace && *filter->namespace && object->info->namespaced &&
        g_strcmp0(meta->namespace, filter->namespace) != 0)
        return FALSE;
    return selector_matches(filter->selector, meta->labels);
}

// Guests without a definition, but for those whose name another VMI has by now.
static void add_undefined(const Manager *self, const Filter *filter, GPtrArray *found)
{
    GHashTableIter iter;
    gpointer key = NULL, value = NULL;

    g_hash_table_iter_init(&iter, self->undefined);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        ApiObject *object = ((const Instance *)value)->public.object;

        if (fits(filter, object) && !g_hash_table_contains(self->instances, key))
            g_ptr_array_add(found, object);
    }
}

GPtrArray *manager_list_after(Manager *self, const ApiKindInfo *info, const char *namespace,
                              const char *selector, const ApiPosition *after, GError **error)
{
    g_autoptr(Selector) parsed = selector_parse(selector, error);
    const Filter filter = { info, namespace, parsed, after };
    g_autoptr(GPtrArray) all = NULL;
    GPtrArray *found = NULL;

    if (!parsed)
        return NULL;
    all = objects_all(self->objects);
    found = g_ptr_array_new();
    for (guint i = 0; i < all->len; i++)
        if (fits(&filter, g_ptr_array_index(all, i)))
            g_ptr_array_add(found, g_ptr_array_index(all, i));
    add_undefined(self, &filter, found);
    g_ptr_array_sort(found, compare);
    return found;
}
