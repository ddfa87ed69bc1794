// SPDX-License-Identifier: LGPL-2.1-or-later
// libvirt's domain events -> GuestHostEvents, on the main thread (libvirt's event loop is GLib's). Events of domains that are not ours, that
// is without our metadata, are dropped.
#include <string.h>

#include "guest/host.h"
#include "guest/metadata.h"

typedef struct {
    int detail; // of VIR_DOMAIN_EVENT_STOPPED
    GuestEnd end;
    const char *text;
} EndRow;

static const EndRow ends[] = {
    { VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN, GUEST_END_SHUTDOWN, "the guest powered off" },
    { VIR_DOMAIN_EVENT_STOPPED_DESTROYED, GUEST_END_KILLED, "the guest was killed" },
    { VIR_DOMAIN_EVENT_STOPPED_CRASHED, GUEST_END_CRASHED, "the guest's kernel panicked" },
    { VIR_DOMAIN_EVENT_STOPPED_FAILED, GUEST_END_CRASHED, "QEMU ended unexpectedly" },
    { VIR_DOMAIN_EVENT_STOPPED_SAVED, GUEST_END_SHUTDOWN, "the guest was saved" },
};

static void report_end(GuestHost *self, const char *uid, int detail)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        if (ends[i].detail == detail) {
            self->events.stopped(uid, ends[i].end, ends[i].text, self->events_data);
            return;
        }
    self->events.stopped(uid, GUEST_END_CRASHED, "QEMU ended for an unknown reason",
                         self->events_data);
}

static int on_lifecycle(virConnectPtr conn, virDomainPtr domain, int event, int detail,
                        void *user_data)
{
    GuestHost *self = user_data;
    g_autoptr(Metadata) metadata = metadata_read(domain);

    if (!metadata)
        return 0;
    if (event == VIR_DOMAIN_EVENT_STOPPED && self->events.stopped)
        report_end(self, metadata->uid, detail);
    if (event == VIR_DOMAIN_EVENT_SUSPENDED && self->events.paused)
        self->events.paused(metadata->uid, TRUE,
                            detail == VIR_DOMAIN_EVENT_SUSPENDED_IOERROR ? "PausedIOError"
                                                                         : "PausedByUser",
                            self->events_data);
    if (event == VIR_DOMAIN_EVENT_RESUMED && self->events.paused)
        self->events.paused(metadata->uid, FALSE, "", self->events_data);
    return 0;
}

static void on_io_error(virConnectPtr conn, virDomainPtr domain, const char *path,
                        const char *alias, int action, const char *reason, void *user_data)
{
    GuestHost *self = user_data;
    g_autoptr(Metadata) metadata = self->events.io_error ? metadata_read(domain) : NULL;

    if (metadata)
        self->events.io_error(metadata->uid,
                              g_str_has_prefix(alias, METADATA_DISK_ALIAS)
                                  ? alias + strlen(METADATA_DISK_ALIAS)
                                  : alias,
                              reason, self->events_data);
}

static void on_reboot(virConnectPtr conn, virDomainPtr domain, void *user_data)
{
    GuestHost *self = user_data;
    g_autoptr(Metadata) metadata = self->events.rebooted ? metadata_read(domain) : NULL;

    if (metadata)
        self->events.rebooted(metadata->uid, self->events_data);
}

gboolean events_subscribe(GuestHost *self, GError **error)
{
    const struct {
        int id;
        virConnectDomainEventGenericCallback func;
    } rows[] = {
        { VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle) },
        { VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, VIR_DOMAIN_EVENT_CALLBACK(on_io_error) },
        { VIR_DOMAIN_EVENT_ID_REBOOT, VIR_DOMAIN_EVENT_CALLBACK(on_reboot) },
    };

    G_STATIC_ASSERT(G_N_ELEMENTS(rows) <= G_N_ELEMENTS(self->callbacks));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        self->callbacks[i] = virConnectDomainEventRegisterAny(self->conn, NULL, rows[i].id,
                                                              rows[i].func, self, NULL);
        if (self->callbacks[i] < 0) {
            virt_set_error(error, "cannot subscribe to libvirt's events");
            return FALSE;
        }
    }
    return TRUE;
}

void events_unsubscribe(GuestHost *self)
{
    for (size_t i = 0; i < G_N_ELEMENTS(self->callbacks); i++) {
        if (self->callbacks[i] >= 0)
            (void)virConnectDomainEventDeregisterAny(self->conn, self->callbacks[i]);
        self->callbacks[i] = -1;
    }
}
