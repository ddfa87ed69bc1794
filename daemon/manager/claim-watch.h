// SPDX-License-Identifier: LGPL-2.1-or-later
// Hears of claims whose directory goes away: removed, renamed, or unmounted. One inotify descriptor.
#pragma once

#include <glib.h>

typedef struct ClaimWatch ClaimWatch;

// KEY as it was given to claim_watch_add(). NULL: more happened than the kernel keeps, and any may be gone; all are to be looked at and added
// anew.
typedef void (*ClaimWatchGone)(const char *key, gpointer user_data);

// Main thread. NULL when the kernel has no descriptor left: then it is noticed when a claim is used.
ClaimWatch *claim_watch_new(ClaimWatchGone gone, gpointer user_data);
void claim_watch_free(ClaimWatch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClaimWatch, claim_watch_free)

// Any thread. The number to give to claim_watch_add(), or -1 when PATH cannot be watched.
int claim_watch_open(const ClaimWatch *self, const char *path);
// Main thread. Again for the same directory is harmless. One that went since it was opened is told of at once.
void claim_watch_add(ClaimWatch *self, int number, const char *key);
