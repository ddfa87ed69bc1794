// SPDX-License-Identifier: LGPL-2.1-or-later
// The guest host from the manager's side: opening it (again and again while it cannot be), and what it reports.
#pragma once

#include "manager/private.h"

// Opens the host in a worker; reconcile_begin() follows.
void host_open(Manager *self);

// From now on its events are heard. Once the runs that exist are published: what they were asked meanwhile is told at once.
gboolean host_watch(Manager *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Whether the guest of INSTANCE is gone and libvirt has not said so. How it ended is then waited for, and made up in the end.
gboolean host_notice_gone(Instance *instance);

// What became of a guest whose run nobody has published yet (it starts, or vmid does).
typedef struct {
    GuestEnd end;
    char *detail;
} HostEnd;
void host_end_free(gpointer end);
void host_forget_end(Manager *self, const char *uid);
void host_take_end(Instance *instance); // ends INSTANCE's guest if it has stopped already
