// SPDX-License-Identifier: LGPL-2.1-or-later
// Pausing and resuming; see pause.h.
#include "manager/pause.h"

#include "base/error.h"
#include "manager/instance.h"
#include "manager/job.h"

typedef struct {
    GuestHost *host;
    char *domain_uuid;
    gboolean pause;
} PauseInput;

static void pause_input_free(gpointer data)
{
    PauseInput *self = data;

    g_free(self->domain_uuid);
    g_free(self);
}

static gpointer pause_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const PauseInput *input = data;

    return GINT_TO_POINTER(guest_pause(input->host, input->domain_uuid, input->pause, error));
}

static void pause_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Instance *instance = user_data;
    const PauseInput *input = data;

    // libvirt's event says so too, before or after.
    if (!error && !instance->ended)
        instance_set_paused(instance, input->pause, FALSE);
    job_finish(instance->public.job, error ? MANAGER_JOB_FAILED : MANAGER_JOB_DONE, error);
}

void pause_begin(ManagerJob *job)
{
    static const WorkerTask task = {
        .run = pause_run,
        .done = pause_done,
        .input_free = pause_input_free,
    };
    Instance *instance = job->instance;
    PauseInput *input = NULL;

    if (!instance->public.run || instance->ended) {
        g_autoptr(GError) error = g_error_new(VMI_ERROR, VMI_ERROR_NOT_RUNNING,
                                              "\"%s\" is not running any more", job->name);

        job_finish(job, MANAGER_JOB_FAILED, error);
        return;
    }
    // As the job before it left it.
    if (instance->public.run->paused == (job->type == MANAGER_JOB_PAUSE)) {
        job_finish(job, MANAGER_JOB_DONE, NULL);
        return;
    }
    input = g_new0(PauseInput, 1);
    input->host = instance->manager->host;
    input->domain_uuid = g_strdup(instance->public.run->domain_uuid);
    input->pause = job->type == MANAGER_JOB_PAUSE;
    worker_pool_push(instance->manager->askers, &task, input, job->cancellable, instance);
}
