// SPDX-License-Identifier: LGPL-2.1-or-later
// Private to api/. Where a walk over a tree is, as a chain of stack frames: costs nothing until a
// finding needs the text.
#pragma once

#include <glib.h>

typedef struct ApiPath ApiPath;
struct ApiPath {
    const ApiPath *parent; // NULL for the root, whose own name does not appear
    const char *name;      // a field; NULL for an element
    gboolean is_map_key;   // NAME is a key of a map: written in brackets
    guint index;           // of an element
};

// "spec.domain.devices.disks[0].cache"; "" for the root. Owned.
char *api_path_format(const ApiPath *self);
