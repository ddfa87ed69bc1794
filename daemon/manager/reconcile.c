// SPDX-License-Identifier: LGPL-2.1-or-later
// Start-up; see reconcile.h. Three steps: a worker adopts what runs; the main thread settles every instance; a worker removes
// what belongs to none. No job runs before all three are done, so that the sweep cannot meet a start.
#include "manager/reconcile.h"

#include "base/error.h"
#include "manager/boot-id.h"
#include "manager/delete-claim.h"
#include "manager/end.h"
#include "manager/host.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/manifests.h"
#include "manager/run.h"
#include "manager/status.h"
#include "manager/stray.h"
#include "manager/unread.h"

enum {
    RETRY_SECONDS = 10,
};

// ---- removing what belongs to nobody ---------------------------------------------------------------------------

typedef struct {
    GuestHost *host;
    const StorageConfig *storage;
    GPtrArray *lost;     // "namespace/name" of instances whose guest is gone: released
    GHashTable *keep;    // "namespace/name" whose scratch directory stays
    gboolean all;        // what belongs to nobody as well: it is known who there is
    GPtrArray *problems; // char *, filled by the worker
} SweepInput;

static void sweep_input_free(gpointer data)
{
    SweepInput *self = data;

    g_ptr_array_unref(self->lost);
    g_hash_table_unref(self->keep);
    g_ptr_array_unref(self->problems);
    g_free(self);
}

static void note(SweepInput *input, const char *what, GError **error)
{
    g_ptr_array_add(input->problems, g_strdup_printf("%s: %s", what, (*error)->message));
    g_clear_error(error);
}

static void sweep_lost(SweepInput *input, const char *key)
{
    g_auto(GStrv) parts = g_strsplit(key, "/", 2);
    g_autoptr(GError) error = NULL;

    if (!guest_release(input->host, input->storage, parts[0], parts[1], NULL, &error))
        note(input, key, &error);
}

static gpointer sweep_run(gpointer data, GCancellable *cancellable, GError **error)
{
    SweepInput *input = data;
    g_autoptr(GError) sweep_error = NULL;

    for (guint i = 0; i < input->lost->len; i++)
        sweep_lost(input, g_ptr_array_index(input->lost, i));
    if (!input->all)
        return NULL;
    if (storage_sweep(input->storage, input->keep, &sweep_error) < 0)
        note(input, "left-over scratch files could not be removed", &sweep_error);
    if (!storage_trash_empty(input->storage, &sweep_error))
        note(input, "the data of deleted claims could not be removed", &sweep_error);
    return NULL;
}

static void add_problems(Manager *self, const SweepInput *input)
{
    for (guint i = 0; i < input->problems->len; i++)
        manager_add_problem(self, "%s", (const char *)g_ptr_array_index(input->problems, i));
}

static void sweep_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Manager *self = user_data;

    add_problems(self, data);
    self->swept = TRUE;
    // Before manifests are applied that may bring them anew.
    delete_marked_claims(self);
    reconcile_complete(self);
    manager_set_ready(self);
}

void reconcile_complete(Manager *self)
{
    g_autoptr(GError) boot_error = NULL;

    if (self->complete || !self->swept || unread_any(self))
        return;
    self->complete = TRUE;
    stray_forget_unread(self);
    manager_ensure_default_namespace(self);
    manifests_apply(self);
    // Last: until then a vmid that is killed settles, and starts what the manifests say, once more.
    if (!boot_id_store(self->config->state_directory, self->boot_id, &boot_error))
        manager_add_problem(self, "the boot id could not be saved: %s", boot_error->message);
}

// ---- settling --------------------------------------------------------------------------------------------------

// libvirt's record of it could not be read. To end it for that would lose what the guest has in its memory.
static void tell_unreachable(Instance *instance)
{
    g_autofree char *message =
        g_strdup_printf("QEMU (pid %d) runs, but libvirt has lost what it knew of it: the guest is "
                        "left alone until "
                        "it ends or is stopped, which kills it; restarting vmid tries once more",
                        instance->public.run->pid);
    g_autofree char *problem =
        g_strdup_printf("the guest \"%s/%s\" runs, and libvirt has lost what it knew of it",
                        instance_namespace(instance), instance_name(instance));

    instance_enter(instance, API_VMI_PHASE_UNKNOWN, TRUE, "GuestUnreachable", message);
    manager_set_guest_problem(instance->manager, instance_namespace(instance),
                              instance_name(instance), problem);
}

