// SPDX-License-Identifier: LGPL-2.1-or-later
// hostDisk: a raw file of the administrator's, only below the allow-listed HostDiskPaths= (behaviour reference 3.7). No
// file ever changes owner: QEMU gets a descriptor.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "api/quantity.h"
#include "base/error.h"
#include "base/fd.h"
#include "storage/image-fd.h"
#include "storage/raw-image.h"
#include "storage/safe-path.h"
#include "storage/source.h"

static gboolean matches(const ApiVolume *volume)
{
    return volume->host_disk != NULL;
}

// The part of PATH below ROOT, or NULL when it is not below.
static const char *below(const char *root, const char *path)
{
    size_t length = strlen(root);

    while (length > 1 && root[length - 1] == '/')
        length--;
    if (strncmp(path, root, length) != 0 || path[length] != '/')
        return NULL;
    return path + length + 1;
}

// PATH is the directory ROOT itself.
static gboolean is_root(const char *root, const char *path)
{
    g_autofree char *slash = g_strconcat(path, "/", NULL);
    const char *rest = below(root, slash);

    return rest && *rest == '\0';
}

// Opens the allow-listed root that PATH lies in. Owned descriptor or -1; ret_relative borrowed from PATH.
static int open_root(const StorageConfig *config, const char *path, const char **ret_relative,
                     GError **error)
{
    for (guint i = 0; config->host_disk_roots && config->host_disk_roots[i]; i++) {
        const char *root = config->host_disk_roots[i];
        const char *relative = below(root, path);

        if (relative) {
            *ret_relative = relative;
            return safe_open_root(root, 0, error);
        }
        if (is_root(root, path)) {
            g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                        "hostDisk \"%s\" is a directory, name a file in it", path);
            return -1;
        }
    }
    g_set_error(
        error, VMI_ERROR, VMI_ERROR_DENIED,
        "hostDisk path \"%s\" is not below any directory that HostDiskPaths= in vmid.conf allows",
        path);
    return -1;
}

static guint64 capacity_of(const ApiHostDiskSource *source)
{
    return (guint64)MAX(api_quantity_value(source->capacity, 0), 0);
}

static gboolean create(int root, const StorageRequest *request, const ApiHostDiskSource *source,
                       const char *relative, GError **error)
{
    g_autofree char *name = g_path_get_basename(relative);
    vmi_autofd int dir = safe_open_parent(root, relative, error);
    const RawImageRequest image = {
        .size = capacity_of(source),
        .tolerate_percent = request->config->claim_tolerance_percent,
        .path = source->path,
    };
    guint64 size;

    return dir >= 0 && raw_image_create(dir, name, &image, &size, error);
}

static int open_or_create(int root, const StorageRequest *request, const ApiHostDiskSource *source,
                          const char *relative, GError **error)
{
    g_autoptr(GError) local = NULL;
    int fd = safe_open_file(root, relative, O_RDWR, 0, &local);

    if (fd < 0 && source->type == API_HOST_DISK_TYPE_DISK_OR_CREATE &&
        g_error_matches(local, VMI_ERROR, VMI_ERROR_NOT_FOUND)) {
        g_clear_error(&local);
        if (create(root, request, source, relative, &local))
            fd = safe_open_file(root, relative, O_RDWR, 0, &local);
    }
    if (fd < 0)
        g_propagate_prefixed_error(error, g_steal_pointer(&local),
                                   "hostDisk \"%s\": ", source->path);
    return fd;
}

// Upstream takes a file that is there as the disk that it is. No guest can use one without a sector, and it would say so nowhere.
static gboolean check_not_empty(const ApiHostDiskSource *source, const struct stat *st,
                                GError **error)
{
    g_autofree char *quoted = g_shell_quote(source->path);

    if (st->st_size > 0)
        return TRUE;
    if (source->type == API_HOST_DISK_TYPE_DISK_OR_CREATE)
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "hostDisk \"%s\" is an empty file; remove it, and vmid makes one of the "
                    "capacity that is asked for: rm %s",
                    source->path, quoted);
    else
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "hostDisk \"%s\" is an empty file, and type Disk means an image that is there; "
                    "put one there, or give it a size: truncate --size=10G %s",
                    source->path, quoted);
    return FALSE;
}

static int open_image(const StorageRequest *request, const ApiVolume *volume, char **ret_warning,
                      GError **error)
{
    const ApiHostDiskSource *source = volume->host_disk;
    const char *relative = NULL;
    vmi_autofd int root = open_root(request->config, source->path, &relative, error);
    vmi_autofd int fd = root < 0 ? -1 : open_or_create(root, request, source, relative, error);
    g_autofree char *owner = g_strdup_printf("hostDisk \"%s\"", source->path);
    struct stat st;

    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0) {
        vmi_set_error_errno(error, errno, "cannot examine \"%s\"", source->path);
        return -1;
    }
    if (!check_not_empty(source, &st, error))
        return -1;
    *ret_warning = source_size_warning(owner, (guint64)st.st_size, capacity_of(source));
    return vmi_steal_fd(&fd);
}

static StorageVolume *prepare(const StorageRequest *request, const ApiVolume *volume,
                              const DomainVolume *plan, GCancellable *cancellable, GError **error)
{
    g_autofree char *warning = NULL;
    vmi_autofd int fd = open_image(request, volume, &warning, error);
    StorageVolume *result = fd < 0 ? NULL : image_fd_volume(request, volume, plan, &fd, 1, error);

    if (result)
        result->warning = g_steal_pointer(&warning);
    return result;
}

static char *describe(const StorageRequest *request, const ApiVolume *volume)
{
    return g_strdup_printf("host file %s", volume->host_disk->path);
}

const VolumeSource volume_source_host_disk = {
    .name = "hostDisk",
    .matches = matches,
    .open = open_image,
    .prepare = prepare,
    .describe = describe,
};
