// SPDX-License-Identifier: LGPL-2.1-or-later
// Ports of this host at which guests' ports are reached.
#pragma once

#include "domain/domain.h"

// Whether a guest could listen on (TCP) or be bound to (UDP) PORT of ADDRESS (IPv4) now; any thread, without waiting.
gboolean ports_is_free(ApiPortProtocol protocol, const char *address, guint port);
// Whether all of FORWARDS (DomainForward) are; else CONFLICT, which names the first that is not and who has it. Workers: it may look at
// every process.
gboolean ports_check_free(const GPtrArray *forwards, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// The inode of the socket that listens on (TCP) or is bound to (UDP) PORT of ADDRESS or of all addresses, in the text of one of
// /proc/net/{tcp,tcp6,udp,udp6}; 0: there is none.
guint64 ports_find_socket(const char *table, gboolean udp, guint32 address_be, guint port);

// The lowest port that needs no privilege here.
guint ports_first(void);
