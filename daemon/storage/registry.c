// SPDX-License-Identifier: LGPL-2.1-or-later
// The list of volume sources, and what is done to all volumes of a run.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "api/quantity.h"
#include "api/reference.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "storage/safe-path.h"
#include "storage/source.h"

static const VolumeSource *const sources[] = {
    &volume_source_claim,     &volume_source_ephemeral, &volume_source_empty_disk,
    &volume_source_host_disk, &volume_source_no_cloud,
};

const VolumeSource *storage_source_find(const ApiVolume *volume)
{
    for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
        if (sources[i]->matches(volume))
            return sources[i];
    return NULL;
}

static void close_fd(gpointer fd)
{
    close(*(int *)fd);
}

StorageVolume *storage_volume_new(const char *name)
{
    StorageVolume *self = g_new0(StorageVolume, 1);

    self->name = g_strdup(name);
    self->fds = g_array_new(FALSE, FALSE, sizeof(int));
    g_array_set_clear_func(self->fds, close_fd);
    return self;
}

void storage_volume_free(StorageVolume *self)
{
    if (!self)
        return;
    g_free(self->name);
    domain_image_free(self->volume.image);
    g_clear_pointer(&self->fds, g_array_unref);
    g_free(self->warning);
    g_free(self);
}

StorageVolume *storage_prepare_one(const StorageRequest *request, const ApiVolume *volume,
                                   GCancellable *cancellable, GError **error)
{
    const VolumeSource *source = storage_source_find(volume);
    DomainVolume plan = { 0 };
    StorageVolume *result;

    if (!source) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_UNSUPPORTED,
                    "the source of volume \"%s\" is not supported yet", volume->name);
        return NULL;
    }
    if (g_cancellable_set_error_if_cancelled(cancellable, error))
        return NULL;
    plan.image = domain_plan_volume(request->vmi, volume, &request->config->layout);
    result = source->prepare(request, volume, &plan, cancellable, error);
    domain_image_free(plan.image);
    return result;
}

GPtrArray *storage_prepare(const StorageRequest *request, GCancellable *cancellable, GError **error)
{
    const ApiObjectMeta *meta = request->vmi->metadata;
    const GPtrArray *volumes = request->vmi->spec->volumes;
    g_autoptr(GPtrArray) prepared =
        g_ptr_array_new_with_free_func((GDestroyNotify)storage_volume_free);

    // What an earlier run left (it cannot, but a crash of the host can) must not leak into this one.
    if (!storage_release(request->config, meta->namespace, meta->name, error))
        return NULL;
    for (guint i = 0; volumes && i < volumes->len; i++) {
        StorageVolume *volume =
            storage_prepare_one(request, g_ptr_array_index(volumes, i), cancellable, error);

        if (!volume) {
            g_autoptr(GError) leftover = NULL;

            // The first error is the one to report; what could not be removed, the next sweep removes.
            if (!storage_release(request->config, meta->namespace, meta->name, &leftover))
                g_prefix_error(error, "(and %s) ", leftover->message);
            return NULL;
        }
        g_ptr_array_add(prepared, volume);
    }
    return g_steal_pointer(&prepared);
}

char *source_size_warning(const char *owner, guint64 size, guint64 wanted)
{
    const guint64 mib = 1024 * 1024;
    g_autofree char *is = api_quantity_format_bytes(size);
    g_autofree char *was_to_be = api_quantity_format_bytes(wanted);

    // An image that vmid makes is of whole MiB.
    if (size >= wanted / mib * mib)
        return NULL;
    return g_strdup_printf("%s asks for %s and its image has %s, which is what the guest sees",
                           owner, was_to_be, is);
}

int source_open_claim(const StorageRequest *request, const ApiVolume *volume, char **ret_warning,
                      GError **error)
{
    const ApiPersistentVolumeClaim *claim =
        source_find_claim(request, api_volume_claim(volume), error);

    return claim ? claim_open_image(request->config, claim, ret_warning, error) : -1;
}

static int open_scratch_root(const StorageConfig *config, GError **error)
{
    g_autofree char *path = g_build_filename(config->layout.state, "scratch", NULL);

    return safe_open_root(path, 0700, error);
}

int source_open_scratch(const StorageRequest *request, GError **error)
{
    const ApiObjectMeta *meta = request->vmi->metadata;
    g_autofree char *relative = g_build_filename(meta->namespace, meta->name, NULL);
    vmi_autofd int root = open_scratch_root(request->config, error);

    return root < 0 ? -1 : safe_open_dir(root, relative, TRUE, error);
}

gboolean storage_release(const StorageConfig *config, const char *namespace, const char *vmi,
                         GError **error)
{
    vmi_autofd int root = open_scratch_root(config, error);
    g_autofree char *relative = g_build_filename(namespace, vmi, NULL);

    return root >= 0 && safe_remove_tree(root, relative, error);
}

static GPtrArray *list_names(int fd, GError **error)
{
    GPtrArray *names = vmi_list_dir(fd);

    if (!names)
        vmi_set_error_errno(error, errno, "cannot list the scratch pool");
    return names;
}

typedef struct {
    int root;
    GHashTable *keep;
    int removed;
    GError *failure; // the first; what cannot be swept keeps nothing else from it
} Sweep;

static GError **first_failure(Sweep *self)
{
    return self->failure ? NULL : &self->failure;
}

static void sweep_namespace(Sweep *self, const char *namespace)
{
    vmi_autofd int fd = safe_open_dir(self->root, namespace, FALSE, first_failure(self));
    g_autoptr(GPtrArray) names = fd < 0 ? NULL : list_names(fd, first_failure(self));

    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *key = g_build_filename(namespace, g_ptr_array_index(names, i), NULL);

        if (!g_hash_table_contains(self->keep, key) &&
            safe_remove_tree(self->root, key, first_failure(self)))
            self->removed++;
    }
}

int storage_sweep(const StorageConfig *config, GHashTable *keep, GError **error)
{
    vmi_autofd int root = open_scratch_root(config, error);
    g_autoptr(GPtrArray) namespaces = root < 0 ? NULL : list_names(root, error);
    Sweep sweep = { .root = root, .keep = keep };

    if (!namespaces)
        return -1;
    for (guint i = 0; i < namespaces->len; i++)
        sweep_namespace(&sweep, g_ptr_array_index(namespaces, i));
    if (!sweep.failure)
        return sweep.removed;
    g_propagate_error(error, sweep.failure);
    return -1;
}
