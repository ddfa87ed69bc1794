// SPDX-License-Identifier: LGPL-2.1-or-later
// Files that are written together: all are written beside those that they replace, then all are synced, then all are renamed. Removes
// what it has written and not renamed.
#pragma once

#include "store/store-internal.h"

typedef struct {
    const Store *store;
    gboolean
        sweep; // directories may have temporary files of a batch that came to no end: they go first, to make room
    GHashTable *directories; // "plural/namespace" -> Directory
    GPtrArray *writes;       // Write
} Batch;

void batch_init(Batch *self, const Store *store);
void batch_clear(Batch *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Batch, batch_clear)

// Written and on its way to the disk, but neither synced nor renamed. PLACE has passed store_check_place().
gboolean batch_write(Batch *self, const StorePlace *place, const char *text, gsize length,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Removed by batch_rename(). That there is nothing to remove is success.
gboolean batch_remove(Batch *self, const StorePlace *place,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
// All data is on disk.
gboolean batch_sync(Batch *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// The new definitions are the ones that are read from now on; after a power cut perhaps not.
gboolean batch_rename(Batch *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// All of that is on disk.
gboolean batch_sync_directories(Batch *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
