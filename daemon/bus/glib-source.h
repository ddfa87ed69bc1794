// SPDX-License-Identifier: LGPL-2.1-or-later
// An sd_bus connection as a GSource: reads, writes and times out with the main loop.
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

// The connection broke (errno_code positive); the source has removed itself.
typedef void (*BusLost)(int errno_code, gpointer user_data);

// Attaches BUS (a reference is taken) to the default main context. Owned: g_source_destroy() and
// unref.
GSource *bus_source_attach(sd_bus *bus, BusLost lost, gpointer user_data);
