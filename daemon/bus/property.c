// SPDX-License-Identifier: LGPL-2.1-or-later
// See property.h; and the one property getter: interface -> row -> append.
#include "bus/property.h"

#include <errno.h>

#include "base/autoptr.h"
#include "bus/digest.h"
#include "bus/service-internal.h"

static int append(sd_bus_message *message, BusService *service, const BusInterface *interface,
                  gpointer object, const char *name)
{
    for (const BusProperty *row = interface->properties; row->name; row++)
        if (g_str_equal(row->name, name))
            return row->append(message, service, object);
    return -ENOENT;
}

int property_get(sd_bus *bus, const char *path, const char *interface, const char *property,
                 sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
    BusService *service = userdata;
    const BusInterface *description = bus_interface_find(interface);
    gpointer object = description ? description->find(service, path) : NULL;

    return object ? append(reply, service, description, object, property) : -ENOENT;
}

const sd_bus_vtable *property_next(const BusInterface *interface, const sd_bus_vtable *entry)
{
    for (entry = entry ? entry + 1 : interface->vtable; entry->type != _SD_BUS_VTABLE_END; entry++)
        if (entry->type == _SD_BUS_VTABLE_PROPERTY &&
            (entry->flags & SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE))
            return entry;
    return NULL;
}

// A message that is never sent, of all the values.
static int compose(BusService *service, const char *path, const BusInterface *interface,
                   gpointer object, sd_bus_message **ret_message)
{
    g_autoptr(sd_bus_message) message = NULL;
    int r = sd_bus_message_new_signal(service->bus, &message, path, interface->name, "Values");

    for (const sd_bus_vtable *entry = property_next(interface, NULL); r >= 0 && entry;
         entry = property_next(interface, entry))
        r = append(message, service, interface, object, entry->x.property.member);
    if (r >= 0)
        r = sd_bus_message_seal(message, 1, 0);
    if (r >= 0)
        r = sd_bus_message_rewind(message, TRUE);
    if (r >= 0)
        *ret_message = g_steal_pointer(&message);
    return r;
}

GArray *property_digests(BusService *service, const char *path, const BusInterface *interface)
{
    gpointer object = interface->find(service, path);
    g_autoptr(GArray) digests = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_autoptr(sd_bus_message) message = NULL;
    guint64 digest = 0;
    int r = object ? compose(service, path, interface, object, &message) : -ENOENT;

    while (r >= 0 && (r = digest_next_value(message, &digest)) > 0)
        g_array_append_val(digests, digest);
    if (r < 0 && object)
        g_debug("cannot read the properties of %s: %s", path, g_strerror(-r));
    return r < 0 ? NULL : g_steal_pointer(&digests);
}
