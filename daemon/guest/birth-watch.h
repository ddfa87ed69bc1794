// SPDX-License-Identifier: LGPL-2.1-or-later
// Watches over the birth of a QEMU: while a worker waits in virDomainCreate(), which waits for QEMU's first words without a limit,
// kills that QEMU when it takes too long or the start is cancelled. libvirt's call then returns with an error.
#pragma once

#include "guest/host.h"

typedef struct BirthWatch BirthWatch;

// DOMAIN_NAME and CANCELLABLE (may be NULL) are borrowed until birth_watch_end().
BirthWatch *birth_watch_begin(const GuestHost *host, const char *domain_name,
                              GCancellable *cancellable);
// Nothing is killed any more when this returns. Sets *error, and returns FALSE, when time ran out (TIMEOUT) or the start was cancelled.
gboolean birth_watch_end(BirthWatch *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
