// SPDX-License-Identifier: LGPL-2.1-or-later
// A guest's systemd scope, from a worker thread: each function opens its own connection to the bus of the service manager that
// runs us (the system's for root, else the user's) and returns when systemd has done it.
#pragma once

#include <glib.h>

#include "guest/scope-limits.h"

typedef struct {
    const char *name, *slice, *description;
    const GArray *pids; // gint, moved into the scope
    ScopeLimits limits;
    const GArray *cpus; // guint; NULL or empty: all
    // Its sockets that are made in the scope reach nothing of the host's loopback but this address; NULL: nothing. Sockets made before
    // are not concerned, so that ports that are forwarded already go on being. Without effect in a user's scope.
    const char *allowed_loopback;
    guint64 timeout_stop_usec; // how long systemd waits after it was asked to stop, before it kills
} ScopeRequest;

// Starts it and waits for the job. A leftover of the same name with nothing alive in it is removed first. On failure no scope is left, and
// one of the same name with something alive in it is untouched.
gboolean scope_start(const ScopeRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Whether the kernel keeps what is in it from the host's loopback.
gboolean scope_is_filtered(const char *name);
// Adds a warning for each limit of REQUEST whose controller a user's systemd was not given by the system's: it is recorded and has no
// effect. None for root, whose systemd has what the kernel has.
void scope_warn_of_unenforced(const ScopeRequest *request, GPtrArray *warnings);
// SIGKILL to everything in it. No such scope is success.
gboolean scope_kill(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Stops a slice that nothing runs in. No such slice, and one that something runs in, is success.
gboolean scope_drop_slice(const char *slice, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Kills what is left in it and lets systemd forget it. No such scope is success.
gboolean scope_drop(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
