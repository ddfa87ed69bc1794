// SPDX-License-Identifier: LGPL-2.1-or-later
// qemu-img as a child with stated formats and resource limits (10 s of CPU, 2000 MiB of address space, as KubeVirt's;
// behaviour reference 3.6). Paths are ours, never a user's text.
#pragma once

#include <gio/gio.h>

// An empty qcow2 of SIZE bytes.
gboolean qemu_img_create_empty(const char *path, guint64 size, GCancellable *cancellable,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
// A qcow2 overlay on BACKING (an absolute path) of BACKING_FORMAT.
gboolean qemu_img_create_overlay(const char *path, const char *backing, const char *backing_format,
                                 GCancellable *cancellable,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
