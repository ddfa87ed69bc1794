// SPDX-License-Identifier: LGPL-2.1-or-later
// Whole writes, reads and listings on a descriptor. On failure errno says why.
#pragma once

#include <glib.h>

gboolean vmi_write_all(int fd, const void *data, gsize length) G_GNUC_WARN_UNUSED_RESULT;
// Exactly LENGTH bytes. A file that is shorter fails with EIO: it is not what was written.
gboolean vmi_read_all(int fd, void *data, gsize length) G_GNUC_WARN_UNUSED_RESULT;
// The names in a directory (char *, without "." and ".."), from its beginning, whatever was read from DIR_FD before. NULL when it could not be read
// to its end, which GDir does not tell from an empty one. DIR_FD stays open, and must not be of O_PATH. Owned.
GPtrArray *vmi_list_dir(int dir_fd) G_GNUC_WARN_UNUSED_RESULT;
