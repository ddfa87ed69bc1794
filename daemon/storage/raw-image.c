// SPDX-License-Identifier: LGPL-2.1-or-later
// See raw-image.h. The file is made under a temporary name and renamed, so a crash never leaves a disk of size 0.
#include "storage/raw-image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "api/quantity.h"
#include "base/error.h"
#include "base/fd.h"

enum {
    MIB = 1024 * 1024,
    RESERVED_BYTES = 131072, // KubeVirt's minimumReservePVCBytes
};

// The size the image gets, or 0 and *error when there is not enough space for it.
static guint64 choose_size(int dir_fd, const char *name, const RawImageRequest *request,
                           GError **error)
{
    guint64 size = request->size / MIB * MIB, available;
    g_autofree char *want = api_quantity_format_bytes(size);
    g_autofree char *have = NULL;
    struct statvfs fs;

    if (size == 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "the size of \"%s\" is less than 1Mi; ask for 1Mi or more", name);
        return 0;
    }
    if (fstatvfs(dir_fd, &fs) < 0) {
        vmi_set_error_errno(error, errno, "cannot examine the file system of \"%s\"", name);
        return 0;
    }
    available = (guint64)fs.f_bavail * fs.f_frsize;
    available = available > RESERVED_BYTES ? available - RESERVED_BYTES : 0;
    if (size <= available)
        return size;
    if (size / 100 * (100 - request->tolerate_percent) <= available && available >= MIB)
        return available / MIB * MIB;
    have = api_quantity_format_bytes(available);
    g_set_error(
        error, VMI_ERROR, VMI_ERROR_NO_SPACE,
        "not enough space for \"%s\": it needs %s and %s is free; free space or ask for less", name,
        want, have);
    return 0;
}

static gboolean fill(int fd, const char *name, guint64 size, gboolean allocate, GError **error)
{
    int r = 0;

    if (ftruncate(fd, (off_t)size) < 0)
        r = errno;
    else if (allocate)
        r = posix_fallocate(fd, 0, (off_t)size);
    if (r == 0 && fsync(fd) < 0)
        r = errno;
    if (r == 0)
        return TRUE;
    vmi_set_error_errno(error, r, "cannot make \"%s\"", name);
    return FALSE;
}

// Held until the descriptor is closed.
static int lock(int dir_fd, const char *name, GError **error)
{
    vmi_autofd int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 && flock(fd, LOCK_EX) == 0)
        return vmi_steal_fd(&fd);
    vmi_set_error_errno(error, errno, "cannot lock the directory of \"%s\"", name);
    return -1;
}

gboolean raw_image_create(int dir_fd, const char *name, const RawImageRequest *request,
                          guint64 *ret_size, GError **error)
{
    g_autofree char *temporary = g_strdup_printf(".%s.new", name);
    vmi_autofd int locked = lock(dir_fd, name, error);
    vmi_autofd int fd = -1;
    struct stat existing;
    guint64 size;

    if (locked < 0)
        return FALSE;
    if (fstatat(dir_fd, name, &existing, AT_SYMLINK_NOFOLLOW) == 0) {
        *ret_size = (guint64)existing.st_size;
        return TRUE;
    }
    size = choose_size(dir_fd, name, request, error);
    if (size == 0)
        return FALSE;
    // A leftover of a crash.
    if (unlinkat(dir_fd, temporary, 0) < 0 && errno != ENOENT) {
        vmi_set_error_errno(error, errno, "cannot clear \"%s\"", temporary);
        return FALSE;
    }
    fd = openat(dir_fd, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        vmi_set_error_errno(error, errno, "cannot make \"%s\"", name);
        return FALSE;
    }
    if (!fill(fd, name, size, request->allocate, error)) {
        unlinkat(dir_fd, temporary, 0);
        return FALSE;
    }
    if (renameat2(dir_fd, temporary, dir_fd, name, RENAME_NOREPLACE) < 0) {
        vmi_set_error_errno(error, errno, "cannot make \"%s\"", name);
        unlinkat(dir_fd, temporary, 0);
        return FALSE;
    }
    *ret_size = size;
    return TRUE;
}
