// SPDX-License-Identifier: LGPL-2.1-or-later
// Removing objects.
#pragma once

#include "manager/private.h"

// The last step of a `delete` job, when nothing runs any more: the definition goes, then INSTANCE, then the job.
void delete_finish(ManagerJob *job);
