// SPDX-License-Identifier: LGPL-2.1-or-later
// Ports of this host that a guest's forwarded port cannot have.
#pragma once

#include <glib.h>

// Ports that something listens on (TCP) or is bound to (UDP) at ADDRESS (IPv4) or at all addresses, in the kernel's
// tables now. GArray of guint16, any order, may repeat.
GArray *ports_taken(const char *address);
// The same from the text of one of /proc/net/{tcp,tcp6,udp,udp6}; appends to PORTS.
void ports_parse(const char *table, gboolean udp, guint32 address_be, GArray *ports);
// Keeps PORT for a guest that is about to listen on it, against other guests that are being started (by this or another vmid in this
// network namespace), until the descriptor is closed. -1: another has it.
int ports_claim(const char *protocol, const char *address, guint16 port);
// The lowest port that needs no privilege here.
guint ports_first(void);