static void adopt(Instance *instance, GuestRun *run)
{
    gboolean known = instance_phase(instance) == API_VMI_PHASE_RUNNING;

    instance_reserve_adopted(instance, run);
    run_publish(instance, run);
    if (run->unreachable)
        tell_unreachable(instance);
    else
        instance_add_event(instance, FALSE, known ? "Adopted" : "Started", "%s",
                           known ? "the guest was found running" : "the guest runs");
    // It may have been paused meanwhile.
    if (!known || run->paused)
        instance_save_or_warn(instance);
    instance_changed(instance);
    host_take_end(instance);
}

// A VMI whose guest is not there. Returns whether something of a run may be left over.
static gboolean settle(Instance *instance)
{
    switch (instance_phase(instance)) {
    case API_VMI_PHASE_RUNNING:
    case API_VMI_PHASE_SCHEDULED:
    case API_VMI_PHASE_UNKNOWN:
        status_clear_run(instance_vmi(instance));
        if (instance->manager->new_boot)
            instance_enter(instance, API_VMI_PHASE_FAILED, TRUE, "HostRebooted",
                           "the host was booted while the guest ran");
        else
            instance_enter(instance, API_VMI_PHASE_FAILED, TRUE, "GuestLost",
                           "the guest ended while vmid was not running");
        return TRUE;
    case API_VMI_PHASE_UNSET:
    case API_VMI_PHASE_PENDING:
    case API_VMI_PHASE_SCHEDULING: {
        gboolean half_done = instance_phase(instance) == API_VMI_PHASE_SCHEDULING;

        instance_set_phase(instance, API_VMI_PHASE_PENDING, NULL, NULL);
        // One that was applied a moment ago has its job already.
        if (!instance_is_deleted(instance) && !job_find(instance, MANAGER_JOB_START))
            job_new(instance, MANAGER_JOB_START);
        return half_done;
    }
    case API_VMI_PHASE_SUCCEEDED:
    case API_VMI_PHASE_FAILED:
        break;
    }
    return FALSE;
}

static void settle_all(Manager *self, SweepInput *input)
{
    g_autoptr(GPtrArray) instances = manager_instances(self);

    for (guint i = 0; i < instances->len; i++) {
        Instance *instance = g_ptr_array_index(instances, i);
        g_autofree char *key =
            g_strconcat(instance_namespace(instance), "/", instance_name(instance), NULL);

        if (instance->public.run)
            g_hash_table_add(input->keep, g_steal_pointer(&key));
        else if (settle(instance) && stray_check_name(instance, NULL))
            g_ptr_array_add(input->lost, g_steal_pointer(&key));
        if (instance_is_deleted(instance) && !job_find(instance, MANAGER_JOB_DELETE))
            job_new(instance, MANAGER_JOB_DELETE);
    }
    self->settled = TRUE;
}

static gboolean retry(gpointer user_data)
{
    Manager *self = user_data;

    self->retry_timer = 0;
    reconcile_begin(self);
    return G_SOURCE_REMOVE;
}

// Without knowing what runs nothing may be touched.
static void try_again(Manager *self, const GError *error)
{
    manager_set_host_problem(self, error->message);
    self->retry_timer = g_timeout_add_seconds(RETRY_SECONDS, retry, self);
}

static SweepInput *sweep_input_new(Manager *self)
{
    SweepInput *input = g_new0(SweepInput, 1);

    input->host = self->host;
    input->storage = &self->storage;
    input->lost = g_ptr_array_new_with_free_func(g_free);
    input->keep = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    // What looks like nobody's may be that of a definition that could not be read; then it waits for the next start.
    input->all = !unread_any(self);
    input->problems = g_ptr_array_new_with_free_func(g_free);
    return input;
}

