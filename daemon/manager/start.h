// SPDX-License-Identifier: LGPL-2.1-or-later
// A start: what comes before the run wants it, and what becomes of the VMI when it fails.
#pragma once

#include "manager/private.h"

// Job type `start`, and `restart` where nothing runs; again when the claims that it is parked for are bound, or cannot be.
void start_begin(ManagerJob *job);
// Has the run want the start of JOB, a start or restart.
void start_want(ManagerJob *job);
// JOB shall start no guest any more, of which nothing is begun.
void start_give_up(ManagerJob *job);
// The want of JOB, a start or restart, has failed: FAILURE says how, and where that is a step, ERROR what it said.
void start_failed(ManagerJob *job, RunFailure failure, const GError *error);
// The same for a want that no job has.
void start_failed_alone(Instance *instance, RunFailure failure, const GError *error);
// What INSTANCE waited for may be there now.
void start_retry(Instance *instance);
// Goes on with one that was held back until it was known whether its claims can be had, when that is known.
void start_resume(Instance *instance);
