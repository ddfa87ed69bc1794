// SPDX-License-Identifier: LGPL-2.1-or-later
// A short stand-in for a D-Bus value: tells whether a property has the value that was last sent, without keeping that.
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

// Reads the next complete value of a sealed MESSAGE. Negative errno on failure; 0 when there is none. Two values that
// differ have the same digest by chance only, once in 2^64.
int digest_next_value(sd_bus_message *message, guint64 *ret_digest);
