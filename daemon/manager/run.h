// SPDX-License-Identifier: LGPL-2.1-or-later
// A start: resolve what the VMI names, reserve, guest_start() in a worker, publish.
#pragma once

#include "manager/private.h"

// Job type `start`, and `restart` once its guest is gone.
void run_begin(ManagerJob *job);
// INSTANCE has RUN (taken over) from now on: console, status. Announces nothing. After a start, and for a guest found running.
void run_publish(Instance *instance, GuestRun *run);
