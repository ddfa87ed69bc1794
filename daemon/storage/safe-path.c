// SPDX-License-Identifier: LGPL-2.1-or-later
// See safe-path.h. openat2 has no glibc wrapper before 2.41, so the system call is made directly.
#include "storage/safe-path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

// RESOLVE: further restrictions than the usual ones.
static int open_beneath(int dir_fd, const char *path, int flags, mode_t mode, guint64 resolve)
{
    struct open_how how = {
        .flags = (guint64)(flags | O_CLOEXEC),
        .mode = (flags & O_CREAT) ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | resolve,
    };
    long fd;

    // EAGAIN: a concurrent rename somewhere below; openat2(2) says to try again.
    do
        fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof how);
    while (fd < 0 && (errno == EINTR || errno == EAGAIN));
    return (int)fd;
}

int safe_open_root(const char *path, mode_t mode, GError **error)
{
    int fd;

    if (mode != 0 && g_mkdir_with_parents(path, (int)mode) < 0) {
        vmi_set_error_errno(error, errno, "cannot make the directory \"%s\"", path);
        return -1;
    }
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        vmi_set_error_errno(error, errno, "cannot open the directory \"%s\"", path);
    return fd;
}

int safe_open_dir(int root_fd, const char *relative, gboolean create, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(relative, "/", -1);
    vmi_autofd int fd = fcntl(root_fd, F_DUPFD_CLOEXEC, 3);

    for (guint i = 0; fd >= 0 && parts[i]; i++) {
        int next;

        if (*parts[i] == '\0')
            continue;
        if (create && mkdirat(fd, parts[i], 0711) < 0 && errno != EEXIST)
            next = -1;
        else
            next = open_beneath(fd, parts[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, 0);
        if (next < 0) {
            vmi_set_error_errno(error, errno, "cannot open the directory \"%s\"", relative);
            return -1;
        }
        close(fd);
        fd = next;
    }
    if (fd < 0)
        vmi_set_error_errno(error, errno, "cannot open the directory \"%s\"", relative);
    return vmi_steal_fd(&fd);
}

static void set_is_directory(const char *relative, GError **error)
{
    g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "\"%s\" is a directory, name a file in it",
                relative);
}

int safe_open_file(int root_fd, const char *relative, int flags, mode_t mode, GError **error)
{
    // O_NONBLOCK: a fifo or device somebody planted must not hang us before fstat refuses it.
    vmi_autofd int fd = open_beneath(root_fd, relative, flags | O_NONBLOCK | O_NOCTTY, mode, 0);
    struct stat st;

    if (fd < 0) {
        if (errno == ELOOP || errno == EXDEV)
            g_set_error(error, VMI_ERROR, VMI_ERROR_DENIED,
                        "\"%s\" leads through a symbolic link or out of its root; put the file "
                        "itself there",
                        relative);
        else if (errno == EISDIR)
            set_is_directory(relative, error);
        else
            vmi_set_error_errno(error, errno, "cannot open \"%s\"", relative);
        return -1;
    }
    if (fstat(fd, &st) < 0) {
        vmi_set_error_errno(error, errno, "cannot examine \"%s\"", relative);
        return -1;
    }
    if (S_ISDIR(st.st_mode)) {
        set_is_directory(relative, error);
        return -1;
    }
    if (!S_ISREG(st.st_mode)) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_DENIED, "\"%s\" is not a regular file", relative);
        return -1;
    }
    if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) < 0) {
        vmi_set_error_errno(error, errno, "cannot prepare \"%s\"", relative);
        return -1;
    }
    return vmi_steal_fd(&fd);
}

static int remove_entry(int dir_fd, const char *name);

static int remove_children(int dir_fd)
{
    DIR *dir = fdopendir(dir_fd); // takes dir_fd over
    const struct dirent *entry;
    int r = 0;

    if (!dir) {
        close(dir_fd);
        return -1;
    }
    while (r == 0 && (errno = 0, entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            r = remove_entry(dirfd(dir), entry->d_name);
    if (r == 0 && errno != 0)
        r = -1;
    closedir(dir);
    return r;
}

static int remove_entry(int dir_fd, const char *name)
{
    int child;

    if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -1;
    // What somebody mounted in there is not ours to empty.
    child = open_beneath(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, RESOLVE_NO_XDEV);
    if (child < 0 || remove_children(child) < 0)
        return -1;
    return unlinkat(dir_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -1;
}

int safe_open_parent(int root_fd, const char *relative, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(relative);

    return safe_open_dir(root_fd, g_str_equal(parent, ".") ? "" : parent, FALSE, error);
}

// As safe_open_parent(), but TRUE with *ret_fd -1 when the directory is missing.
static gboolean open_parent(int root_fd, const char *relative, int *ret_fd, GError **error)
{
    g_autoptr(GError) local = NULL;

    *ret_fd = safe_open_parent(root_fd, relative, &local);
    if (*ret_fd >= 0 || g_error_matches(local, VMI_ERROR, VMI_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

gboolean safe_move(int root_fd, const char *relative, int target_fd, const char *name,
                   gboolean *ret_moved, GError **error)
{
    g_autofree char *from = g_path_get_basename(relative);
    vmi_autofd int dir_fd = -1;

    *ret_moved = FALSE;
    if (!open_parent(root_fd, relative, &dir_fd, error))
        return FALSE;
    if (dir_fd < 0)
        return TRUE;
    *ret_moved = renameat(dir_fd, from, target_fd, name) == 0;
    if (!*ret_moved && errno == ENOENT)
        return TRUE;
    if (*ret_moved && fsync(dir_fd) == 0 && fsync(target_fd) == 0)
        return TRUE;
    vmi_set_error_errno(error, errno, "cannot move \"%s\" away", relative);
    return FALSE;
}

gboolean safe_remove_tree(int root_fd, const char *relative, GError **error)
{
    g_autofree char *name = g_path_get_basename(relative);
    vmi_autofd int dir_fd = -1;

    if (!open_parent(root_fd, relative, &dir_fd, error))
        return FALSE;
    if (dir_fd < 0)
        return TRUE;
    if (remove_entry(dir_fd, name) == 0)
        return TRUE;
    if (errno == EXDEV || errno == EBUSY)
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                    "cannot remove \"%s\": something is mounted in it, unmount that first",
                    relative);
    else
        vmi_set_error_errno(error, errno, "cannot remove \"%s\"", relative);
    return FALSE;
}
