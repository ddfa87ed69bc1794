// SPDX-License-Identifier: LGPL-2.1-or-later
// Main thread: sees systemd begin to stop a guest's scope (systemctl stop, host shutdown), so that the guest can be shut down
// before systemd's timeout kills it; and that a scope is over. Needs nothing that is lost when vmid restarts.
#pragma once

#include <glib.h>

#include "base/autoptr.h"
#include "guest/guest.h"

typedef struct ScopeWatch ScopeWatch;

// SCOPE: unit name, borrowed for the call. Called once per transition, and for scopes already stopping when the watch begins.
typedef void (*ScopeEnding)(const char *scope, GuestScopeEvent event, gpointer user_data);

ScopeWatch *scope_watch_new(sd_bus *bus, ScopeEnding ending, gpointer user_data,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
void scope_watch_free(ScopeWatch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ScopeWatch, scope_watch_free)
