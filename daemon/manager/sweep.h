// SPDX-License-Identifier: LGPL-2.1-or-later
// Removing, in a worker, what runs have left and nobody needs.
#pragma once

#include "manager/private.h"

typedef struct {
    GuestHost *host;
    const StorageConfig *storage;
    GPtrArray *lost;     // "namespace/name" of instances whose guest is gone: released
    GHashTable *keep;    // "namespace/name" whose scratch directory stays
    gboolean all;        // what belongs to nobody as well: it is known who there is
    GPtrArray *problems; // char *, filled by the worker
} SweepInput;

// Main thread.
SweepInput *sweep_input_new(Manager *self);
void sweep_input_free(gpointer data);
// Of a WorkerTask, whose input is a SweepInput. No result.
gpointer sweep_run(gpointer data, GCancellable *cancellable, GError **error);
// Main thread, when that is done.
void sweep_add_problems(Manager *self, const SweepInput *input);
