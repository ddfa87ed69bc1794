// SPDX-License-Identifier: LGPL-2.1-or-later
// What the first bytes of a file say that it is, when it is meant to be a raw disk and is something else. Pure.
#pragma once

#include <glib.h>

typedef struct {
    const char *what; // "a qcow2 image"
    gsize offset, length;
    const char *bytes;
    const char *command; // makes OUT, a raw disk or what unpacking gives, of IN
} ImageMagic;

enum {
    IMAGE_MAGIC_BYTES = 512, // that are enough to tell
};

// NULL: a raw disk as far as its first LENGTH bytes tell.
const ImageMagic *image_magic_find(const guint8 *head, gsize length);
// What to type so that PATH holds a raw disk. Owned.
char *image_magic_remedy(const ImageMagic *self, const char *path);
