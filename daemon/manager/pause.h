// SPDX-License-Identifier: LGPL-2.1-or-later
// Pausing and resuming a running guest.
#pragma once

#include "manager/private.h"

void pause_begin(ManagerJob *job); // job types `pause` and `unpause`
