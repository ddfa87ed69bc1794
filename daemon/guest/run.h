// SPDX-License-Identifier: LGPL-2.1-or-later
// A GuestRun: what is read from the live domain, and the record of the rest, which lets a restarted vmid know it again.
#pragma once

#include "guest/guest.h"
#include "guest/metadata.h"

GuestRun *run_new(void);
GuestIoThread *run_io_thread_new(guint id, gint tid);

// From the live domain: uuid, machine type, MAC, disks; IOThreads with the CPUs they should have and those they have.
// run->pid must be set. Paused as it is now.
gboolean run_read_domain(GuestRun *self, virDomainPtr domain,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
// The same from XML; pure but for the IOThreads' tid and actual CPUs.
gboolean run_read_xml(GuestRun *self, const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// One warning per IOThread that is not where it was planned.
void run_check_pinning(GuestRun *self);

// What libvirt does not keep: QEMU's pid, machine name, files of hostDisks, forwards, warnings, volume descriptions. In the guest's run directory, so that it is gone
// with the boot. Written when the guest runs: a paused domain without it never got that far.
gboolean run_save(const GuestRun *self, const Layout *layout,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Removes the record. Missing is success.
gboolean run_forget(const GuestRun *self, const Layout *layout,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
// SELF has its names, and the object's uid if it is known: a record of another is refused. The pid is of the time when it was written: whoever
// uses it looks first whether it is in the guest's scope still.
gboolean run_load(GuestRun *self, const Layout *layout, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// The guest's run directory: sockets and the record. Made for root only to write in.
gboolean run_make_dir(const Layout *layout, const char *namespace, const char *name,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Missing is success.
gboolean run_remove_dir(const Layout *layout, const char *namespace, const char *name,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
