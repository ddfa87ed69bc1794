// SPDX-License-Identifier: LGPL-2.1-or-later
// persistentVolumeClaim: the claim's own disk.img, read-write.
#include "api/reference.h"
#include "base/fd.h"
#include "storage/image-fd.h"
#include "storage/source.h"

static gboolean matches(const ApiVolume *volume)
{
    return volume->persistent_volume_claim != NULL;
}

static StorageVolume *prepare(const StorageRequest *request, const ApiVolume *volume,
                              const DomainVolume *plan, GCancellable *cancellable, GError **error)
{
    g_autofree char *warning = NULL;
    vmi_autofd int fd = source_open_claim(request, volume, &warning, error);
    StorageVolume *result = fd < 0 ? NULL : image_fd_volume(request, volume, plan, &fd, 1, error);

    if (result) {
        result->warning = g_steal_pointer(&warning);
        result->volume.keep_allocated =
            claim_is_thick(source_find_claim(request, api_volume_claim(volume), NULL));
    }
    return result;
}

static char *describe(const StorageRequest *request, const ApiVolume *volume)
{
    const char *claim = volume->persistent_volume_claim->claim_name;
    g_autofree char *path = layout_claim_image(&request->config->layout, "default",
                                               request->vmi->metadata->namespace, claim);

    return g_strdup_printf("claim %s: %s", claim, path);
}

const VolumeSource volume_source_claim = {
    .name = "persistentVolumeClaim",
    .matches = matches,
    .open = source_open_claim,
    .prepare = prepare,
    .describe = describe,
};
