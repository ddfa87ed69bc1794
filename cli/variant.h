// SPDX-License-Identifier: LGPL-2.1-or-later
// sd-bus messages <-> GVariant, so that verbs read replies with g_variant_get() and need no code per type.
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

// Everything left in MESSAGE as a tuple. File descriptors ('h') are left out of what can be read: -EOPNOTSUPP.
int variant_read(sd_bus_message *message, GVariant **ret_tuple) G_GNUC_WARN_UNUSED_RESULT;
// Appends the members of TUPLE (not consumed).
int variant_append(sd_bus_message *message, GVariant *tuple) G_GNUC_WARN_UNUSED_RESULT;
