// SPDX-License-Identifier: LGPL-2.1-or-later
// What verbs that start a job on a guest have in common: find it, call a method, wait (or print the job's path).
#pragma once

#include "cli/options.h"

typedef struct InstanceJob InstanceJob;

InstanceJob *instance_job_new(const Options *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void instance_job_free(InstanceJob *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(InstanceJob, instance_job_free)

// Calls METHOD of the guest NAME with ARGS (floating, consumed). DONE is printed behind its name when the job is done.
// A failure is printed at once and counted; other guests can still follow.
void instance_job_call(InstanceJob *self, const char *name, const char *method, GVariant *args,
                       const char *done);
// Waits for all jobs; FALSE with a quiet error when anything failed.
gboolean instance_job_finish(InstanceJob *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
