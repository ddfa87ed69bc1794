// SPDX-License-Identifier: LGPL-2.1-or-later
// What a worker needs to start a guest or to change a running one: immutable copies of everything, made on the main thread.
#pragma once

#include "manager/claims.h"

typedef struct {
    Manager *manager; // only to report progress back to the main context
    guint job_id;
    GuestHost *host;
    const StorageConfig *storage;   // the manager's, which never changes
    ApiVirtualMachineInstance *vmi; // expanded
    ClaimsResolved resolved;
    guint32 uid;
    char *left;        // domain UUID of a run that is to be released first, or NULL
    gboolean released; // by the worker
    GArray *dedicated_cpus, *shared_cpus;
    GPtrArray *host_ports;       // ApiHostPort, or NULL
    const char *forward_address; // config's, which never changes
    gboolean register_machine;
} RunInput;

RunInput *run_input_new(Instance *instance);
void run_input_free(gpointer self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RunInput, run_input_free)
// What is known only once the reservations are made.
void run_input_set_reserved(RunInput *self, const Instance *instance);

// The requests as guest.h wants them; both borrow from SELF, and GUEST from STORAGE.
StorageRequest run_input_storage(const RunInput *self);
GuestStartRequest run_input_guest(const RunInput *self, const StorageRequest *storage);
