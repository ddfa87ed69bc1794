// SPDX-License-Identifier: LGPL-2.1-or-later
// What a run needs to know of its object to be started, or to get a disk: copies, which workers read.
#pragma once

#include "api/manifest.h"

typedef struct {
    ApiVirtualMachineInstance *vmi; // expanded
    GPtrArray *claims, *secrets;    // ApiObject, that it names
    GPtrArray *host_ports;          // ApiHostPort, one for each port that it lists
    ApiVolume *volume;              // the one to plug; NULL: it is to be started
} RunInput;

RunInput *run_input_new(void);
void run_input_free(RunInput *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RunInput, run_input_free)
