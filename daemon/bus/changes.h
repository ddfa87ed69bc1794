// SPDX-License-Identifier: LGPL-2.1-or-later
// PropertiesChanged, coalesced: the first change goes out in the same turn of the loop, what
// follows within a quarter of a second goes out together, so a busy job costs four signals a second
// at most.
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

typedef struct BusChanges BusChanges;

BusChanges *bus_changes_new(sd_bus *bus); // BUS is borrowed
void bus_changes_free(BusChanges *self);

// INTERFACE must stay valid (a literal). One interface for each path.
void bus_changes_mark(BusChanges *self, const char *path, const char *interface);
void bus_changes_forget(BusChanges *self, const char *path);
void bus_changes_flush(BusChanges *self);
