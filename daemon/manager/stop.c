// SPDX-License-Identifier: LGPL-2.1-or-later
// Stopping; see stop.h. The end itself is reported by libvirt and handled in end.c; this file only brings it about.
#include "manager/stop.h"

#include "api/defaults.h"
#include "base/error.h"
#include "manager/end.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/run.h"
#include "manager/status.h"

enum {
    // A guest that is still in its firmware or boot loader misses the button: it is pressed again now and then.
    ASK_AGAIN_SECONDS = 5,
    // libvirt notices a killed QEMU at once; should it not, the run is ended without it.
    NOTICE_SECONDS = 10,
};

// ---- asking ----------------------------------------------------------------------------------------------------

typedef struct {
    GuestHost *host;
    char *domain_uuid;
    GuestAsk ask;
    gboolean resume; // a paused guest cannot shut down
} AskInput;

static void ask_input_free(gpointer data)
{
    AskInput *self = data;

    g_free(self->domain_uuid);
    g_free(self);
}

static gpointer ask_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const AskInput *input = data;

    return GINT_TO_POINTER(
        (!input->resume || guest_pause(input->host, input->domain_uuid, FALSE, error)) &&
        guest_shutdown(input->host, input->domain_uuid, input->ask, error));
}

static void kill_guest(Instance *instance);

static void ask_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Instance *instance = user_data;
    InstanceStop *stop = &instance->stop;
    GuestAsk ask = ((const AskInput *)data)->ask;

    // It may be about a stop that is over.
    if (stop->asking[ask] == data) {
        stop->asking[ask] = NULL;
        // Few guests have an agent.
        if (error && ask != GUEST_ASK_AGENT && !stop->killed && !instance->ended) {
            instance_add_event(instance, TRUE, "Problem",
                               "the guest could not be asked to shut down and is killed: %s",
                               error->message);
            kill_guest(instance);
        }
    }
    end_reader_done(instance);
}

// One at a time of each kind: an agent that does not answer keeps nobody from pressing the button again.
static void ask_guest(Instance *instance, GuestAsk ask)
{
    static const WorkerTask task = {
        .run = ask_run,
        .done = ask_done,
        .input_free = ask_input_free,
    };
    AskInput *input = NULL;

    if (instance->stop.asking[ask])
        return;
    input = g_new0(AskInput, 1);
    instance->stop.asking[ask] = input;
    input->host = instance->manager->host;
    input->domain_uuid = g_strdup(instance->public.run->domain_uuid);
    input->ask = ask;
    input->resume = instance->public.run->paused && ask == GUEST_ASK_BUTTON;
    // The run, and with it the instance, stays until the answer is in.
    instance->run_readers++;
    worker_pool_push(instance->manager->askers, &task, input, NULL, instance);
}

static void ask_in_every_way(Instance *instance)
{
    for (GuestAsk ask = 0; ask < _GUEST_ASK_MAX; ask++)
        ask_guest(instance, ask);
}

// ---- killing ---------------------------------------------------------------------------------------------------

typedef struct {
    GuestHost *host;
    const GuestRun *run; // the instance's: counted in run_readers
} KillInput;

static gpointer kill_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const KillInput *input = data;

    return GINT_TO_POINTER(guest_kill(input->host, input->run, error));
}

static gboolean not_noticed(gpointer user_data)
{
    Instance *instance = user_data;

    instance->stop.timer = 0;
    end_guest(instance, GUEST_END_KILLED, NULL);
    return G_SOURCE_REMOVE;
}

static gboolean is_stop(const ManagerJob *job)
{
    return job->type == MANAGER_JOB_STOP || job->type == MANAGER_JOB_RESTART ||
           job->type == MANAGER_JOB_DELETE;
}

static void kill_failed(Instance *instance, const GError *error)
{
    ManagerJob *job = instance->public.job;

    instance->stop = (InstanceStop){ 0 };
    instance_add_event(instance, TRUE, "Problem", "the guest could not be killed: %s",
                       error->message);
    instance_changed(instance);
    // One that only was in the way comes back by itself.
    if (job && job->state == MANAGER_JOB_RUNNING && is_stop(job))
        job_finish(job, MANAGER_JOB_FAILED, error);
}

static void kill_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Instance *instance = user_data;

    instance->stop.killing = FALSE;
    if (error && !instance->ended)
        kill_failed(instance, error);
    else if (!instance->ended && instance->public.run->unreachable)
        end_guest(instance, GUEST_END_KILLED, NULL);
    else if (!instance->ended)
        instance->stop.timer = g_timeout_add_seconds(NOTICE_SECONDS, not_noticed, instance);
    end_reader_done(instance);
}

