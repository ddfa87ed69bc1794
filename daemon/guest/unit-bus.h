// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of systemd on the bus, and sd-bus errors as GErrors, for the files here that talk to systemd and machined.
#pragma once

#include <glib.h>

#include "base/autoptr.h"

#define UNIT_BUS_SERVICE "org.freedesktop.systemd1"
#define UNIT_BUS_PATH "/org/freedesktop/systemd1"
#define UNIT_BUS_MANAGER "org.freedesktop.systemd1.Manager"
#define UNIT_BUS_UNIT "org.freedesktop.systemd1.Unit"

// A connection of the calling thread's own, to the bus that our service manager is on. NULL on failure.
sd_bus *unit_bus_open(GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Sets *error to "<formatted>: <what systemd said>" (VMI_ERROR_HOST; DENIED and TIMEOUT where it says so). R: negative errno.
void unit_bus_set_error(GError **error, const sd_bus_error *bus_error, int r, const char *format,
                        ...) G_GNUC_PRINTF(4, 5);
