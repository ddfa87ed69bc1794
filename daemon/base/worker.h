// SPDX-License-Identifier: LGPL-2.1-or-later
// A pool of threads for all that blocks. A task gets its input for itself, runs in a worker thread, and ends with a
// callback on the main context; nothing else passes between the threads.
#pragma once

#include <gio/gio.h>

typedef struct WorkerPool WorkerPool;

typedef struct {
    // Worker thread. Returns the result, or NULL; failure is told by ERROR alone.
    gpointer (*run)(gpointer input, GCancellable *cancellable, GError **error);
    // Main context. Takes RESULT over. ERROR is NULL on success and borrowed otherwise; INPUT is freed afterwards.
    void (*done)(gpointer input, gpointer result, const GError *error, gpointer user_data);
    GDestroyNotify input_free;  // or NULL
    GDestroyNotify result_free; // or NULL; for results nobody waits for any more
} WorkerTask;

// Main thread; `done` is delivered on its default main context. WORKERS: how many tasks run at the same time; 0: all of them.
WorkerPool *worker_pool_new(guint workers);
// No `done` is called any more, and no task begins. Waits that long for the tasks that run; FALSE when one still does: the pool and what
// its tasks use must then stay until the process ends.
gboolean worker_pool_close(WorkerPool *self, guint timeout_msec) G_GNUC_WARN_UNUSED_RESULT;
// Waits for the tasks that run, however long; those that still queue are dropped.
void worker_pool_free(WorkerPool *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WorkerPool, worker_pool_free)

// TASK must be static; takes INPUT over. A task whose CANCELLABLE (may be NULL) is cancelled before its turn is not
// run: `done` gets VMI_ERROR_CANCELLED. Tasks start in the order in which they were pushed.
void worker_pool_push(WorkerPool *self, const WorkerTask *task, gpointer input,
                      GCancellable *cancellable, gpointer user_data);

// Any thread, meant for workers: SHOW runs on the main context, before the `done` of a task that posted it. DATA is freed.
void worker_pool_post(WorkerPool *self, GSourceFunc show, gpointer data, GDestroyNotify data_free);
