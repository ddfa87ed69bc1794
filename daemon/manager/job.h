// SPDX-License-Identifier: LGPL-2.1-or-later
// Jobs: each wants something of the run of its VMI, which does one after the other (runs/machine.h). A job always begins from the main loop, never
// inside the call that made it, so that the caller can still use the pointer it got.
#pragma once

#include "manager/private.h"

// The last of those that INSTANCE has. Borrowed.
ManagerJob *job_new(Instance *instance, ManagerJobType type);
void job_free(ManagerJob *self);

void job_set_state(ManagerJob *self, ManagerJobState state); // QUEUED, RUNNING
void job_set_step(ManagerJob *self, const char *step, guint number, guint total);
// Something to mind about what it does, for who waits for it. Added to those that it has.
void job_add_warning(ManagerJob *self, const char *warning);
// The host problem, of which there is one, becomes the step of all jobs: none of them begins because of it.
void job_explain_wait(Manager *manager);
// The end: STATE is DONE, FAILED, CANCELLED or WAITING. Reports and frees SELF.
void job_finish(ManagerJob *self, ManagerJobState state, const GError *error);

// Begins what INSTANCE has, in order, when it may begin.
void job_schedule(Instance *instance);
// The job of that type that INSTANCE has, running or queued, or NULL.
ManagerJob *job_find(const Instance *instance, ManagerJobType type);
// A start, or the second half of a restart, that has not reached its end.
gboolean job_is_starting(const ManagerJob *self);
// A stop, a deletion, or a restart of what runs.
gboolean job_is_stopping(const ManagerJob *self);
