// SPDX-License-Identifier: LGPL-2.1-or-later
// Images that came from outside, looked at before a guest has them; see storage.h. What becomes of it the manager decides.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "api/reference.h"
#include "base/error.h"
#include "base/fd.h"
#include "storage/image-magic.h"
#include "storage/source.h"

void storage_look_free(StorageLook *self)
{
    if (!self)
        return;
    g_free(self->volume);
    g_free(self->claim);
    g_free(self->path);
    g_free(self->identity);
    g_free(self->foreign);
    g_free(self->warning);
    g_free(self);
}

// The number of a file may be given to another when it is removed; not on the same nanosecond. Its device has another number after
// the next boot.
static gboolean identify(StorageLook *self, int fd, GError **error)
{
    g_autofree char *birth = NULL;
    struct statx st;

    if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) < 0) {
        vmi_set_error_errno(error, errno, "cannot examine \"%s\"", self->path);
        return FALSE;
    }
    self->device = makedev(st.stx_dev_major, st.stx_dev_minor);
    self->inode = st.stx_ino;
    if (st.stx_mask & STATX_BTIME)
        birth = g_strdup_printf(", made at %" G_GINT64_FORMAT ".%09u", (gint64)st.stx_btime.tv_sec,
                                st.stx_btime.tv_nsec);
    self->identity =
        g_strdup_printf("inode %" G_GUINT64_FORMAT "%s", self->inode, birth ? birth : "");
    return TRUE;
}

static gboolean read_head(StorageLook *self, int fd, GError **error)
{
    guint8 head[IMAGE_MAGIC_BYTES];
    ssize_t n = pread(fd, head, sizeof head, 0);
    const ImageMagic *magic = NULL;
    g_autofree char *remedy = NULL;

    if (n < 0) {
        vmi_set_error_errno(error, errno, "cannot read \"%s\"", self->path);
        return FALSE;
    }
    magic = image_magic_find(head, (gsize)n);
    if (!magic)
        return TRUE;
    remedy = image_magic_remedy(magic, self->path);
    self->foreign =
        g_strdup_printf("%s; if you trust where it comes from: %s", magic->what, remedy);
    return TRUE;
}

static char *path_of(const StorageRequest *request, const ApiVolume *volume, const char *claim)
{
    return claim ? layout_claim_image(&request->config->layout, STORAGE_DEFAULT_POOL,
                                      request->vmi->metadata->namespace, claim)
                 : g_strdup(volume->host_disk->path);
}

gboolean storage_look_one(const StorageRequest *request, const ApiVolume *volume,
                          StorageLook **ret_look, GError **error)
{
    const VolumeSource *source = storage_source_find(volume);
    const ApiDisk *disk = domain_disk_of_volume(request->vmi->spec, volume->name);
    g_autoptr(StorageLook) self = NULL;
    vmi_autofd int fd = -1;

    *ret_look = NULL;
    if (!source || !source->open)
        return TRUE;
    self = g_new0(StorageLook, 1);
    self->volume = g_strdup(volume->name);
    self->claim = g_strdup(api_volume_claim(volume));
    self->path = path_of(request, volume, self->claim);
    self->read_only = disk && domain_disk_is_read_only(disk);
    fd = source->open(request, volume, &self->warning, error);
    if (fd < 0 || !identify(self, fd, error) || !read_head(self, fd, error))
        return FALSE;
    *ret_look = g_steal_pointer(&self);
    return TRUE;
}

GPtrArray *storage_look(const StorageRequest *request, GError **error)
{
    const GPtrArray *volumes = request->vmi->spec->volumes;
    g_autoptr(GPtrArray) looks = g_ptr_array_new_with_free_func((GDestroyNotify)storage_look_free);

    for (guint i = 0; volumes && i < volumes->len; i++) {
        StorageLook *look = NULL;

        if (!storage_look_one(request, g_ptr_array_index(volumes, i), &look, error))
            return NULL;
        if (look)
            g_ptr_array_add(looks, look);
    }
    return g_steal_pointer(&looks);
}
