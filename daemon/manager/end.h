// SPDX-License-Identifier: LGPL-2.1-or-later
// What happens when a guest is gone: release what it had, give back its reservations, say how it ended, go on with the job.
#pragma once

#include "manager/private.h"

// The guest of INSTANCE is gone. Waits for workers that still read the run. A second call does nothing.
void end_guest(Instance *instance, GuestEnd end, const char *detail);
// The end of a `delete` job whose instance has no guest: releases what its last run left, then removes it.
void end_delete(ManagerJob *job);
// A worker that was counted in run_readers is done with the run.
void end_reader_done(Instance *instance);
