// SPDX-License-Identifier: LGPL-2.1-or-later
// Start-up; see reconcile.h. Three steps: the runs that are there are found; every instance is settled; a worker removes
// what belongs to none. No job runs before all three are done, so that the sweep cannot meet a start.
#include "manager/reconcile.h"

#include "base/error.h"
#include "manager/boot-id.h"
#include "manager/delete-claim.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/manifests.h"
#include "manager/owner.h"
#include "manager/status.h"
#include "manager/unread.h"
#include "manager/want.h"

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
    runs_allow(self->runs);
    // Before manifests are applied that may bring them anew.
    delete_marked_claims(self);
    reconcile_complete(self);
    if (!self->complete)
        manager_set_ready(self);
}

static void on_manifests_applied(const GError *error, gpointer user_data)
{
    Manager *self = user_data;
    g_autoptr(GError) boot_error = NULL;

    // Last: until then a vmid that is killed settles, and starts what the manifests say, once more.
    if (!boot_id_store(self->config->state_directory, self->boot_id, &boot_error))
        manager_add_problem(self, "the boot id could not be saved: %s", boot_error->message);
    if (!self->ready)
        manager_set_ready(self);
}

void reconcile_complete(Manager *self)
{
    if (self->complete || !self->swept || unread_any(self))
        return;
    self->complete = TRUE;
    owner_take_undefined(self);
    runs_owners_known(self->runs);
    manager_ensure_default_namespace(self);
    manifests_apply(self, on_manifests_applied, self);
}

// ---- settling --------------------------------------------------------------------------------------------------

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

// What is left of a run that nobody wrote down, when its names are nobody else's. Owned, or NULL.
static char *settle_one(Instance *instance)
{
    const Manager *self = instance->manager;
    char *lost = NULL;

    want_take_up(instance);
    if (!instance_run(instance) && settle(instance) &&
        !runs_lookup(self->runs, instance_namespace(instance), instance_name(instance)))
        lost = g_strconcat(instance_namespace(instance), "/", instance_name(instance), NULL);
    if (instance_is_deleted(instance) && !job_find(instance, MANAGER_JOB_DELETE))
        job_new(instance, MANAGER_JOB_DELETE);
    return lost;
}

static void settle_all(Manager *self, SweepInput *input)
{
    g_autoptr(GPtrArray) instances = manager_instances(self);
    g_autoptr(GPtrArray) runs = runs_all(self->runs);

    for (guint i = 0; i < runs->len; i++) {
        const ApiRunOwner *owner = run_record(g_ptr_array_index(runs, i))->owner;

        g_hash_table_add(input->keep, g_strconcat(owner->namespace, "/", owner->name, NULL));
    }
    for (guint i = 0; i < instances->len; i++) {
        char *lost = settle_one(g_ptr_array_index(instances, i));

        if (lost)
            g_ptr_array_add(input->lost, lost);
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

static void found(const GError *error, gpointer user_data)
{
    static const WorkerTask task = {
        .run = sweep_run,
        .done = sweep_done,
        .input_free = sweep_input_free,
    };
    Manager *self = user_data;
    SweepInput *input = NULL;

    if (error) {
        try_again(self, error);
        return;
    }
    input = sweep_input_new(self);
    manager_set_host_problem(self, NULL);
    settle_all(self, input);
    owner_take_undefined(self);
    worker_pool_push(self->workers, &task, input, self->closing, self);
}

void reconcile_begin(Manager *self)
{
    runs_find_all(self->runs, self->bus, found);
}

// ---- what was read later ---------------------------------------------------------------------------------------

static void late_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Instance *instance = user_data;

    add_problems(instance->manager, data);
    instance->sweeping = FALSE;
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
    instance->sweeping = TRUE;
    worker_pool_push(self->workers, &task, input, self->closing, instance);
}

// The run that nobody's definition was known of.
static Run *find_run(const Instance *instance)
{
    const ApiObjectMeta *meta = instance_vmi(instance)->metadata;
    Run *run = runs_lookup(instance->manager->runs, meta->namespace, meta->name);
    const char *uid = run ? run_record(run)->owner->uid : NULL;

    return run && !run_owner(run) && (!uid || g_strcmp0(uid, meta->uid) == 0) ? run : NULL;
}

void reconcile_late(Instance *instance)
{
    Manager *self = instance->manager;
    Run *run = self->settled ? find_run(instance) : NULL;
    g_autofree char *lost = NULL;

    if (!self->settled)
        return;
    if (run)
        owner_adopt(instance, run);
    lost = settle_one(instance);
    if (lost)
        release_lost(instance);
    // What was not released while it was not known whose it is.
    runs_owners_known(self->runs);
}
