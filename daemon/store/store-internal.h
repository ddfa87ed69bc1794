// SPDX-License-Identifier: LGPL-2.1-or-later
// What store.c (writing) and store-load.c (reading) share. Everything goes through the descriptor of the root directory and
// never follows a symbolic link below it.
#pragma once

#include "store/store.h"

#define STORE_SUFFIX ".yaml"
#define STORE_BROKEN_SUFFIX ".broken"
#define STORE_TEMP_PREFIX ".new-" // no object name begins with a dot

struct Store {
    char *path;  // for messages
    int root_fd; // O_PATH would do for openat, but fsync needs a real one
};

// A directory below DIR_FD, opened without following a symbolic link; -1 and errno otherwise.
int store_open_dir(int dir_fd, const char *name, gboolean create);
