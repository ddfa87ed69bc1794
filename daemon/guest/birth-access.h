// SPDX-License-Identifier: LGPL-2.1-or-later
// What a guest's user may reach only while its QEMU is born: /dev/kvm. What is open stays open, so that it need not be reachable
// afterwards.
#pragma once

#include "guest/host.h"

// USER 0, vmid's own: nothing is needed. Workers.
gboolean birth_access_grant(GuestHost *host, guint32 user,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Takes it back; what is not there is success.
gboolean birth_access_revoke(GuestHost *host, guint32 user,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
// What a vmid that was killed left of FIRST up to COUNT users. Before anything is started.
gboolean birth_access_reset(GuestHost *host, guint32 first, guint32 count,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
