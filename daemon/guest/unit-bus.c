// SPDX-License-Identifier: LGPL-2.1-or-later
// See unit-bus.h.
#include "guest/unit-bus.h"

#include <errno.h>
#include <unistd.h>

#include "base/error.h"

// With the address spelled out: guest_host_init() hides the system bus from libvirt, by the variable that libsystemd reads as well.
static int open_system(sd_bus **ret_bus)
{
    g_autoptr(sd_bus) bus = NULL;
    int r = sd_bus_new(&bus);

    r = r < 0 ? r : sd_bus_set_address(bus, "unix:path=/run/dbus/system_bus_socket");
    r = r < 0 ? r : sd_bus_set_bus_client(bus, 1);
    r = r < 0 ? r : sd_bus_start(bus);
    if (r >= 0)
        *ret_bus = g_steal_pointer(&bus);
    return r;
}

sd_bus *unit_bus_open(GError **error)
{
    sd_bus *bus = NULL;
    int r = geteuid() == 0 ? open_system(&bus) : sd_bus_open_user(&bus);

    if (r < 0) {
        unit_bus_set_error(error, NULL, r, "cannot connect to systemd's bus");
        return NULL;
    }
    return bus;
}

void unit_bus_set_error(GError **error, const sd_bus_error *bus_error, int r, const char *format,
                        ...)
{
    g_autofree char *text = NULL;
    va_list ap;
    VmiError code = VMI_ERROR_HOST;

    if (r == -EACCES || r == -EPERM)
        code = VMI_ERROR_DENIED;
    if (r == -ETIMEDOUT)
        code = VMI_ERROR_TIMEOUT;
    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    g_set_error(error, VMI_ERROR, code, "%s: %s", text,
                bus_error && bus_error->message ? bus_error->message : g_strerror(-r));
}
