// SPDX-License-Identifier: LGPL-2.1-or-later
// A GuestRun: what is read from the live domain.
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

// The run directory, all but the record in it. Missing is success.
gboolean run_remove_dir(const Layout *layout, const char *namespace, const char *name,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
