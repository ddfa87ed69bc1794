// SPDX-License-Identifier: LGPL-2.1-or-later
// The VMIs as the owners of runs: what a run asks of its object, and what becomes of the object by what happens to the run.
#pragma once

#include "manager/private.h"

extern const RunsOwner owner_of_runs; // its user_data is the Manager

// INSTANCE was read after its run was found: it is the run's from now on.
void owner_adopt(Instance *instance, Run *run);
// Guests that run and have no definition: those that may have one that could not be read are not among them.
void owner_take_undefined(Manager *self);
