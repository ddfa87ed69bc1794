// SPDX-License-Identifier: LGPL-2.1-or-later
// See machined.h. There is no unregister: machined forgets a machine when its scope is gone.
#include "guest/machined.h"

#define TIMEOUT_USEC G_USEC_PER_SEC

gboolean machined_register(sd_bus *bus, const char *machine, const char *uuid, gint leader,
                           GError **error)
{
    g_autoptr(sd_bus_message) call = NULL;
    g_auto(sd_bus_error) bus_error = SD_BUS_ERROR_NULL;
    sd_id128_t id;
    int r = sd_id128_from_string(uuid, &id);

    r = r < 0
            ? r
            : sd_bus_message_new_method_call(bus, &call, "org.freedesktop.machine1",
                                             "/org/freedesktop/machine1",
                                             "org.freedesktop.machine1.Manager", "RegisterMachine");
    r = r < 0 ? r : sd_bus_message_append(call, "s", machine);
    r = r < 0 ? r : sd_bus_message_append_array(call, 'y', id.bytes, sizeof(id.bytes));
    r = r < 0 ? r : sd_bus_message_append(call, "ssus", "vmi", "vm", (guint32)leader, "");
    r = r < 0 ? r : sd_bus_call(bus, call, TIMEOUT_USEC, &bus_error, NULL);
    if (r < 0) {
        unit_bus_set_error(error, &bus_error, r,
                           "systemd-machined does not list this guest as \"%s\"", machine);
        return FALSE;
    }
    return TRUE;
}
