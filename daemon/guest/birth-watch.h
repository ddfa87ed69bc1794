// SPDX-License-Identifier: LGPL-2.1-or-later
// Watches over the birth of a QEMU: while a worker waits in virDomainCreate(), which waits for QEMU's first words without a limit,
// kills that QEMU when it takes too long or the start is cancelled. The same for a QEMU that libvirt only asks what it can do, as it does when it
// is opened, defines a domain, or is asked for its capabilities. libvirt's call then returns with an error.
#pragma once

#include "guest/host.h"

typedef struct BirthWatch BirthWatch;

// DOMAIN_NAME (NULL: no guest is born, only probes are watched) and CANCELLABLE (may be NULL) are borrowed until birth_watch_end().
BirthWatch *birth_watch_begin(GuestHost *host, const char *domain_name, GCancellable *cancellable);
// Nothing is killed any more when this returns. Sets *error, and returns FALSE, when time ran out (TIMEOUT) or the start was cancelled. SUCCEEDED:
// libvirt's call did; otherwise it may have failed because a probe was killed, by this watch or another.
gboolean birth_watch_end(BirthWatch *self, gboolean succeeded,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
