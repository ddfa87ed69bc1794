// SPDX-License-Identifier: LGPL-2.1-or-later
// libvirt's domain events -> GuestHostEvents, on the main thread (libvirt's event loop is GLib's). A callback takes what comes with the
// event and asks libvirt nothing: nearly every call about a domain waits for its lock, which a worker that starts QEMU holds for as long
// as that takes, and the whole daemon would wait with it.
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

static void report_end(GuestHost *self, char *const *owner, int detail)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        if (ends[i].detail == detail) {
            self->events.stopped(owner[0], owner[1], ends[i].end, ends[i].text, self->events_data);
            return;
        }
    self->events.stopped(owner[0], owner[1], GUEST_END_CRASHED, "QEMU ended for an unknown reason",
                         self->events_data);
}

// {namespace, name}, or NULL for a domain that is not ours.
static char **owner_of(virDomainPtr domain)
{
    return layout_domain_owner(virDomainGetName(domain));
}

static int on_lifecycle(virConnectPtr conn, virDomainPtr domain, int event, int detail,
                        void *user_data)
{
    GuestHost *self = user_data;
    g_auto(GStrv) owner = owner_of(domain);

    if (!owner)
        return 0;
    if (event == VIR_DOMAIN_EVENT_STOPPED && self->events.stopped)
        report_end(self, owner, detail);
    if (event == VIR_DOMAIN_EVENT_SUSPENDED && self->events.paused)
        self->events.paused(owner[0], owner[1], TRUE, detail == VIR_DOMAIN_EVENT_SUSPENDED_IOERROR,
                            self->events_data);
    if (event == VIR_DOMAIN_EVENT_RESUMED && self->events.paused)
        self->events.paused(owner[0], owner[1], FALSE, FALSE, self->events_data);
    return 0;
}

static void on_io_error(virConnectPtr conn, virDomainPtr domain, const char *path,
                        const char *alias, int action, const char *reason, void *user_data)
{
    GuestHost *self = user_data;
    g_auto(GStrv) owner = self->events.io_error ? owner_of(domain) : NULL;

    if (owner)
        self->events.io_error(owner[0], owner[1],
                              g_str_has_prefix(alias, METADATA_DISK_ALIAS)
                                  ? alias + strlen(METADATA_DISK_ALIAS)
                                  : alias,
                              reason, self->events_data);
}

static void on_reboot(virConnectPtr conn, virDomainPtr domain, void *user_data)
{
    GuestHost *self = user_data;
    g_auto(GStrv) owner = self->events.rebooted ? owner_of(domain) : NULL;

    if (owner)
        self->events.rebooted(owner[0], owner[1], self->events_data);
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
