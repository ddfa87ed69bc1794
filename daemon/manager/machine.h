// SPDX-License-Identifier: LGPL-2.1-or-later
// What machinectl(1) asks of a guest: its power off and its reboot are a stop and a restart like vmictl's.
#pragma once

#include "manager/private.h"

// The run of INSTANCE is published: from now on it is heard, and what was asked while vmid was away.
void machine_watch(Instance *instance);
