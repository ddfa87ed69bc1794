// SPDX-License-Identifier: LGPL-2.1-or-later
// Who else on the host has ids of GuestUsers=: its guests would share their processes and files with guests of ours.
#pragma once

#include <glib.h>

typedef struct Manager Manager;

// Pure. TEXT is that of FILE, /etc/subuid or /etc/subgid. A sentence about the first entry that has ids of the range, or NULL. Owned.
char *guest_users_check_subordinate(const char *file, const char *text, guint32 first,
                                    guint32 count);

// Looks beside the main thread, as the user database may be on another host, and adds problems.
void guest_users_begin_check(Manager *self);
