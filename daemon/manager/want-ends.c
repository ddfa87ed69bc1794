// SPDX-License-Identifier: LGPL-2.1-or-later
// What is before, after and around the wants of a run: stops, ends, and the jobs of an earlier vmid; see want.h.
#include "manager/want.h"

#include "api/defaults.h"
#include "base/error.h"
#include "manager/attach.h"
#include "manager/delete-instance.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/start.h"
#include "manager/status.h"

// ---- stop ------------------------------------------------------------------------------------------------------

static gint64 grace_usec(const ManagerJob *job)
{
    if (job->force)
        return 0;
    if (job->timeout_usec > 0)
        return (gint64)MIN(job->timeout_usec, (guint64)G_MAXINT64 / 4);
    return api_vmi_grace_seconds(instance_vmi(job->instance)->spec) * G_USEC_PER_SEC;
}

// A VMI that waits for something, or whose start was cancelled, is over.
static void stop_waiting(Instance *instance)
{
    instance->waiting = FALSE;
    if (!status_is_final(instance_phase(instance)))
        instance_enter(instance, API_VMI_PHASE_FAILED, FALSE, "StartCancelled",
                       "the start was given up, as asked");
}

static void finish_stop(ManagerJob *job)
{
    g_autoptr(GError) error = NULL;
    gboolean saved = FALSE;

    if (!instance_run(job->instance))
        stop_waiting(job->instance);
    saved = instance_check_stop_saved(job->instance, &error);
    job_finish(job, saved ? MANAGER_JOB_DONE : MANAGER_JOB_FAILED, error);
}

// With the definition would go what is known of a run that could not be released: it stays, marked as deleted.
static void finish_delete(ManagerJob *job)
{
    const Run *run = instance_run(job->instance);
    g_autoptr(GError) error = NULL;

    if (!run || run_machine_is_over(run_record(run))) {
        delete_instance_finish(job);
        return;
    }
    error = g_error_new(VMI_ERROR, VMI_ERROR_HOST,
                        "the last run of \"%s\" could not be cleaned up, vmid tries again: %s",
                        job->name, run_error(run) ? run_error(run)->message : "unknown reason");
    job_finish(job, MANAGER_JOB_FAILED, error);
}

static void nothing_runs(ManagerJob *job)
{
    if (job->type == MANAGER_JOB_DELETE)
        finish_delete(job);
    else if (job->type == MANAGER_JOB_RESTART)
        start_begin(job);
    else
        finish_stop(job);
}

// Starts that have not come to their run yet.
static void give_up_starts(ManagerJob *job)
{
    g_autoptr(GPtrArray) jobs = manager_jobs(job->manager);

    for (guint i = 0; i < jobs->len; i++) {
        ManagerJob *other = g_ptr_array_index(jobs, i);

        if (other != job && other->instance == job->instance && job_is_starting(other) &&
            other->want == 0 && other->id < job->id)
            start_give_up(other);
    }
}

void want_stop_begin(ManagerJob *job)
{
    Instance *instance = job->instance;
    g_autoptr(ApiRunWant) stop = NULL;
    gboolean restart = job->type == MANAGER_JOB_RESTART;

    give_up_starts(job);
    if (!instance_run(instance)) {
        nothing_runs(job);
        return;
    }
    stop = want_new(instance, API_RUN_WISH_STOP);
    stop->grace = (ApiInt){ TRUE, grace_usec(job) };
    // Afterwards its name is free.
    if (job->type == MANAGER_JOB_DELETE || instance->undefined)
        stop->thorough = API_TRUE;
    *(restart ? &job->stop : &job->want) = stop->id.value;
    want_send(instance, stop);
    // On record with the stop, so that a vmid that is killed meanwhile is followed by one that starts it.
    if (restart)
        start_want(job);
}

// ---- ends ------------------------------------------------------------------------------------------------------

