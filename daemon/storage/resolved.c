// SPDX-License-Identifier: LGPL-2.1-or-later
// The claims and secrets that the manager resolved for a run, by name.
#include "base/error.h"
#include "storage/source.h"

static const ApiObject *find(const GPtrArray *objects, const char *name)
{
    for (guint i = 0; objects && i < objects->len; i++) {
        const ApiObject *object = g_ptr_array_index(objects, i);

        if (g_strcmp0(api_object_meta(object)->name, name) == 0)
            return object;
    }
    return NULL;
}

const ApiPersistentVolumeClaim *source_find_claim(const StorageRequest *request, const char *name,
                                                  GError **error)
{
    const ApiObject *object = find(request->claims, name);

    if (object)
        return api_object_pvc(object);
    g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND,
                "there is no claim \"%s\" in namespace \"%s\"", name,
                request->vmi->metadata->namespace);
    return NULL;
}

const ApiSecret *source_find_secret(const StorageRequest *request, const char *name, GError **error)
{
    const ApiObject *object = find(request->secrets, name);

    if (object)
        return api_object_secret(object);
    g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND,
                "there is no secret \"%s\" in namespace \"%s\"", name,
                request->vmi->metadata->namespace);
    return NULL;
}
