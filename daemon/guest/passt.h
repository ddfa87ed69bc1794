// SPDX-License-Identifier: LGPL-2.1-or-later
// passt(1), which carries the network of a guest: one process per card, started before QEMU, as the guest's user, ended with it.
#pragma once

#include "guest/host.h"

// Whether the one of this host has what ours is told.
gboolean passt_is_usable(void);

// The directory for sockets and pid files: root's, and open to the guest's GID (0: vmid's own user alone).
gboolean passt_make_dir(const Layout *layout, const char *namespace, const char *name, guint32 gid,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Missing is success.
gboolean passt_remove_dir(const Layout *layout, const char *namespace, const char *name,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
    gint pid;
    int fd; // of the process, or -1: it is gone
} Passt;

void passt_free(gpointer passt); // it runs on
void passt_kill(const Passt *self);

// Returns when its ports and its socket are open, and only GID (0: vmid's own user) can connect to that.
Passt *passt_start(const DomainPasst *plan, guint32 gid, GCancellable *cancellable,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
