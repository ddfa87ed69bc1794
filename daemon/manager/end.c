// SPDX-License-Identifier: LGPL-2.1-or-later
// The end of a run; see end.h. Owns the table of what each end means (behaviour reference 5.11).
#include "manager/end.h"

#include "manager/delete-claim.h"
#include "manager/delete.h"
#include "manager/drain.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/run.h"
#include "manager/status.h"
#include "manager/stop.h"

enum {
    NEARLY = 2 * G_USEC_PER_SEC, // systemd's clock and ours do not start at the same instant
};

typedef struct {
    ApiVmiPhase phase;
    const char *reason, *message;
} Outcome;

static const Outcome outcomes[] = {
    [GUEST_END_SHUTDOWN] = { API_VMI_PHASE_SUCCEEDED, "GuestShutdown",
                             "the guest powered itself off" },
    [GUEST_END_STOPPED] = { API_VMI_PHASE_SUCCEEDED, "GuestStopped",
                            "the guest was stopped as asked" },
    [GUEST_END_KILLED] = { API_VMI_PHASE_FAILED, "GuestKilled",
                           "the guest was killed, but not by vmid" },
    [GUEST_END_CRASHED] = { API_VMI_PHASE_FAILED, "GuestCrashed",
                            "the guest panicked or its QEMU died" },
    [GUEST_END_UNSEEN] = { API_VMI_PHASE_FAILED, "GuestLost",
                           "the guest ended, and libvirt did not know of it to say how" },
};

static const Outcome with_host = { API_VMI_PHASE_SUCCEEDED, "HostShutdown",
                                   "the guest was shut down together with the host" };
static const Outcome killed_at_once = { API_VMI_PHASE_SUCCEEDED, "GuestStopped",
                                        "the guest was killed at once, as asked" };
static const Outcome killed_late = {
    API_VMI_PHASE_FAILED, "GracePeriodExpired",
    "the guest did not shut down within its grace period and was killed"
};

static const Outcome *decide(const Instance *instance)
{
    const InstanceStop *stop = &instance->stop;
    gboolean shut_down = instance->end == GUEST_END_SHUTDOWN || instance->end == GUEST_END_STOPPED;

    // libvirt may call our own kill a crash: QEMU's monitor went away.
    if (stop->killed && !shut_down)
        return stop->expired ? &killed_late : &killed_at_once;
    if (stop->asked && shut_down)
        return stop->with_host ? &with_host : &outcomes[GUEST_END_STOPPED];
    // systemd stops the scope: we asked the guest, and systemd killed it when the same time was over.
    if (stop->asked && (stop->by_systemd || g_get_monotonic_time() + NEARLY >= stop->deadline))
        return &killed_late;
    return &outcomes[instance->end];
}

// ---- the worker ------------------------------------------------------------------------------------------------

typedef struct {
    GuestHost *host;
    const StorageConfig *storage;
    char *namespace, *name, *domain_uuid;
} ReleaseInput;

static void release_input_free(gpointer data)
{
    ReleaseInput *self = data;

    g_free(self->namespace);
    g_free(self->name);
    g_free(self->domain_uuid);
    g_free(self);
}

static gpointer release_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const ReleaseInput *input = data;

    return GINT_TO_POINTER(guest_release(input->host, input->storage, input->namespace, input->name,
                                         input->domain_uuid, error));
}

// With the definition would go what is known of a run that could not be released: it stays, marked as deleted.
static void finish_delete(ManagerJob *job, const GError *error)
{
    if (error)
        job_finish(job, MANAGER_JOB_FAILED, error);
    else
        delete_finish(job);
}

// The job that the end was for, or that was interrupted by it, goes on. ERROR: what kept the run from being released.
static void continue_job(Instance *instance, const GError *error)
{
    ManagerJob *job = instance->public.job;

    if (!job || job->state != MANAGER_JOB_RUNNING) {
        job_schedule(instance);
        return;
    }
    switch (job->type) {
    case MANAGER_JOB_STOP:
        stop_finish(job);
        break;
    case MANAGER_JOB_DELETE:
        finish_delete(job, error);
        break;
    case MANAGER_JOB_RESTART:
        run_begin(job);
        break;
    default:
        // Its own worker comes back with an error.
        break;
    }
}

