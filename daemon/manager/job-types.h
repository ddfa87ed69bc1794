// SPDX-License-Identifier: LGPL-2.1-or-later
// What a job of each type begins.
#pragma once

#include "manager/private.h"

void job_types_begin(ManagerJob *job);
