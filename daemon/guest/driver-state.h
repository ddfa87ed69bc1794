// SPDX-License-Identifier: LGPL-2.1-or-later
// What libvirt's embedded QEMU driver keeps of guests that run, below ROOT/run: what must hold before it may be opened.
#pragma once

#include <glib.h>

// ROOT/run may be a file system of its own since vmid last ran: takes what it hides to where it is read.
gboolean driver_state_move_in(const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Fails with VMI_ERROR_NO_SPACE when the driver could not write the status of every running guest, or not open what it needs of them: it
// would kill them.
gboolean driver_state_check(const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// The status files are of guests of this boot: after a reboot the pids in them are somebody else's. Removes those of an earlier boot,
// and what else libvirt kept of the domains that ran then.
gboolean driver_state_forget_old_boot(const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Status files of domains that were killed before they had a QEMU. libvirt takes up the job "start" that such a file tells of, nobody
// ever ends it, and the domain can neither be started nor undefined (seen with 9.0). And pid files that nobody's status goes with, and
// files that were never written to their end. Before the driver is opened.
gboolean driver_state_forget_unborn(const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// libvirt removes a domain's own directories (its monitor, the key of its secrets) with the domain, unless it is killed before. Removes those
// whose name matches none of KEEP (char *, as g_pattern_match_simple()). While nothing is started.
gboolean driver_state_sweep(const char *root, const GPtrArray *keep,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
// The files of a domain whose QEMU is gone: libvirt removes those of domains that it knows. Missing is success.
gboolean driver_state_forget(const char *root, const char *domain_name,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
