// SPDX-License-Identifier: LGPL-2.1-or-later
// Objects that are deleted with those that name them as their owner; of kinds that own others (manager/kind.h). Like a finalizer, the mark of
// the owner stays until its last child is gone.
#pragma once

#include "manager/private.h"

// Takes the next step of the deletion of OWNER, which is marked: that of its children, or, when there are none, its own. What fails is a problem,
// and tried again when one of them has changed.
void delete_children(Manager *self, ApiObject *owner);
// The owners whose deletion an earlier vmid did not finish are queued.
void delete_children_resume(Manager *self);
