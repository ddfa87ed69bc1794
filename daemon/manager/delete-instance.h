// SPDX-License-Identifier: LGPL-2.1-or-later
// Removing VMIs.
#pragma once

#include "manager/private.h"

// Fails with BUSY before vmid is ready. The mark is saved, then REMOVED is told of the job that ends the guest and removes OBJECT; FORCE:
// without its grace period.
void delete_instance(Manager *self, ApiObject *object, gboolean force, ManagerDeleted removed,
                     gpointer user_data);
// The last step of a `delete` job, when nothing runs any more: the definition goes, then the instance, then the job.
void delete_instance_finish(ManagerJob *job);
