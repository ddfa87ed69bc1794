// SPDX-License-Identifier: LGPL-2.1-or-later
// See gate.h.
#include "bus/gate.h"

#include <string.h>

#include "base/error.h"
#include "bus/service-internal.h"
#include "bus/wire.h"

// Of an object in GetManagedObjects, but for its path and what BusInterface.size counts.
#define PROPERTIES_SIZE 2048

static gboolean check_path(sd_bus_message *message, GError **error)
{
    gsize length = strlen(sd_bus_message_get_path(message));

    if (length <= WIRE_PATH_MAX)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_TOO_LARGE,
                "the object path of the call has %" G_GSIZE_FORMAT " bytes; it may have %d at most",
                length, WIRE_PATH_MAX);
    return FALSE;
}

// Of all objects on the bus: their paths, and with PROPERTIES the values of those.
static gsize objects_size(BusService *service, gboolean properties)
{
    gsize size = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(service->collections); i++) {
        const BusInterface *interface = service->collections[i].interface;
        g_auto(GStrv) paths = interface ? interface->enumerate(service) : NULL;

        for (char **path = paths; path && *path; path++) {
            gpointer object =
                properties && interface->size ? interface->find(service, *path) : NULL;

            size += strlen(*path) + (properties ? PROPERTIES_SIZE : WIRE_PAIR_SIZE);
            size += object ? interface->size(service, object) : 0;
        }
    }
    return size;
}

static gboolean check_answer(sd_bus_message *message, BusService *service, GError **error)
{
    gboolean properties = sd_bus_message_is_method_call(
        message, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");

    if (!properties && !sd_bus_message_is_method_call(
                           message, "org.freedesktop.DBus.Introspectable", "Introspect"))
        return TRUE;
    if (objects_size(service, properties) <= WIRE_ANSWER_MAX)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_TOO_LARGE,
                "the answer has more than %d MiB; call ListPage of " BUS_NAME
                ".Manager, which gives the objects in parts, and GetAll of each",
                WIRE_ANSWER_MAX >> 20);
    return FALSE;
}

static gboolean check(sd_bus_message *message, BusService *service, GError **error)
{
    if (!check_path(message, error))
        return FALSE;
    // Those of our own interfaces are read by method.c, each with its own bound.
    if (bus_interface_find(sd_bus_message_get_interface(message)))
        return TRUE;
    return wire_check_strings(message, WIRE_STANDARD_MAX, error) &&
           check_answer(message, service, error);
}

int gate_check(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    g_autoptr(GError) error = NULL;

    if (!sd_bus_message_is_method_call(message, NULL, NULL) || check(message, userdata, &error))
        return 0; // sd-bus goes on with it
    wire_reply_error(message, error);
    return 1;
}
