// SPDX-License-Identifier: LGPL-2.1-or-later
// See job-types.h.
#include "manager/job-types.h"

#include "manager/attach.h"
#include "manager/start.h"
#include "manager/want.h"

static void (*const types[_MANAGER_JOB_TYPE_MAX])(ManagerJob *job) = {
    [MANAGER_JOB_START] = start_begin,       [MANAGER_JOB_STOP] = want_stop_begin,
    [MANAGER_JOB_RESTART] = want_stop_begin, [MANAGER_JOB_DELETE] = want_stop_begin,
    [MANAGER_JOB_PAUSE] = want_pause_begin,  [MANAGER_JOB_UNPAUSE] = want_pause_begin,
    [MANAGER_JOB_ATTACH] = attach_begin,     [MANAGER_JOB_DETACH] = detach_begin,
};

void job_types_begin(ManagerJob *job)
{
    types[job->type](job);
}