static void release_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Instance *instance = user_data;
    Manager *manager = instance->manager;
    const Outcome *outcome = decide(instance);
    g_autofree char *message = g_strdup(outcome->message);

    // What libvirt says of a QEMU that was killed as meant is that it ended unexpectedly.
    if (instance->end_detail && *instance->end_detail && outcome->phase == API_VMI_PHASE_FAILED &&
        outcome != &killed_late) {
        g_free(message);
        message = g_strdup_printf("%s: %s", outcome->message, instance->end_detail);
    }
    // What could not be released now is released before the next start, or swept when vmid starts; until then nobody else gets the
    // user id, or the CPUs that its QEMU may still run on.
    if (error) {
        instance_add_event(instance, TRUE, "Problem", "not all of the run could be cleaned up: %s",
                           error->message);
        g_free(instance->left);
        instance->left = g_strdup(instance->public.run->domain_uuid);
    } else {
        instance_give_back(instance);
    }
    manager_set_guest_problem(manager, instance_namespace(instance), instance_name(instance), NULL);
    instance->releasing = FALSE;
    instance->ended = FALSE;
    g_clear_pointer(&instance->end_detail, g_free);
    g_clear_pointer(&instance->public.console, guest_console_free);
    g_clear_pointer(&instance->leader, guest_leader_free);
    g_clear_pointer(&instance->public.run, guest_run_free);
    instance->stop = (InstanceStop){ 0 };
    status_clear_run(instance_vmi(instance));
    status_set_paused(instance_vmi(instance), NULL, NULL, g_get_real_time());
    g_clear_pointer(&instance->io_error, g_free);
    instance->public.paused_since = 0;
    instance_enter(instance, outcome->phase, outcome->phase == API_VMI_PHASE_FAILED,
                   outcome->reason, message);
    delete_marked_claims(manager);
    continue_job(instance, error);
    drain_check(manager);
}

static void push_release(Instance *instance, const WorkerTask *task, const char *domain_uuid)
{
    Manager *manager = instance->manager;
    ReleaseInput *input = g_new0(ReleaseInput, 1);

    input->host = manager->host;
    input->storage = &manager->storage;
    input->namespace = g_strdup(instance_namespace(instance));
    input->name = g_strdup(instance_name(instance));
    input->domain_uuid = g_strdup(domain_uuid);
    worker_pool_push(manager->releasers, task, input, NULL, instance);
}

static void release(Instance *instance)
{
    static const WorkerTask task = {
        .run = release_run,
        .done = release_done,
        .input_free = release_input_free,
    };

    instance->releasing = TRUE;
    push_release(instance, &task, instance->public.run->domain_uuid);
}

static void left_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Instance *instance = user_data;

    if (!error) {
        g_clear_pointer(&instance->left, g_free);
        instance_give_back(instance);
    }
    finish_delete(instance->public.job, error);
}

void end_delete(ManagerJob *job)
{
    static const WorkerTask task = {
        .run = release_run,
        .done = left_done,
        .input_free = release_input_free,
    };

    if (job->instance->left)
        push_release(job->instance, &task, job->instance->left);
    else
        finish_delete(job, NULL);
}

void end_guest(Instance *instance, GuestEnd end, const char *detail)
{
    if (!instance->public.run || instance->ended)
        return;
    instance->ended = TRUE;
    instance->end = end;
    instance->end_detail = g_strdup(detail);
    g_clear_handle_id(&instance->stop.timer, g_source_remove);
    g_clear_handle_id(&instance->scope_timer, g_source_remove);
    if (instance->run_readers == 0)
        release(instance);
}

void end_reader_done(Instance *instance)
{
    instance->run_readers--;
    if (instance->ended && !instance->releasing && instance->run_readers == 0)
        release(instance);
}
