// SPDX-License-Identifier: LGPL-2.1-or-later
// What may be asked of an instance: each verb is checked against its present state and becomes a job; see manager.h.
#include "base/error.h"
#include "manager/attach.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/status.h"
#include "manager/undefined.h"
#include "manager/want.h"
#include "manager/start.h"

enum {
    JOBS_MAX = 16, // of one guest, that wait for each other
};

static Instance *cast(ManagerInstance *instance)
{
    return (Instance *)instance;
}

// Whether anything but a stop may be asked of it.
static gboolean check_defined(const Instance *instance, GError **error)
{
    if (!undefined_check(instance, error))
        return FALSE;
    if (!instance_is_deleted(instance))
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT, "\"%s\" is being deleted",
                instance_name(instance));
    return FALSE;
}

static gboolean check_idle(const Instance *instance, GError **error)
{
    const ManagerJob *job = instance->public.job;

    if (!job)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_BUSY,
                "\"%s\" has the job %u (%s), wait for it or cancel it: vmictl cancel %u",
                instance_name(instance), job->id, manager_job_type_to_string(job->type), job->id);
    return FALSE;
}

// A pause waits for what its guest is asked before, and is carried out in order. Not without end: a QEMU that hangs answers none.
static gboolean check_may_queue(const Instance *instance, GError **error)
{
    for (const GList *link = instance->jobs.head; link; link = link->next) {
        ManagerJobType type = ((const ManagerJob *)link->data)->type;

        if (type != MANAGER_JOB_PAUSE && type != MANAGER_JOB_UNPAUSE &&
            type != MANAGER_JOB_ATTACH && type != MANAGER_JOB_DETACH)
            return check_idle(instance, error);
    }
    return instance->jobs.length < JOBS_MAX || check_idle(instance, error);
}

gboolean manager_instance_start(Manager *self, ManagerInstance *public, ManagerJob **ret_job,
                                GError **error)
{
    Instance *instance = cast(public);
    ManagerJob *job = NULL;

    if (!manager_check_ready(self, error) || !check_defined(instance, error))
        return FALSE;
    job = public->job;
    if (job && job_is_starting(job)) {
        *ret_job = job;
        return TRUE;
    }
    if (!check_idle(instance, error))
        return FALSE;
    // A guest that has just ended keeps its run until it is cleaned up: the job waits for that.
    *ret_job =
        public->run && !instance_is_ending(instance) ? NULL : job_new(instance, MANAGER_JOB_START);
    return TRUE;
}

static void take_options(ManagerJob *job, const ManagerStopOptions *options)
{
    job->force |= options->force;
    if (options->timeout_usec > 0)
        job->timeout_usec = options->timeout_usec;
}

gboolean manager_instance_stop(Manager *self, ManagerInstance *public,
                               const ManagerStopOptions *options, ManagerJob **ret_job,
                               GError **error)
{
    Instance *instance = cast(public);
    ManagerJob *job = job_find(instance, MANAGER_JOB_STOP);

    if (!manager_check_ready(self, error))
        return FALSE;
    if (!job)
        job = job_find(instance, MANAGER_JOB_DELETE);
    if (!job && !public->job && !public->run && status_is_final(instance_phase(instance))) {
        *ret_job = NULL;
        return instance_check_stop_saved(instance, error);
    }
    if (!job)
        job = job_new(instance, MANAGER_JOB_STOP);
    if (job->want == 0)
        take_options(job, options);
    else if (options->force)
        want_stop_now(instance);
    *ret_job = job;
    return TRUE;
}

gboolean manager_instance_restart(Manager *self, ManagerInstance *public,
                                  const ManagerStopOptions *options, ManagerJob **ret_job,
                                  GError **error)
{
    Instance *instance = cast(public);

    if (!manager_check_ready(self, error) || !check_defined(instance, error) ||
        !check_idle(instance, error))
        return FALSE;
    *ret_job = job_new(instance, MANAGER_JOB_RESTART);
    take_options(*ret_job, options);
    return TRUE;
}

gboolean manager_instance_pause(Manager *self, ManagerInstance *public, gboolean pause,
                                ManagerJob **ret_job, GError **error)
{
    Instance *instance = cast(public);

    if (!manager_check_ready(self, error) || !check_defined(instance, error) ||
        !check_may_queue(instance, error) || !instance_check_running(instance, error))
        return FALSE;
    *ret_job = !public->job && public->run->paused == pause
                   ? NULL
                   : job_new(instance, pause ? MANAGER_JOB_PAUSE : MANAGER_JOB_UNPAUSE);
    return TRUE;
}

gboolean manager_instance_attach(Manager *self, ManagerInstance *public,
                                 const ManagerAttachOptions *options, ManagerJob **ret_job,
                                 GError **error)
{
    Instance *instance = cast(public);
    ManagerJob *job = NULL;

    if (!manager_check_ready(self, error) || !check_defined(instance, error) ||
        !check_idle(instance, error) || !attach_check(instance, options, error))
        return FALSE;
    job = job_new(instance, MANAGER_JOB_ATTACH);
    job->disk = g_strdup(options->disk);
    job->claim = g_strdup(options->claim);
    job->bus = g_strdup(options->bus);
    job->serial = attach_serial(instance, options);
    job->persist = options->persist;
    *ret_job = job;
    return TRUE;
}

gboolean manager_instance_detach(Manager *self, ManagerInstance *public, const char *disk,
                                 gboolean persist, ManagerJob **ret_job, GError **error)
{
    Instance *instance = cast(public);
    ManagerJob *job = NULL;

    if (!manager_check_ready(self, error) || !check_defined(instance, error) ||
        !check_idle(instance, error) || !detach_check(instance, disk, persist, error))
        return FALSE;
    job = job_new(instance, MANAGER_JOB_DETACH);
    job->disk = g_strdup(disk);
    job->persist = persist;
    *ret_job = job;
    return TRUE;
}

// ---- cancelling ------------------------------------------------------------------------------------------------

static gboolean cannot_cancel(const ManagerJob *job, const char *why, GError **error)
{
    g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT, "the job %u (%s) cannot be cancelled: %s",
                job->id, manager_job_type_to_string(job->type), why);
    return FALSE;
}

// What it wants of the run, if that can be taken back: what is not begun, a start, and a stop whose guest still has time.
static gboolean cancel_wants(Manager *self, ManagerJob *job)
{
    Run *run = instance_run(job->instance);
    guint id = job->id;

    if (job->stop != 0)
        run_cancel(run, job->stop);
    if (manager_job(self, id) && job->want != 0)
        run_cancel(run, job->want);
    return !manager_job(self, id);
}

gboolean manager_job_cancel(Manager *self, ManagerJob *job, GError **error)
{
    if (job->type == MANAGER_JOB_DELETE)
        return cannot_cancel(job, "a deletion goes on until the object is gone", error);
    if (job->want == 0 && job_is_starting(job))
        start_give_up(job);
    else if (job->want == 0)
        want_refuse(job, RUN_FAILURE_CANCELLED, NULL);
    else if (!cancel_wants(self, job))
        return cannot_cancel(job,
                             job_is_stopping(job) ? "the guest is already being killed"
                                                  : "it takes only a moment",
                             error);
    return TRUE;
}
