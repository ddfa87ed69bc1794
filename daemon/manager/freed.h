// SPDX-License-Identifier: LGPL-2.1-or-later
// What was in use is not any more.
#pragma once

#include "manager/private.h"

// Starts the VMIs that waited for what a guest used, and deletes claims that are marked, soon.
void freed(Manager *self);
