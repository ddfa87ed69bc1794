// SPDX-License-Identifier: LGPL-2.1-or-later
// The settings of the embedded QEMU driver, and the state directory it writes to: what must hold before it may be opened.
#pragma once

#include <glib.h>

// Makes ROOT and writes ROOT/etc/qemu.conf when it is not already what we want.
gboolean qemu_conf_write(const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Fails with VMI_ERROR_NO_SPACE when the driver could not write the status of every running guest. Uses up the reserve that it keeps in
// ROOT for that moment, if that is enough.
gboolean qemu_conf_check_writable(const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// (Re)makes the reserve, when there is ample room.
void qemu_conf_keep_reserve(const char *root);

// The status files are of guests of this boot: after a reboot the pids in them are somebody else's. Removes those of an earlier boot,
// and what else libvirt kept of the domains that ran then.
gboolean qemu_conf_forget_old_boot(const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Status files of domains that were killed before they had a QEMU. libvirt takes up the job "start" that such a file tells of, nobody
// ever ends it, and the domain can neither be started nor undefined (seen with 9.0). And pid files that nobody's status goes with.
// Before the driver is opened.
gboolean qemu_conf_forget_unborn(const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;
