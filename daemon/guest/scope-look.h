// SPDX-License-Identifier: LGPL-2.1-or-later
// What runs in the scopes of guests, as the service manager and the kernel tell it: the one account of that which no guest's user can write
// to. From a worker thread.
#pragma once

#include <glib.h>

typedef struct {
    char *unit, *namespace, *name;
    GArray *pids; // gint; not empty
} ScopeLook;

// Of a scope of the guest NAME. The guest is known by it.
char *scope_look_describe(const char *namespace, const char *name);

// The scopes of guests that something runs in. GPtrArray of ScopeLook.
GPtrArray *scope_look_all(GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Among the result of scope_look_all(): borrowed, or NULL.
const ScopeLook *scope_look_find(const GPtrArray *looks, const char *unit);
// The pid of QEMU among what runs in it: RECORDED when that is in there, else the first that is none of QEMU's helpers. 0 when there is none.
gint scope_look_qemu(const ScopeLook *self, gint recorded);
