// SPDX-License-Identifier: LGPL-2.1-or-later
// The one property getter: interface -> row -> append.
#include "bus/service-internal.h"

#include <errno.h>

int property_get(sd_bus *bus, const char *path, const char *interface, const char *property,
                 sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
    BusService *service = userdata;
    const BusInterface *description = bus_interface_find(interface);
    gpointer object = description ? description->find(service, path) : NULL;

    if (!object)
        return -ENOENT;
    for (const BusProperty *row = description->properties; row->name; row++)
        if (g_str_equal(row->name, property))
            return row->append(reply, service, object);
    return -ENOENT;
}