// Its scratch files stay its own. Takes RUN over.
static void leave_alone(Manager *self, GuestRun *run, SweepInput *input)
{
    g_hash_table_add(input->keep, g_strconcat(run->namespace, "/", run->name, NULL));
    stray_add(self, run);
}

// Takes the elements of RUNS over.
static void match(Manager *self, GPtrArray *runs, SweepInput *input)
{
    while (runs->len > 0) {
        GuestRun *run = g_ptr_array_steal_index_fast(runs, runs->len - 1);
        Instance *instance = run->object_uid ? instance_find_by_uid(self, run->object_uid)
                                             : instance_find(self, run->namespace, run->name);

        if (!instance)
            leave_alone(self, run, input);
        else if (instance->public.run)
            guest_run_free(run); // known from an earlier attempt
        else
            adopt(instance, run);
    }
}

static void end_if_dead(Instance *instance)
{
    const GuestRun *run = instance->public.run;

    if (run && guest_run_is_gone(run))
        end_guest(instance, run->unreachable ? GUEST_END_UNSEEN : GUEST_END_CRASHED, NULL);
}

// Guests that ended after they were listed and before their events were heard.
static void check_alive(Manager *self)
{
    g_autoptr(GPtrArray) instances = manager_instances(self);

    for (guint i = 0; i < instances->len; i++)
        end_if_dead(g_ptr_array_index(instances, i));
    stray_check_alive(self);
}

static void adopt_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    static const WorkerTask task = {
        .run = sweep_run,
        .done = sweep_done,
        .input_free = sweep_input_free,
    };
    Manager *self = user_data;
    g_autoptr(GPtrArray) runs = result;
    g_autoptr(GError) watch_error = NULL;
    SweepInput *input = NULL;

    if (!runs) {
        try_again(self, error);
        return;
    }
    input = sweep_input_new(self);
    match(self, runs, input);
    if (!host_watch(self, &watch_error)) {
        try_again(self, watch_error);
        sweep_input_free(input);
        return;
    }
    check_alive(self);
    manager_set_host_problem(self, NULL);
    settle_all(self, input);
    worker_pool_push(self->workers, &task, input, self->closing, self);
}

static gpointer adopt_run(gpointer data, GCancellable *cancellable, GError **error)
{
    return guest_adopt_all(data, error);
}

static void runs_free(gpointer runs)
{
    g_ptr_array_unref(runs);
}

void reconcile_begin(Manager *self)
{
    static const WorkerTask task = {
        .run = adopt_run,
        .done = adopt_done,
        .result_free = runs_free,
    };

    worker_pool_push(self->workers, &task, self->host, self->closing, self);
}

// ---- what was read later ---------------------------------------------------------------------------------------

static void late_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Instance *instance = user_data;

    add_problems(instance->manager, data);
    instance->releasing = FALSE;
    job_schedule(instance);
}

static void release_lost(Instance *instance)
{
    static const WorkerTask task = {
        .run = sweep_run,
        .done = late_done,
        .input_free = sweep_input_free,
    };
    Manager *self = instance->manager;
    SweepInput *input = sweep_input_new(self);

    input->all = FALSE;
    g_ptr_array_add(input->lost,
                    g_strconcat(instance_namespace(instance), "/", instance_name(instance), NULL));
    // No job before that is done.
    instance->releasing = TRUE;
    worker_pool_push(self->releasers, &task, input, self->closing, instance);
}

void reconcile_late(Instance *instance)
{
    Manager *self = instance->manager;
    GuestRun *run = NULL;

    if (!self->settled)
        return;
    run = stray_take(self, instance_vmi(instance)->metadata);
    if (run) {
        adopt(instance, run);
        end_if_dead(instance);
    } else if (settle(instance) && stray_check_name(instance, NULL)) {
        release_lost(instance);
    }
    if (instance_is_deleted(instance) && !job_find(instance, MANAGER_JOB_DELETE))
        job_new(instance, MANAGER_JOB_DELETE);
}
