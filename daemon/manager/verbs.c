// SPDX-License-Identifier: LGPL-2.1-or-later
// What may be asked of an instance: each verb is checked against its present state and becomes a job; see manager.h.
#include "base/error.h"
#include "manager/attach.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/status.h"
#include "manager/stop.h"

enum {
    JOBS_MAX = 16, // of one guest, that wait for each other
};

static Instance *cast(ManagerInstance *instance)
{
    return (Instance *)instance;
}

static gboolean check_not_deleted(const Instance *instance, GError **error)
{
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

    if (!manager_check_ready(self, error) || !check_not_deleted(instance, error))
        return FALSE;
    job = public->job;
    if (job && job_is_starting(job) && !g_cancellable_is_cancelled(job->cancellable)) {
        *ret_job = job;
        return TRUE;
    }
    if (!check_idle(instance, error))
        return FALSE;
    // A guest that has just ended keeps its run until it is cleaned up: the job waits for that.
    *ret_job = public->run && !instance->ended ? NULL : job_new(instance, MANAGER_JOB_START);
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
    if (job->state == MANAGER_JOB_QUEUED)
        take_options(job, options);
    job_prevent_start(instance);
    if (options->force)
        stop_expedite(instance);
    *ret_job = job;
    return TRUE;
}

gboolean manager_instance_restart(Manager *self, ManagerInstance *public,
                                  const ManagerStopOptions *options, ManagerJob **ret_job,
                                  GError **error)
{
    Instance *instance = cast(public);

    if (!manager_check_ready(self, error) || !check_not_deleted(instance, error) ||
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

    if (!manager_check_ready(self, error) || !check_not_deleted(instance, error) ||
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

    if (!manager_check_ready(self, error) || !check_not_deleted(instance, error) ||
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

    if (!manager_check_ready(self, error) || !check_not_deleted(instance, error) ||
        !check_idle(instance, error) || !detach_check(instance, disk, error))
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

static void finish_cancelled(ManagerJob *job)
{
    g_autoptr(GError) error = g_error_new(VMI_ERROR, VMI_ERROR_CANCELLED, "the job was cancelled");

    job_finish(job, MANAGER_JOB_CANCELLED, error);
}

gboolean manager_job_cancel(Manager *self, ManagerJob *job, GError **error)
{
    if (job->type == MANAGER_JOB_DELETE)
        return cannot_cancel(job, "a deletion goes on until the object is gone", error);
    if (job_is_starting(job)) {
        // It ends as cancelled once everything is undone.
        g_cancellable_cancel(job->cancellable);
        return TRUE;
    }
    if (job->state != MANAGER_JOB_QUEUED) {
        if (job->type != MANAGER_JOB_STOP && job->type != MANAGER_JOB_RESTART)
            return cannot_cancel(job, "it takes only a moment", error);
        if (!stop_give_up(job->instance))
            return cannot_cancel(job, "the guest is already being killed", error);
    }
    finish_cancelled(job);
    return TRUE;
}
