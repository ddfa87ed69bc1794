// SPDX-License-Identifier: LGPL-2.1-or-later
// Opens an image chain as QEMU would, so that QEMU gets descriptors and never a path: O_DIRECT when the disk's cache mode will be
// none, read-only for bases. Flags must match what QEMU would use (QEMU 10 refuses others).
#pragma once

#include "storage/storage.h"

// Whether the file behind FD can be opened with O_DIRECT (behaviour reference 1.4).
gboolean image_fd_direct_io(int fd);

// A StorageVolume for the chain in PLAN. FDS are the elements of the chain, top first, as opened without O_DIRECT; they are
// reopened with the flags the disk of this name in REQUEST needs. A raw image that the guest writes to is grown to a multiple of 4096 bytes.
StorageVolume *image_fd_volume(const StorageRequest *request, const ApiVolume *volume,
                               const DomainVolume *plan, const int *fds, guint n_fds,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
