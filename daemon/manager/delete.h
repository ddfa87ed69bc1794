// SPDX-License-Identifier: LGPL-2.1-or-later
// Removing objects.
#pragma once

#include "manager/private.h"

// The last step of a `delete` job, when nothing runs any more: the definition goes, then INSTANCE, then the job.
void delete_finish(ManagerJob *job);
// What a claim holds: out of the way at once, removed by a worker. Whoever calls this knows that nobody uses it.
gboolean delete_claim_data(Manager *self, const char *namespace, const char *name,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
