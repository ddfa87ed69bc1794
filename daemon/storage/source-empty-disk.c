// SPDX-License-Identifier: LGPL-2.1-or-later
// emptyDisk: an empty qcow2 in scratch, whole MiB, gone after the run (behaviour reference 3.4).
#include <fcntl.h>

#include "api/quantity.h"
#include "base/error.h"
#include "base/fd.h"
#include "storage/image-fd.h"
#include "storage/qemu-img.h"
#include "storage/safe-path.h"
#include "storage/source.h"

static gboolean matches(const ApiVolume *volume)
{
    return volume->empty_disk != NULL;
}

static StorageVolume *prepare(const StorageRequest *request, const ApiVolume *volume,
                              const DomainVolume *plan, GCancellable *cancellable, GError **error)
{
    gint64 capacity = api_quantity_value(volume->empty_disk->capacity, 0);
    guint64 size = capacity > 0 ? (guint64)capacity / (1024 * 1024) * (1024 * 1024) : 0;
    g_autofree char *name = g_strconcat(volume->name, ".qcow2", NULL);
    vmi_autofd int scratch = -1;
    vmi_autofd int fd = -1;

    if (size == 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "the emptyDisk \"%s\" has a capacity of less than 1Mi; ask for 1Mi or more",
                    volume->name);
        return NULL;
    }
    scratch = source_open_scratch(request, error);
    if (scratch < 0 || !qemu_img_create_empty(plan->image->path, size, cancellable, error))
        return NULL;
    fd = safe_open_file(scratch, name, O_RDWR, 0, error);
    return fd < 0 ? NULL : image_fd_volume(request, volume, plan, &fd, 1, error);
}

static char *describe(const StorageRequest *request, const ApiVolume *volume)
{
    const ApiObjectMeta *meta = request->vmi->metadata;
    g_autofree char *path = layout_scratch_file(&request->config->layout, meta->namespace,
                                                meta->name, volume->name, ".qcow2");

    return g_strdup_printf("empty disk of %s: %s", volume->empty_disk->capacity, path);
}

const VolumeSource volume_source_empty_disk = {
    .name = "emptyDisk",
    .matches = matches,
    .prepare = prepare,
    .describe = describe,
};
