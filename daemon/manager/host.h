// SPDX-License-Identifier: LGPL-2.1-or-later
// The guest host from the manager's side: opening it, again and again while it cannot be.
#pragma once

#include "manager/private.h"

// Opens the host in a worker; reconcile_begin() follows.
void host_open(Manager *self);
