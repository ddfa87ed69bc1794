// SPDX-License-Identifier: LGPL-2.1-or-later
// Images that come from outside, before a guest has them: whether somebody else has them, and whether they are what they are meant to be.
// An image is judged by its first bytes once, before its first run: later they are what a guest wrote. That is kept as a condition:
// in the claim's status, for a hostDisk in the guest's.
#pragma once

#include "manager/private.h"

#define IMAGES_ANNOTATION \
    "vmi.example.org/raw-image" // VOLUME[,VOLUME]: raw, whatever it looks like

// LOOKS: StorageLook, of what INSTANCE is about to use; on disk when this returns TRUE. RET_REASON: the word for the status, or NULL.
gboolean images_accept(Instance *instance, const GPtrArray *looks, const char **ret_reason,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
