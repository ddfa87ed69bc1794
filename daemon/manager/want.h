// SPDX-License-Identifier: LGPL-2.1-or-later
// What a job wants of the run of its VMI (runs/runs.h), and the end of that, which is the end of the job.
#pragma once

#include "manager/private.h"

// Job types `stop`, `restart` and `delete`: what is running is stopped first.
void want_stop_begin(ManagerJob *job);
void want_pause_begin(ManagerJob *job); // `pause` and `unpause`
// Kills the guest that is being stopped gracefully.
void want_stop_now(Instance *instance);

// A new want of the run of INSTANCE, with an id of its own. Owned.
RunWant *want_new(const Instance *instance, RunWish wish) G_GNUC_WARN_UNUSED_RESULT;
// It may end at once.
void want_send(Instance *instance, const RunWant *want);
// Has the run of its VMI want what JOB is about; JOB may be gone when it returns. PLUGS (RunPlug; may be NULL) is taken over.
void want_make(ManagerJob *job, RunWish wish, GPtrArray *plugs);
// What to say of the failure of JOB. ERROR: what a step said, or NULL. Owned.
GError *want_error(const ManagerJob *job, RunFailure failure, const GError *error);
// JOB fails, since what it wants cannot be. ERROR: what a step said, or NULL.
void want_refuse(ManagerJob *job, RunFailure failure, const GError *error);
// A want of a run of INSTANCE has ended; see RunsOwner.
void want_ended(Instance *instance, const RunWantEnd *end, const GError *error);
// The jobs that a former vmid had for INSTANCE, by what its run still wants.
void want_take_up(Instance *instance);
// The job that has the want; NULL: none.
ManagerJob *want_job(const Instance *instance, gint64 want);
