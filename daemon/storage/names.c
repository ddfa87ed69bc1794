// SPDX-License-Identifier: LGPL-2.1-or-later
// Which other objects a VMI refers to by name, and finding them among those the manager resolved.
#include "base/error.h"
#include "storage/source.h"

static void add_unique(GPtrArray *names, const char *name)
{
    if (name && !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
        g_ptr_array_add(names, g_strdup(name));
}

static char **finish(GPtrArray *names)
{
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

const char *storage_volume_claim(const ApiVolume *volume)
{
    const ApiEphemeralClaim *base =
        volume->ephemeral ? volume->ephemeral->persistent_volume_claim : NULL;

    if (volume->persistent_volume_claim)
        return volume->persistent_volume_claim->claim_name;
    return base ? base->claim_name : NULL;
}

char **storage_claim_names(const ApiVmiSpec *spec)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; spec->volumes && i < spec->volumes->len; i++)
        add_unique(names, storage_volume_claim(g_ptr_array_index(spec->volumes, i)));
    return finish(names);
}

char **storage_secret_names(const ApiVmiSpec *spec)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; spec->volumes && i < spec->volumes->len; i++) {
        const ApiVolume *volume = g_ptr_array_index(spec->volumes, i);
        const ApiCloudInitSource *source = volume->cloud_init_no_cloud;

        if (source && source->secret_ref)
            add_unique(names, source->secret_ref->name);
        if (source && source->network_data_secret_ref)
            add_unique(names, source->network_data_secret_ref->name);
    }
    return finish(names);
}

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
