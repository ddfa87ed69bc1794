// SPDX-License-Identifier: LGPL-2.1-or-later
// What becomes of a disk's serial number on its bus; see validate.h. Measured with QEMU 7.2 and 10.0.
#include "api/validate.h"

#include <string.h>

static const struct {
    guint kept; // characters that the guest sees
    guint most; // characters; 0: API_SERIAL_MAX
} limits[] = {
    [API_DISK_BUS_VIRTIO] = { 20, 0 },
    [API_DISK_BUS_SATA] = { 20, 36 },
    [API_DISK_BUS_SCSI] = { 36, 36 },
    [API_DISK_BUS_USB] = { 20,
                           20 }, // QEMU 10 makes the device's identification of it, which has no more
};

// KubeVirt's bus of a disk that names none.
static ApiDiskBus known(ApiDiskBus bus)
{
    return bus == API_DISK_BUS_UNSET || (gsize)bus >= G_N_ELEMENTS(limits) ? API_DISK_BUS_SATA
                                                                           : bus;
}

gboolean api_serial_is_valid(const char *serial)
{
    static const char extra[] = "_.+-";
    for (const char *c = serial; *c; c++) {
        if (!g_ascii_isalnum(*c) && !strchr(extra, *c))
            return FALSE;
    }
    return strlen(serial) <= API_SERIAL_MAX;
}

guint api_serial_most(ApiDiskBus bus)
{
    guint most = limits[known(bus)].most;
    return most > 0 ? most : API_SERIAL_MAX;
}

guint api_serial_kept(ApiDiskBus bus)
{
    return limits[known(bus)].kept;
}

char *api_serial_seen(const char *serial, ApiDiskBus bus)
{
    return g_strndup(serial, api_serial_kept(bus));
}