static void kill_guest(Instance *instance)
{
    static const WorkerTask task = {
        .run = kill_run,
        .done = kill_done,
        .input_free = g_free,
    };
    KillInput *input = NULL;

    if (instance->stop.killed || instance->ended)
        return;
    g_clear_handle_id(&instance->stop.timer, g_source_remove);
    instance->stop.killed = TRUE;
    instance->stop.killing = TRUE;
    instance->run_readers++;
    input = g_new0(KillInput, 1);
    input->host = instance->manager->host;
    input->run = instance->public.run;
    job_set_step(instance->public.job, "Killing the guest", 2, 2);
    worker_pool_push(instance->manager->askers, &task, input, NULL, instance);
}

// ---- waiting ---------------------------------------------------------------------------------------------------

static gboolean tick(gpointer user_data);

static void arm_timer(Instance *instance)
{
    gint64 left = instance->stop.deadline - g_get_monotonic_time();
    gint64 next = CLAMP(left, 0, (gint64)ASK_AGAIN_SECONDS * G_USEC_PER_SEC);

    instance->stop.timer = g_timeout_add((guint)((next + 999) / 1000), tick, instance);
}

static gboolean tick(gpointer user_data)
{
    Instance *instance = user_data;
    InstanceStop *stop = &instance->stop;

    stop->timer = 0;
    if (g_get_monotonic_time() >= stop->deadline) {
        stop->expired = TRUE;
        kill_guest(instance);
    } else {
        ask_in_every_way(instance);
        arm_timer(instance);
    }
    return G_SOURCE_REMOVE;
}

static guint64 grace_usec(const ManagerJob *job)
{
    if (job->force)
        return 0;
    if (job->timeout_usec > 0)
        return MIN(job->timeout_usec, (guint64)G_MAXINT64 / 4);
    return (guint64)api_vmi_grace_seconds(instance_vmi(job->instance)->spec) * G_USEC_PER_SEC;
}

// A VMI that waits for something, or whose start was cancelled, is over.
static void stop_waiting(Instance *instance)
{
    instance->waiting = FALSE;
    if (!status_is_final(instance_phase(instance)))
        instance_enter(instance, API_VMI_PHASE_FAILED, FALSE, "StartCancelled",
                       "the start was given up, as asked");
}

void stop_finish(ManagerJob *job)
{
    g_autoptr(GError) error = NULL;
    gboolean saved = instance_check_stop_saved(job->instance, &error);

    job_finish(job, saved ? MANAGER_JOB_DONE : MANAGER_JOB_FAILED, error);
}

static void nothing_runs(ManagerJob *job)
{
    switch (job->type) {
    case MANAGER_JOB_DELETE:
        end_delete(job);
        break;
    case MANAGER_JOB_RESTART:
        run_begin(job);
        break;
    default:
        stop_waiting(job->instance);
        stop_finish(job);
        break;
    }
}

void stop_begin(ManagerJob *job)
{
    Instance *instance = job->instance;
    guint64 grace = 0;

    if (!instance->public.run) {
        nothing_runs(job);
        return;
    }
    // It is ending by itself: the job goes on from there.
    if (instance->ended)
        return;
    grace = grace_usec(job);
    instance->stop = (InstanceStop){ 0 };
    // One that libvirt does not know cannot be asked.
    if (grace == 0 || instance->public.run->unreachable) {
        kill_guest(instance);
        return;
    }
    instance->stop.asked = TRUE;
    instance->stop.by_systemd = job->by_systemd;
    instance->stop.with_host = job->with_host;
    instance->stop.deadline = g_get_monotonic_time() + (gint64)grace;
    instance_add_event(instance, FALSE, "Stopping",
                       "the guest was asked to shut down and has %" G_GUINT64_FORMAT " s to do so",
                       grace / G_USEC_PER_SEC);
    job_set_step(job, "Waiting for the guest to shut down", 1, 2);
    instance_changed(instance);
    ask_in_every_way(instance);
    arm_timer(instance);
}

void stop_expedite(Instance *instance)
{
    ManagerJob *job = instance->public.job;

    // Any other job that runs, a pause or a hotplug, may wait for a QEMU that hangs: with its guest it ends as well.
    if (job && job->state == MANAGER_JOB_RUNNING && instance->public.run && !instance->starting)
        kill_guest(instance);
}

gboolean stop_give_up(Instance *instance)
{
    if (instance->stop.killed || instance->ended)
        return FALSE;
    g_clear_handle_id(&instance->stop.timer, g_source_remove);
    instance->stop = (InstanceStop){ 0 };
    return TRUE;
}
