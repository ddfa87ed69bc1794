// SPDX-License-Identifier: LGPL-2.1-or-later
// The calls that wait: for the bus to say who is calling, then for polkit. Bounded, so that no user can make vmid keep more
// than it can hold: per user, and, while the user is not known yet, per connection and in all. A caller that leaves the bus takes its
// waiting calls with it.
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct {
    GList link; // in the queue; its data is the entry
    const char *sender;
    gboolean known; // UID is
    uid_t uid;
    gsize bytes;
} WaitingCall;

// Puts SELF into QUEUE, or says that there are too many. SENDER and BYTES are set, the user is not known.
gboolean waiting_add(GQueue *queue, WaitingCall *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Tells whose SELF is. FALSE when its user, unless EXEMPT, has too much waiting with it; it stays in QUEUE.
gboolean waiting_identify(GQueue *queue, WaitingCall *self, uid_t uid, gboolean exempt,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void waiting_remove(GQueue *queue, WaitingCall *self); // also when it is not in there
