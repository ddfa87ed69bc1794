// SPDX-License-Identifier: LGPL-2.1-or-later
// Private to store/: what reading, writing and writing on a full disk share. Everything goes through the descriptor of the root directory and
// never follows a symbolic link below it.
#pragma once

#include "store/store.h"

#define STORE_SUFFIX ".yaml"
#define STORE_BROKEN_SUFFIX ".broken"
#define STORE_TEMP_PREFIX ".new-" // no object name begins with a dot

// What is to be done with a transaction before anything else is saved.
typedef enum {
    STORE_NOTHING_PENDING,
    STORE_TO_FINISH, // the change is made, but not all definitions are replaced; or it is not known whether there is one
    STORE_TO_FORGET, // the change was refused
} StorePending;

// Where a definition is: NAMESPACE is NULL for kinds without.
typedef struct {
    const ApiKindInfo *info;
    const char *namespace, *name;
} StorePlace;

struct Store {
    char *path;            // for messages
    int root_fd;           // O_PATH would do for openat, but fsync needs a real one
    gboolean reserve_used; // not all places of the reserve are there
    StorePending pending;
};

StorePlace store_change_place(const StoreChange *self); // borrows
gboolean store_check_place(const StorePlace *place, GError **error);

// A directory below DIR_FD, opened without following a symbolic link; -1 and errno otherwise.
int store_open_dir(int dir_fd, const char *name, gboolean create);
// The directory that NAME's file of kind INFO is in; -1 and errno when it is missing or not a directory.
int store_open_object_dir(const Store *self, const ApiKindInfo *info, const char *namespace,
                          gboolean create);
// A new file with a name that is swept at the next start; -1 and errno.
int store_create_temp(int dir_fd, char **ret_name);
// Removes those in DIR_FD. FALSE and errno when they cannot be listed.
gboolean store_sweep_temps(int dir_fd);

// Makes the places that are missing, if there is plenty of room.
void store_reserve_fill(Store *self);
// Gives all places back to the file system. FALSE: there was none.
gboolean store_reserve_drop(Store *self);
// Makes CHANGE, of a definition that exists, without a new block. FALSE: it is not made.
gboolean store_reserve_save(Store *self, const StoreChange *change);