static void start_ended(ManagerJob *job, RunFailure failure, const GError *error)
{
    // Of a restart whose guest could not be stopped, and runs.
    if (job->stop_error)
        job_finish(job, MANAGER_JOB_FAILED, job->stop_error);
    else if (failure == RUN_FAILURE_NONE)
        job_finish(job, MANAGER_JOB_DONE, NULL);
    else
        start_failed(job, failure, error);
}

static void stop_ended(ManagerJob *job, RunFailure failure, const GError *error)
{
    if (failure != RUN_FAILURE_NONE)
        want_refuse(job, failure, error);
    else if (job->type == MANAGER_JOB_DELETE)
        finish_delete(job);
    else
        finish_stop(job);
}

static void pause_ended(ManagerJob *job, RunFailure failure, const GError *error)
{
    if (failure == RUN_FAILURE_NONE)
        job_finish(job, MANAGER_JOB_DONE, NULL);
    else
        want_refuse(job, failure, error);
}

static void (*const ended[_MANAGER_JOB_TYPE_MAX])(ManagerJob *job, RunFailure failure,
                                                  const GError *error) = {
    [MANAGER_JOB_START] = start_ended,   [MANAGER_JOB_STOP] = stop_ended,
    [MANAGER_JOB_RESTART] = start_ended, [MANAGER_JOB_DELETE] = stop_ended,
    [MANAGER_JOB_PAUSE] = pause_ended,   [MANAGER_JOB_UNPAUSE] = pause_ended,
    [MANAGER_JOB_ATTACH] = attach_ended, [MANAGER_JOB_DETACH] = detach_ended,
};

void want_ended(Instance *instance, const RunWantEnd *end, const GError *error)
{
    ManagerJob *job = want_job(instance, end->id);

    if (!job && end->wish == API_RUN_WISH_START && end->failure != RUN_FAILURE_NONE)
        start_failed_alone(instance, end->failure, error);
    if (!job)
        return;
    if (job->stop != end->id)
        ended[job->type](job, end->failure, error);
    else if (end->failure != RUN_FAILURE_NONE)
        job->stop_error = want_error(job, end->failure, error);
}

// ---- after a start of vmid -------------------------------------------------------------------------------------

static void take_up(Instance *instance, const RunWant *want)
{
    static const ManagerJobType types[] = {
        [API_RUN_WISH_START] = MANAGER_JOB_START, [API_RUN_WISH_STOP] = MANAGER_JOB_STOP,
        [API_RUN_WISH_PAUSE] = MANAGER_JOB_PAUSE, [API_RUN_WISH_UNPAUSE] = MANAGER_JOB_UNPAUSE,
        [API_RUN_WISH_PLUG] = MANAGER_JOB_ATTACH, [API_RUN_WISH_UNPLUG] = MANAGER_JOB_DETACH,
    };
    // Another stop ends before the name is free.
    gboolean deleted = want->wish == API_RUN_WISH_STOP && instance_is_deleted(instance) &&
                       api_bool_or(want->thorough, FALSE);
    ManagerJob *job = job_new(instance, deleted ? MANAGER_JOB_DELETE : types[want->wish]);

    job->want = want->id.value;
    job->persist = api_bool_or(want->persist, FALSE);
    if (want->plugs && (want->wish == API_RUN_WISH_PLUG || want->wish == API_RUN_WISH_UNPLUG))
        attach_take_up(job, g_ptr_array_index(want->plugs, 0));
}

void want_take_up(Instance *instance)
{
    const Run *run = instance_run(instance);
    const GPtrArray *wants = run ? run_record(run)->wants : NULL;

    for (guint i = 0; wants && i < wants->len; i++) {
        const RunWant *want = g_ptr_array_index(wants, i);

        // A deletion is one job.
        if (!want_job(instance, want->id.value) &&
            !(instance_is_deleted(instance) && job_find(instance, MANAGER_JOB_DELETE)))
            take_up(instance, want);
    }
}
