// SPDX-License-Identifier: LGPL-2.1-or-later
// Ports of this host that a guest's forwarded port cannot have.
#pragma once

#include <glib.h>

// Ports that something listens on (TCP) or is bound to (UDP) at ADDRESS (IPv4) or at all addresses, in the kernel's
// tables now. GArray of guint16, any order, may repeat.
GArray *ports_taken(const char *address);
// The same from the text of one of /proc/net/{tcp,tcp6,udp,udp6}; appends to PORTS.
void ports_parse(const char *table, gboolean udp, guint32 address_be, GArray *ports);
// Ports of guests that are about to listen on them, against each other; any thread. Other programs are not kept away.
typedef struct PortClaims PortClaims;
typedef struct PortClaim PortClaim;
PortClaims *port_claims_new(void);
void port_claims_free(PortClaims *self); // none may be taken any more
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PortClaims, port_claims_free)
// NULL: another has it. CLAIMS is borrowed until it is freed.
PortClaim *port_claim_take(PortClaims *claims, const char *protocol, const char *address,
                           guint16 port);
void port_claim_free(gpointer claim);

// The lowest port that needs no privilege here.
guint ports_first(void);
