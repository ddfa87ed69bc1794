// SPDX-License-Identifier: LGPL-2.1-or-later
// A VMI that was read from disk, and what runs: what becomes of it.
#pragma once

#include "manager/private.h"

// All runs that there are have been found. What is left of a run that nobody wrote down, when its names are nobody else's: "namespace/name",
// owned, or NULL.
char *settle_instance(Instance *instance);
// The same for one whose definition could be read only after the others, with what is left.
void settle_late(Instance *instance);
