// SPDX-License-Identifier: LGPL-2.1-or-later
// See raw-image.h. The file gets its name when it is whole, so that a crash never leaves a disk of size 0. No lock: one on a directory of
// the administrator's could be held by whoever may read it.
#include "storage/raw-image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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
static guint64 choose_size(int dir_fd, const RawImageRequest *request, GError **error)
{
    const char *path = request->path;
    guint64 size = request->size / MIB * MIB, available;
    g_autofree char *want = api_quantity_format_bytes(size);
    g_autofree char *have = NULL;
    struct statvfs fs;

    if (size == 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "the size of \"%s\" is less than 1Mi; ask for 1Mi or more", path);
        return 0;
    }
    if (fstatvfs(dir_fd, &fs) < 0) {
        vmi_set_error_errno(error, errno, "cannot examine the file system of \"%s\"", path);
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
        "not enough space for \"%s\": it needs %s and %s is free; free space or ask for less", path,
        want, have);
    return 0;
}

static gboolean fill(int fd, guint64 size, const RawImageRequest *request, GError **error)
{
    int r = 0;

    if (ftruncate(fd, (off_t)size) < 0)
        r = errno;
    else if (request->allocate)
        r = posix_fallocate(fd, 0, (off_t)size);
    if (r == 0 && fsync(fd) < 0)
        r = errno;
    if (r == 0)
        return TRUE;
    vmi_set_error_errno(error, r, "cannot make \"%s\"", request->path);
    return FALSE;
}

// An unnamed file, which a crash leaves nothing of; or, on a file system that has none (NFS), one whose name nobody else would choose.
static int make(int dir_fd, const char *name, const char *path, char **ret_temporary,
                GError **error)
{
    g_autofree char *random = g_uuid_string_random();
    g_autofree char *temporary = g_strdup_printf(".%s.%s.new", name, random);
    int fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    *ret_temporary = NULL;
    if (fd < 0 && errno == EOPNOTSUPP) {
        fd = openat(dir_fd, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0)
            *ret_temporary = g_steal_pointer(&temporary);
    }
    if (fd < 0)
        vmi_set_error_errno(error, errno, "cannot make \"%s\"", path);
    return fd;
}

// The size of the image of that name. FALSE when there is none.
static gboolean read_size(int dir_fd, const char *name, guint64 *ret_size)
{
    struct stat st;

    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return FALSE;
    *ret_size = (guint64)st.st_size;
    return TRUE;
}

// Gives it its name, unless another worker was quicker, whose image is as good; what is under the name then is on disk. FALSE: see errno.
static gboolean publish(int dir_fd, int fd, const char *temporary, const char *name,
                        guint64 *ret_size)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    int r = temporary ? renameat2(dir_fd, temporary, dir_fd, name, RENAME_NOREPLACE)
                      : linkat(AT_FDCWD, path, dir_fd, name, AT_SYMLINK_FOLLOW);

    return (r == 0 || (errno == EEXIST && read_size(dir_fd, name, ret_size))) && fsync(dir_fd) == 0;
}

gboolean raw_image_create(int dir_fd, const char *name, const RawImageRequest *request,
                          guint64 *ret_size, GError **error)
{
    g_autofree char *temporary = NULL;
    vmi_autofd int fd = -1;
    gboolean made = FALSE;

    if (read_size(dir_fd, name, ret_size))
        return TRUE;
    *ret_size = choose_size(dir_fd, request, error);
    if (*ret_size == 0)
        return FALSE;
    fd = make(dir_fd, name, request->path, &temporary, error);
    if (fd < 0)
        return FALSE;
    made = fill(fd, *ret_size, request, error);
    if (made && !publish(dir_fd, fd, temporary, name, ret_size)) {
        vmi_set_error_errno(error, errno, "cannot make \"%s\"", request->path);
        made = FALSE;
    }
    // Renamed, it is not there any more.
    if (temporary)
        (void)unlinkat(dir_fd, temporary, 0);
    return made;
}
