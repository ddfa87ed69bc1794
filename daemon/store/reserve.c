// SPDX-License-Identifier: LGPL-2.1-or-later
// Places for definitions on a full disk: files of <objects>/.reserve that have their blocks already. One is written to and renamed over the
// old definition, which takes no block, so that no guest that fills the disk can be faster; a file that is only removed to make room
// would leave that to chance.
#include "store/store-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/fd.h"
#include "base/io.h"

#define RESERVE_DIRECTORY ".reserve" // no kind begins with a dot

enum {
    PLACES = 32,
    PLACE_BYTES = 64 * 1024, // an inline userData is 2 KiB at most
    // Times all places together must be free for missing ones to be made.
    ROOM = 8,
};

static char *place_name(guint i)
{
    return g_strdup_printf("%02u", i);
}

static gboolean is_whole(int dir_fd, const char *name)
{
    struct stat st;

    return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           st.st_size == PLACE_BYTES && st.st_blocks >= PLACE_BYTES / 512;
}

static gboolean make_place(int dir_fd, const char *name)
{
    vmi_autofd int fd = -1;

    (void)unlinkat(dir_fd, name, 0);
    fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 && posix_fallocate(fd, 0, PLACE_BYTES) == 0)
        return TRUE;
    (void)unlinkat(dir_fd, name, 0);
    return FALSE;
}

static gboolean has_room(const Store *self)
{
    struct statvfs fs;

    return fstatvfs(self->root_fd, &fs) == 0 &&
           (guint64)fs.f_bavail * fs.f_frsize >= (guint64)PLACES * PLACE_BYTES * ROOM;
}

void store_reserve_fill(Store *self)
{
    gboolean room = has_room(self);
    vmi_autofd int dir_fd = store_open_dir(self->root_fd, RESERVE_DIRECTORY, room);

    self->reserve_used = dir_fd < 0;
    for (guint i = 0; dir_fd >= 0 && i < PLACES; i++) {
        g_autofree char *name = place_name(i);

        if (!is_whole(dir_fd, name) && !(room && make_place(dir_fd, name)))
            self->reserve_used = TRUE;
    }
}

gboolean store_reserve_drop(Store *self)
{
    vmi_autofd int dir_fd = store_open_dir(self->root_fd, RESERVE_DIRECTORY, FALSE);
    gboolean dropped = FALSE;

    for (guint i = 0; dir_fd >= 0 && i < PLACES; i++) {
        g_autofree char *name = place_name(i);

        dropped |= unlinkat(dir_fd, name, 0) == 0;
    }
    self->reserve_used |= dropped;
    return dropped;
}

// errno on failure.
static gboolean write_place(int dir_fd, const char *name, const char *text, gsize length)
{
    vmi_autofd int fd = openat(dir_fd, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

    return fd >= 0 && vmi_write_all(fd, text, length) && ftruncate(fd, (off_t)length) == 0 &&
           fsync(fd) == 0;
}

// One that was not on disk would need a new entry in its directory.
static gboolean can_hold(const StoreChange *change, int dir_fd, const char *file)
{
    return dir_fd >= 0 && change->length <= PLACE_BYTES &&
           faccessat(dir_fd, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

gboolean store_reserve_save(Store *self, const StoreChange *change)
{
    vmi_autofd int reserve_fd = store_open_dir(self->root_fd, RESERVE_DIRECTORY, FALSE);
    vmi_autofd int dir_fd = store_open_object_dir(self, change->info, change->namespace, FALSE);
    g_autofree char *file = g_strconcat(change->name, STORE_SUFFIX, NULL);

    if (!can_hold(change, dir_fd, file))
        return FALSE;
    for (guint i = 0; reserve_fd >= 0 && i < PLACES; i++) {
        g_autofree char *name = place_name(i);

        if (!is_whole(reserve_fd, name))
            continue;
        self->reserve_used = TRUE;
        return write_place(reserve_fd, name, change->text, change->length) &&
               renameat(reserve_fd, name, dir_fd, file) == 0 && fsync(dir_fd) == 0;
    }
    return FALSE;
}
