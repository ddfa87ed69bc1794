// SPDX-License-Identifier: LGPL-2.1-or-later
// The settings of the embedded QEMU driver.
#pragma once

#include <glib.h>

// As whom libvirt runs what is no guest's.
#define QEMU_CONF_USER "libvirt-qemu"

// Makes ROOT and writes ROOT/etc/qemu.conf when it is not already what we want. Before the driver is opened.
gboolean qemu_conf_write(const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;
