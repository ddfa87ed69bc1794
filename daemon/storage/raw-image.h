// SPDX-License-Identifier: LGPL-2.1-or-later
// Sparse raw images: creation with KubeVirt's rules (whole MiB, up to N % smaller when space is short; behaviour
// reference 3.7 and 3.8), complete or absent at every instant.
#pragma once

#include <glib.h>

typedef struct {
    guint64 size;           // bytes wanted, before rounding down to 1 MiB
    guint tolerate_percent; // how much smaller it may become when the file system is short of space
    gboolean allocate;      // thick: reserve the blocks now
    const char *path;       // for messages: where the image is, as a person knows it
} RawImageRequest;

// Makes NAME (one component) in DIR_FD, unless there is such a file by now: of many workers that need it at once one gives it its
// name, and it is the same for all. ret_size is what it became.
gboolean raw_image_create(int dir_fd, const char *name, const RawImageRequest *request,
                          guint64 *ret_size, GError **error) G_GNUC_WARN_UNUSED_RESULT;
