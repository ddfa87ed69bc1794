// SPDX-License-Identifier: LGPL-2.1-or-later
// Inside of GuestHost, for the files of guest/ only. Written while it is opened and watched; read-only for workers after, but for what
// has a lock.
#pragma once

#include "guest/capabilities.h"
#include "guest/guest.h"
#include "guest/scope-watch.h"
#include "guest/virt.h"

#define KVM_DEVICE "/dev/kvm"

struct GuestHost {
    virConnectPtr conn;
    char *root;        // libvirt's root: <state>/libvirt
    char *state, *run; // the two roots of LAYOUT
    Layout layout;
    gboolean use_emulation;
    char *emulator;                              // or NULL
    unsigned long libvirt_version, qemu_version; // 1000000 * major + 1000 * minor + release
    gboolean passt;
    guint32
        probe_user; // as whom libvirt runs a QEMU that it only asks what it can do; 0: as vmid's own
    gint probes_killed; // atomic; by birth-watch.c
    Capabilities capabilities;
    gboolean replace_machine_type;
    GMutex access_lock; // of birth-access.c

    // Main thread only.
    GuestHostEvents events;
    gpointer events_data;
    int callbacks[4]; // libvirt's ids, -1 when not registered
    ScopeWatch *scope_watch;
};

// <root>/run/qemu/<domain>.pid -> QEMU's pid, or 0.
gint host_read_pid(const GuestHost *self, const char *domain_name);
// Hands the descriptors of VOLUME over to DOMAIN, under the names that its XML has for them.
gboolean host_hand_over(virDomainPtr domain, const StorageVolume *volume,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Hotplug of a disk by descriptor: libvirt 9.0 fails it ("Could not dup FD for /dev/fdset/3"), 11.3 does not.
gboolean host_attaches_by_fd(const GuestHost *self);

// events.c
gboolean events_subscribe(GuestHost *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void events_unsubscribe(GuestHost *self);
