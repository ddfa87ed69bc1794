// SPDX-License-Identifier: LGPL-2.1-or-later
// See want.h.
#include "manager/want.h"

#include "base/error.h"
#include "manager/instance.h"
#include "manager/job.h"

// ---- making ----------------------------------------------------------------------------------------------------

void want_send(Instance *instance, const RunWant *want)
{
    Run *run =
        runs_ensure(instance->manager->runs, instance_namespace(instance), instance_name(instance),
                    instance_vmi(instance)->metadata->uid, instance);

    run_want(run, want);
}

RunWant *want_new(const Instance *instance, RunWish wish)
{
    RunWant *self = api_run_want_new();

    self->id = (ApiInt){ TRUE, runs_next_want(instance->manager->runs) };
    self->wish = wish;
    return self;
}

void want_make(ManagerJob *job, RunWish wish, GPtrArray *plugs)
{
    Instance *instance = job->instance;
    g_autoptr(ApiRunWant) want = want_new(instance, wish);

    want->plugs = plugs;
    if (wish == API_RUN_WISH_START &&
        instance_vmi(instance)->spec->start_strategy == API_START_STRATEGY_PAUSED)
        want->paused = API_TRUE;
    if (job->persist)
        want->persist = API_TRUE;
    // It may end at once, and JOB with it.
    job->want = want->id.value;
    want_send(instance, want);
}

void want_stop_now(Instance *instance)
{
    g_autoptr(ApiRunWant) stop = want_new(instance, API_RUN_WISH_STOP);

    stop->grace = (ApiInt){ TRUE, 0 };
    if (instance_run(instance))
        want_send(instance, stop);
}

void want_pause_begin(ManagerJob *job)
{
    if (instance_run(job->instance))
        want_make(job, job->type == MANAGER_JOB_PAUSE ? API_RUN_WISH_PAUSE : API_RUN_WISH_UNPAUSE,
                  NULL);
    else
        want_refuse(job, RUN_FAILURE_NOT_RUNNING, NULL);
}

// ---- ends ------------------------------------------------------------------------------------------------------

GError *want_error(const ManagerJob *job, RunFailure failure, const GError *error)
{
    static const struct {
        VmiError code;
        const char *text; // of the name of the VMI
    } rows[] = {
        [RUN_FAILURE_CANCELLED] = { VMI_ERROR_CANCELLED,
                                    "the job for \"%s\" was given up, as asked" },
        [RUN_FAILURE_NOT_RUNNING] = { VMI_ERROR_NOT_RUNNING, "\"%s\" is not running any more" },
        [RUN_FAILURE_UNREACHABLE] = { VMI_ERROR_HOST,
                                      "libvirt has lost what it knew of the guest \"%s\"" },
        [RUN_FAILURE_DIED] = { VMI_ERROR_NOT_RUNNING, "\"%s\" is not running any more" },
        [RUN_FAILURE_EXISTS] = { VMI_ERROR_EXISTS, "\"%s\" already has such a disk" },
        [RUN_FAILURE_NO_DISK] = { VMI_ERROR_NOT_FOUND, "\"%s\" has no such disk" },
        [RUN_FAILURE_IN_USE] = { VMI_ERROR_CONFLICT, "what \"%s\" was to get is in use" },
        [RUN_FAILURE_WILL_NOT_DIE] = { VMI_ERROR_TIMEOUT,
                                       "QEMU of \"%s\" does not end: the kernel holds it, perhaps "
                                       "for a device that does not answer" },
    };

    if (error)
        return g_error_copy(error);
    if (failure < G_N_ELEMENTS(rows) && rows[failure].text)
        return g_error_new(VMI_ERROR, rows[failure].code, rows[failure].text, job->name);
    return g_error_new(VMI_ERROR, VMI_ERROR_HOST, "the job for \"%s\" failed", job->name);
}

void want_refuse(ManagerJob *job, RunFailure failure, const GError *error)
{
    g_autoptr(GError) told = want_error(job, failure, error);
    gboolean cancelled = failure == RUN_FAILURE_CANCELLED;

    job_finish(job, cancelled ? MANAGER_JOB_CANCELLED : MANAGER_JOB_FAILED, told);
}

ManagerJob *want_job(const Instance *instance, gint64 want)
{
    for (const GList *link = instance->jobs.head; link; link = link->next) {
        ManagerJob *job = link->data;

        if (want != 0 && (job->want == want || job->stop == want))
            return job;
    }
    return NULL;
}
