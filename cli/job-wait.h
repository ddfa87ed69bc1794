// SPDX-License-Identifier: LGPL-2.1-or-later
// Waiting for jobs of vmid: the one helper behind every verb that starts one. Create it before the call that starts
// the job, so that no JobRemoved is missed.
#pragma once

#include "cli/transport.h"

typedef struct JobWait JobWait;

JobWait *job_wait_new(Transport *transport, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void job_wait_free(JobWait *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobWait, job_wait_free)

// LABEL stands before the job's messages ("vmi/web"); DONE (may be NULL) is printed on standard output when it is done.
void job_wait_add(JobWait *self, const char *job, const char *label, const char *done);

// Prints a failure of a call beside the jobs ("LABEL: message"; LABEL may be NULL) and counts it as one of theirs.
void job_wait_fail(JobWait *self, const char *label, const GError *error);

// Waits for all. Failures are printed as they come; the error is then quiet and has the exit code of the first real
// failure, else that of "waiting".
gboolean job_wait_run(JobWait *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
