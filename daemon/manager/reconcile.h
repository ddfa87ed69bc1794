// SPDX-License-Identifier: LGPL-2.1-or-later
// What vmid does once after its start, with the host open: match what runs with what is defined.
#pragma once

#include "manager/private.h"

// Adopts, settles, sweeps, applies the manifests of the host, and then lets jobs run.
void reconcile_begin(Manager *self);

// Once all definitions are read and settled: the manifests of the host. May be called at any time.
void reconcile_complete(Manager *self);
