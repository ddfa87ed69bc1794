// SPDX-License-Identifier: LGPL-2.1-or-later
// The leader of a guest's machine at systemd-machined: a process of the guest's own user, in its scope, that hands on what machinectl(1) asks of
// it (vmi-leader.c) in a FIFO of the guest's run directory. Neither QEMU, which would die of it, nor vmid, which would be in no scope.
#pragma once

#include <glib.h>

#include "domain/layout.h"

// Starts it, for the QEMU with this pid, and makes the FIFO. Returns its pid, or 0. It ends with QEMU. Worker thread.
gint leader_start(const Layout *layout, const char *namespace, const char *name, gint qemu,
                  guint32 user, GError **error) G_GNUC_WARN_UNUSED_RESULT;
