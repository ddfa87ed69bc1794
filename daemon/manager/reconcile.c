// SPDX-License-Identifier: LGPL-2.1-or-later
// Start-up; see reconcile.h. Three steps: the runs that are there are found; every instance is settled; a worker removes
// what belongs to none. No job runs before all three are done, so that the sweep cannot meet a start.
#include "manager/reconcile.h"

#include "base/error.h"
#include "manager/boot-id.h"
#include "manager/delete-claim.h"
#include "manager/instance.h"
#include "manager/manifests.h"
#include "manager/owner.h"
#include "manager/settle.h"
#include "manager/sweep.h"
#include "manager/unread.h"

enum {
    RETRY_SECONDS = 10,
};

static void sweep_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Manager *self = user_data;

    sweep_add_problems(self, data);
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

static void settle_all(Manager *self, SweepInput *input)
{
    g_autoptr(GPtrArray) instances = manager_instances(self);
    g_autoptr(GPtrArray) runs = runs_all(self->runs);

    for (guint i = 0; i < runs->len; i++) {
        const ApiRunOwner *owner = run_record(g_ptr_array_index(runs, i))->owner;

        g_hash_table_add(input->keep, g_strconcat(owner->namespace, "/", owner->name, NULL));
    }
    for (guint i = 0; i < instances->len; i++) {
        char *lost = settle_instance(g_ptr_array_index(instances, i));

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
