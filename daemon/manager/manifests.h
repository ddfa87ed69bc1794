// SPDX-License-Identifier: LGPL-2.1-or-later
// The manifests of the host: ManifestDirectories=, applied when vmid starts.
#pragma once

#include "manager/private.h"

// In the order of the file names; an error becomes a problem and the next file follows. A VMI from there that is over is started
// again when the host was booted since.
// DONE is told once, when what comes of them is on disk.
void manifests_apply(Manager *self, StoreWritten done, gpointer user_data);
