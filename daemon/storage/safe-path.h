// SPDX-License-Identifier: LGPL-2.1-or-later
// The one way this project opens a path that an administrator, a manifest or a guest can influence: openat2(2) below a
// directory that is already open, with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS. Nothing here
// follows a symlink below its root. Descriptors are O_CLOEXEC and owned by the caller; -1 and *error on failure.
#pragma once

#include <glib.h>
#include <sys/types.h>

// The root itself: absolute; the administrator's own choice, so symlinks in it are followed. Made when MODE is not 0.
int safe_open_root(const char *path, mode_t mode, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// A directory RELATIVE below ROOT_FD, made with missing parents when CREATE. Mode 0711: a guest's user may
// walk through to an image that was labelled for it (hotplug by path), and list nothing.
int safe_open_dir(int root_fd, const char *relative, gboolean create,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
// The directory that RELATIVE is in, which must exist.
int safe_open_parent(int root_fd, const char *relative, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// A regular file below ROOT_FD. FLAGS as open(2); anything but a regular file is refused.
int safe_open_file(int root_fd, const char *relative, int flags, mode_t mode,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Moves RELATIVE, whatever it is, to NAME in the directory TARGET_FD of the same file system, and syncs both directories. Missing is
// success, with *ret_moved FALSE.
gboolean safe_move(int root_fd, const char *relative, int target_fd, const char *name,
                   gboolean *ret_moved, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Removes RELATIVE and all below it, never crossing a symlink or a mount point or leaving ROOT_FD: fails at a mount, and what is on it
// stays. Missing is success.
gboolean safe_remove_tree(int root_fd, const char *relative,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
