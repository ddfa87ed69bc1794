// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of objects; see objects.h. Also the readers manager_get() and manager_list().
#include "manager/objects.h"

#include <string.h>

#include "api/reference.h"
#include "base/error.h"
#include "manager/selector.h"
#include "manager/undefined.h"
#include "manager/unread.h"

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

ApiObject *objects_find(const Manager *self, const ApiKindInfo *info, const char *namespace,
                        const char *name)
{
    g_autofree char *key = object_key(info, namespace, name);

    return g_hash_table_lookup(self->objects, key);
}

void object_measure(ApiObject *object)
{
    object->size = api_struct_size(object->info->type, object->data);
}

void objects_insert(Manager *self, ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);

    object_measure(object);
    g_hash_table_replace(self->objects, object_key(object->info, meta->namespace, meta->name),
                         object);
}

void objects_remove(Manager *self, const ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_autofree char *key = object_key(object->info, meta->namespace, meta->name);

    g_hash_table_remove(self->objects, key);
}

gboolean objects_namespace_exists(const Manager *self, const char *namespace)
{
    return objects_find(self, api_kind_find("Namespace"), NULL, namespace) != NULL;
}

gboolean objects_namespace_is_empty(const Manager *self, const char *namespace)
{
    GHashTableIter iter;
    gpointer value = NULL;

    g_hash_table_iter_init(&iter, self->objects);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const ApiObject *object = value;

        if (object->info->namespaced && g_str_equal(api_object_meta(object)->namespace, namespace))
            return FALSE;
    }
    return TRUE;
}

static gboolean refers_to(const ApiObject *object, const ApiKindInfo *info, const char *namespace,
                          const char *name)
{
    return g_strcmp0(api_object_meta(object)->namespace, namespace) == 0 &&
           api_reference_use(object->info->type, object->data, info->kind, name, NULL) !=
               API_USE_NONE;
}

char **objects_referrers(const Manager *self, const ApiKindInfo *info, const char *namespace,
                         const char *name)
{
    g_autoptr(GStrvBuilder) found = g_strv_builder_new();
    GHashTableIter iter;
    gpointer value = NULL;

    g_hash_table_iter_init(&iter, self->objects);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const ApiObject *object = value;
        g_autofree char *text = NULL;

        if (!refers_to(object, info, namespace, name))
            continue;
        text = g_strdup_printf("%s \"%s\"", object->info->kind, api_object_meta(object)->name);
        g_strv_builder_add(found, text);
    }
    return g_strv_builder_end(found);
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

const ApiObject *manager_get(Manager *self, const ApiKindInfo *info, const char *namespace,
                             const char *name)
{
    const ApiObject *object = objects_find(self, info, namespace, name);
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

static int compare_objects(gconstpointer a, gconstpointer b)
{
    const ApiObject *x = *(const ApiObject *const *)a, *y = *(const ApiObject *const *)b;
    int order = strcmp(x->info->kind, y->info->kind);

    if (order == 0)
        order = g_strcmp0(api_object_meta(x)->namespace, api_object_meta(y)->namespace);
    return order != 0 ? order : g_strcmp0(api_object_meta(x)->name, api_object_meta(y)->name);
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
    GPtrArray *found = NULL;
    GHashTableIter iter;
    gpointer object = NULL;

    if (!parsed)
        return NULL;
    found = g_ptr_array_new();
    g_hash_table_iter_init(&iter, self->objects);
    while (g_hash_table_iter_next(&iter, NULL, &object))
        if (fits(&filter, object))
            g_ptr_array_add(found, object);
    add_undefined(self, &filter, found);
    g_ptr_array_sort(found, compare_objects);
    return found;
}
