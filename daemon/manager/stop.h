// SPDX-License-Identifier: LGPL-2.1-or-later
// A stop: ask the guest to shut down, wait for its grace period on the main loop, then kill it.
#pragma once

#include "manager/private.h"

// Job types `stop`, `restart` and `delete`: what is running is stopped first.
void stop_begin(ManagerJob *job);
// Kills now what is being stopped gracefully.
void stop_expedite(Instance *instance);
// The stop under way is given up; the guest may still follow what it was asked. FALSE: too late.
gboolean stop_give_up(Instance *instance);
// Nothing runs any more: the job is done, or fails when that is not on disk, where it counts at the next start.
void stop_finish(ManagerJob *job);
