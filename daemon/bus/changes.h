// SPDX-License-Identifier: LGPL-2.1-or-later
// PropertiesChanged and ObjectChanged, coalesced: the first change goes out in the same turn of the loop, what
// follows within a quarter of a second goes out together, so a busy job costs four signals a second
// at most. PropertiesChanged has the properties whose values differ from those that were last sent.
#pragma once

#include "bus/interface.h"

typedef struct BusChanges BusChanges;

BusChanges *bus_changes_new(BusService *service); // SERVICE is borrowed
void bus_changes_free(BusChanges *self);

// The values of the object at PATH have just been sent.
void bus_changes_sent(BusChanges *self, const char *path, const BusInterface *interface);
// Some of them may have changed since. One interface for each path. Of an object that nothing was sent of since vmid started, all
// properties are sent.
void bus_changes_mark(BusChanges *self, const char *path, const BusInterface *interface);
void bus_changes_forget(BusChanges *self, const char *path);

typedef enum {
    BUS_OBJECT_ADDED,
    BUS_OBJECT_CHANGED,
    BUS_OBJECT_REMOVED,
} BusObjectChange;

// ObjectChanged: one signal for each object and turn. One that was added and changed was added; one that was removed was removed,
// whatever was before, since who has listed the objects in between knows it.
void bus_changes_object(BusChanges *self, const ApiObject *object, BusObjectChange what);

void bus_changes_flush(BusChanges *self);
