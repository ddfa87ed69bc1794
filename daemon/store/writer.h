// SPDX-License-Identifier: LGPL-2.1-or-later
// The one thread that writes definitions. What is asked for while it is busy becomes its next batch and is synced once; what becomes of one
// definition is written in the order in which it was asked for. Its callers see it from the main thread only.
#pragma once

#include "store/store.h"

typedef struct StoreWriter StoreWriter;
// Something that was asked for; valid until it was told what became of it, by the last callback that it has.
typedef struct StoreRequest StoreRequest;

// On the main context. ERROR is NULL when it is on disk, and borrowed otherwise.
typedef void (*StoreWritten)(const GError *error, gpointer user_data);
// In the writer's thread, which has STORE for itself meanwhile.
typedef gboolean (*StoreTask)(Store *store, gpointer input, GError **error);

// Takes STORE over: from now on nobody else calls it.
StoreWriter *store_writer_new(Store *store);
// No callback is called any more. Waits that long for all that was asked for; FALSE when the disk does not answer: SELF, and what its tasks
// use, must then stay until the process ends.
gboolean store_writer_close(StoreWriter *self, guint timeout_msec) G_GNUC_WARN_UNUSED_RESULT;
// Waits for all that was asked for, however long.
void store_writer_free(StoreWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreWriter, store_writer_free)

// Takes CHANGE over. One of the same definition that still queues is replaced by it, and shares what becomes of it. WRITTEN may be NULL.
StoreRequest *store_writer_write(StoreWriter *self, StoreChange *change, StoreWritten written,
                                 gpointer user_data);
// All or none, as store_commit(). Takes CHANGES (GPtrArray that owns StoreChange) over.
StoreRequest *store_writer_commit(StoreWriter *self, GPtrArray *changes, StoreWritten written,
                                  gpointer user_data);
// RUN in its turn. INPUT is borrowed until DONE.
void store_writer_run(StoreWriter *self, StoreTask run, gpointer input, StoreWritten done,
                      gpointer user_data);
// Blocks until the disk has answered REQUEST. Its callbacks come all the same, later.
gboolean store_writer_wait(StoreWriter *self, const StoreRequest *request,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Nothing is asked for whose callbacks are still to be called.
gboolean store_writer_is_idle(StoreWriter *self);
