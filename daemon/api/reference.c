// SPDX-License-Identifier: LGPL-2.1-or-later
// One walk over a struct along its schema table; see reference.h.
#include "api/reference.h"

#include <string.h>

static void visit(const ApiType *type, gconstpointer object, GArray *found);

// The text of a field that is a reference: its own, or the `name` of a LocalReference.
static const char *name_of(const ApiField *field, gconstpointer object)
{
    gconstpointer value = api_field_pointer(field, object);

    if (!value || field->kind == API_KIND_STRING)
        return value;
    return api_field_pointer(api_type_find(field->type, "name"), value);
}

static void visit_reference(const ApiField *field, gconstpointer object, GArray *found)
{
    const ApiReference reference = {
        .kind = field->ref,
        .name = name_of(field, object),
        .use = field->use,
    };

    if (reference.name && *reference.name)
        g_array_append_val(found, reference);
}

static void visit_children(const ApiField *field, gconstpointer object, GArray *found)
{
    gpointer value = api_field_pointer(field, object);
    const GPtrArray *list = value;

    if (!value)
        return;
    if (field->shape == API_SINGLE) {
        visit(field->type, value, found);
        return;
    }
    for (guint i = 0; i < list->len; i++)
        visit(field->type, list->pdata[i], found);
}

static void visit(const ApiType *type, gconstpointer object, GArray *found)
{
    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];

        if (field->support == API_SUPPORT_REMOVED)
            continue;
        if (field->ref)
            visit_reference(field, object, found);
        else if (field->kind == API_KIND_OBJECT && field->shape != API_MAP)
            visit_children(field, object, found);
    }
}

GArray *api_references(const ApiType *type, gconstpointer object)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(ApiReference));

    if (object)
        visit(type, object, found);
    return found;
}

const char *api_reference_first(const ApiType *type, gconstpointer object, const char *kind)
{
    g_autoptr(GArray) references = api_references(type, object);

    for (guint i = 0; i < references->len; i++) {
        const ApiReference *reference = &g_array_index(references, ApiReference, i);

        if (g_str_equal(reference->kind, kind))
            return reference->name;
    }
    return NULL;
}

const char *api_volume_claim(const ApiVolume *volume)
{
    return api_reference_first(&api_volume_type, volume, "PersistentVolumeClaim");
}

char **api_reference_names(const ApiType *type, gconstpointer object, const char *kind)
{
    g_autoptr(GArray) references = api_references(type, object);
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; i < references->len; i++) {
        const ApiReference *reference = &g_array_index(references, ApiReference, i);

        if (g_str_equal(reference->kind, kind) &&
            !g_ptr_array_find_with_equal_func(names, reference->name, g_str_equal, NULL))
            g_ptr_array_add(names, (char *)reference->name);
    }
    g_ptr_array_add(names, NULL);
    return g_strdupv((char **)names->pdata);
}

ApiUse api_reference_use(const ApiType *type, gconstpointer object, const char *kind,
                         const char *name, guint *ret_count)
{
    g_autoptr(GArray) references = api_references(type, object);
    ApiUse most = API_USE_NONE;
    guint count = 0;

    for (guint i = 0; i < references->len; i++) {
        const ApiReference *reference = &g_array_index(references, ApiReference, i);

        if (!g_str_equal(reference->kind, kind) || g_strcmp0(reference->name, name) != 0)
            continue;
        most = MAX(most, reference->use);
        count++;
    }
    if (ret_count)
        *ret_count = count;
    return most;
}
