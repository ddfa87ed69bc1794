// SPDX-License-Identifier: LGPL-2.1-or-later
// See image-fd.h.
#include "storage/image-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "storage/source.h"

enum {
    DIRECT_ALIGNMENT = 4096, // bytes; no disk wants more
};

// The same open file description cannot change its access mode, so the file is opened anew through /proc: by inode, not by name.
static int reopen(int fd, int flags)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);

    return open(path, flags | O_CLOEXEC | O_NOCTTY);
}

gboolean image_fd_direct_io(int fd)
{
    vmi_autofd int direct = reopen(fd, O_RDONLY | O_DIRECT);

    return direct >= 0;
}

// QEMU writes past the page cache only to images that end at a multiple of what direct I/O wants, and refuses others. Zeros behind the end
// are what a guest reads there anyway.
static gboolean align(int fd, const char *path, GError **error)
{
    struct stat st;
    off_t size = 0;

    if (fstat(fd, &st) < 0) {
        vmi_set_error_errno(error, errno, "cannot examine \"%s\"", path);
        return FALSE;
    }
    size = (st.st_size + DIRECT_ALIGNMENT - 1) / DIRECT_ALIGNMENT * DIRECT_ALIGNMENT;
    if (size == st.st_size || ftruncate(fd, size) == 0)
        return TRUE;
    vmi_set_error_errno(error, errno,
                        "the size of \"%s\", %" G_GINT64_FORMAT
                        " bytes, is no multiple of %d, and it cannot be grown to one",
                        path, (gint64)st.st_size, DIRECT_ALIGNMENT);
    return FALSE;
}

// Reads back what the whole chain can do into VOLUME.
static void examine(DomainVolume *volume, const int *fds, guint n_fds)
{
    struct stat st;

    volume->direct_io = TRUE;
    for (guint i = 0; i < n_fds; i++)
        volume->direct_io = volume->direct_io && image_fd_direct_io(fds[i]);
    volume->preallocated = n_fds == 1 && fstat(fds[0], &st) == 0 &&
                           g_str_equal(volume->image->format, "raw") &&
                           (guint64)st.st_blocks * 512 >= (guint64)st.st_size;
}

static gboolean open_chain(StorageVolume *self, const ApiDisk *disk, const int *fds, guint n_fds,
                           GError **error)
{
    // The same rule that writes cache= into the XML decides, so that flags and cache mode cannot differ.
    ApiDiskCache cache =
        disk ? domain_disk_cache(disk, &self->volume, error) : API_DISK_CACHE_WRITETHROUGH;
    int direct = cache == API_DISK_CACHE_NONE ? O_DIRECT : 0;
    DomainImage *image = self->volume.image;

    if (cache == API_DISK_CACHE_UNSET) {
        g_prefix_error(error, "disk \"%s\": ", self->name);
        return FALSE;
    }
    for (guint i = 0; i < n_fds; i++, image = image->backing) {
        int flags = (i > 0 || image->read_only) ? O_RDONLY : O_RDWR;
        int fd = reopen(fds[i], flags | direct);

        if (fd < 0) {
            vmi_set_error_errno(error, errno, "cannot open \"%s\" for volume \"%s\"", image->path,
                                self->name);
            return FALSE;
        }
        g_array_append_val(self->fds, fd);
        image->fdgroup = g_strdup_printf("%s-%u", self->name, i);
    }
    return TRUE;
}

StorageVolume *image_fd_volume(const StorageRequest *request, const ApiVolume *volume,
                               const DomainVolume *plan, const int *fds, guint n_fds,
                               GError **error)
{
    g_autoptr(StorageVolume) self = storage_volume_new(volume->name);

    self->volume = *plan;
    self->volume.image = domain_image_copy(plan->image);
    if (g_str_equal(plan->image->format, "raw") && !plan->image->read_only &&
        !align(fds[0], plan->image->path, error))
        return NULL;
    examine(&self->volume, fds, n_fds);
    if (!open_chain(self, domain_disk_of_volume(request->vmi->spec, volume->name), fds, n_fds,
                    error))
        return NULL;
    return g_steal_pointer(&self);
}
