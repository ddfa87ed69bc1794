// SPDX-License-Identifier: LGPL-2.1-or-later
// What store.c (writing), reserve.c (writing on a full disk) and store-load.c (reading) share. Everything goes through the descriptor of the root directory and
// never follows a symbolic link below it.
#pragma once

#include "store/store.h"

#define STORE_SUFFIX ".yaml"
#define STORE_BROKEN_SUFFIX ".broken"
#define STORE_TEMP_PREFIX ".new-" // no object name begins with a dot

struct Store {
    char *path;            // for messages
    int root_fd;           // O_PATH would do for openat, but fsync needs a real one
    gboolean reserve_used; // not all places of the reserve are there
};

// A directory below DIR_FD, opened without following a symbolic link; -1 and errno otherwise.
int store_open_dir(int dir_fd, const char *name, gboolean create);
// The directory that NAME's file of kind INFO is in; -1 and errno when it is missing or not a directory.
int store_open_object_dir(const Store *self, const ApiKindInfo *info, const char *namespace,
                          gboolean create);
gboolean store_write_all(int fd, const char *text, gsize length); // errno on failure

// Makes the places that are missing, if there is plenty of room.
void store_reserve_fill(Store *self);
// Saves TEXT as FILE, which must exist, in DIR_FD without a new block. FALSE and errno.
gboolean store_reserve_save(Store *self, int dir_fd, const char *file, const char *text,
                            gsize length);
