// SPDX-License-Identifier: LGPL-2.1-or-later
// Inside bus/ only: the properties of an object that announce their changes, and digests of their values.
#pragma once

#include "bus/interface.h"

// The one behind ENTRY (NULL: the first) in the interface's vtable; NULL when there is none.
const sd_bus_vtable *property_next(const BusInterface *interface, const sd_bus_vtable *entry);

// guint64 of each, in the same order. NULL when the object is gone.
GArray *property_digests(BusService *service, const char *path, const BusInterface *interface);
