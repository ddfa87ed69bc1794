// SPDX-License-Identifier: LGPL-2.1-or-later
// ephemeral: a qcow2 overlay in scratch on a claim's disk.img. The claim is never written (behaviour reference 3.5).
#include <fcntl.h>

#include "base/fd.h"
#include "storage/image-fd.h"
#include "storage/qemu-img.h"
#include "storage/safe-path.h"
#include "storage/source.h"

static gboolean matches(const ApiVolume *volume)
{
    return volume->ephemeral != NULL && volume->ephemeral->persistent_volume_claim != NULL;
}

static StorageVolume *prepare(const StorageRequest *request, const ApiVolume *volume,
                              const DomainVolume *plan, GCancellable *cancellable, GError **error)
{
    g_autofree char *name = g_strconcat(volume->name, ".qcow2", NULL);
    g_autofree char *warning = NULL;
    vmi_autofd int base = source_open_claim(request, volume, &warning, error);
    vmi_autofd int scratch = -1;
    vmi_autofd int overlay = -1;
    StorageVolume *result;

    scratch = base < 0 ? -1 : source_open_scratch(request, error);
    if (scratch < 0 || !qemu_img_create_overlay(plan->image->path, plan->image->backing->path,
                                                "raw", cancellable, error))
        return NULL;
    overlay = safe_open_file(scratch, name, O_RDWR, 0, error);
    if (overlay < 0)
        return NULL;
    result = image_fd_volume(request, volume, plan, (const int[]){ overlay, base }, 2, error);
    if (result)
        result->warning = g_steal_pointer(&warning);
    return result;
}

static char *describe(const StorageRequest *request, const ApiVolume *volume)
{
    const ApiObjectMeta *meta = request->vmi->metadata;
    g_autofree char *path = layout_scratch_file(&request->config->layout, meta->namespace,
                                                meta->name, volume->name, ".qcow2");

    return g_strdup_printf("overlay on claim %s: %s",
                           volume->ephemeral->persistent_volume_claim->claim_name, path);
}

const VolumeSource volume_source_ephemeral = {
    .name = "ephemeral",
    .matches = matches,
    .open = source_open_claim,
    .prepare = prepare,
    .describe = describe,
};
