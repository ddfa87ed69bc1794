// SPDX-License-Identifier: LGPL-2.1-or-later
// The manager's life: loading, starting, state and problems; see manager.h. What it does with objects is in the files
// of their own names.
#include "manager/private.h"

#include <malloc.h>

#include "base/error.h"
#include "manager/boot-id.h"
#include "manager/change.h"
#include "manager/claims.h"
#include "manager/delete-children.h"
#include "manager/delete-claim.h"
#include "manager/guest-users.h"
#include "manager/host.h"
#include "manager/instance.h"
#include "manager/job-types.h"
#include "manager/job.h"
#include "manager/kind.h"
#include "manager/saving.h"
#include "manager/owner.h"
#include "manager/undefined.h"
#include "manager/unread.h"
#include "objects/object.h"

enum {
    CLAIM_TOLERANCE_PERCENT = 10, // KubeVirt's default
    // At the end of vmid, which has 90 s for it: how long it waits for work to be finished or undone, and for an answer of a guest.
    WORK_MSEC = 20 * 1000,
    ASK_MSEC = 2 * 1000,
};

// Takes OBJECT over.
static void enter(Manager *self, ApiObject *object)
{
    const Kind *kind = kind_of(object->info);

    objects_put(self->objects, object);
    if (kind->enter)
        kind->enter(self, object);
}

static void reconcile(ApiObject *object, gpointer user_data)
{
    Manager *self = user_data;
    const Kind *kind = kind_of(object->info);

    manager_hold(self);
    if (kind->owns && api_object_meta(object)->deletion_timestamp)
        delete_children(self, object);
    else if (kind->reconcile)
        kind->reconcile(self, object);
    manager_release(self);
}

gboolean manager_load(Manager *self, GError **error)
{
    g_autofree char *root = g_build_filename(self->config->state_directory, "objects", NULL);
    g_auto(StoreContents) contents = { 0 };
    Store *store = store_open(root, error);

    if (!store)
        return FALSE;
    store_load(store, &contents);
    self->writer = store_writer_new(store);
    for (guint i = 0; i < contents.problems->len; i++)
        manager_add_problem(self, "%s", (const char *)g_ptr_array_index(contents.problems, i));
    unread_set(self, g_steal_pointer(&contents.unread));
    while (contents.objects->len > 0) {
        ApiObject *object =
            g_ptr_array_steal_index_fast(contents.objects, contents.objects->len - 1);

        enter(self, object);
    }
    // Parsing a thousand files leaves as much free heap behind as the objects take.
    malloc_trim(0);
    manager_ensure_default_namespace(self);
    return TRUE;
}

static void setup_storage(Manager *self)
{
    self->storage.layout.state = self->config->state_directory;
    self->storage.layout.run = self->config->runtime_directory;
    self->storage.host_disk_roots = (const char *const *)self->config->host_disk_paths;
    self->storage.claim_tolerance_percent = CLAIM_TOLERANCE_PERCENT;
}

// When it cannot be told, guests that were stopped stay so.
static void compare_boot_id(Manager *self)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *stored = boot_id_read_stored(self->config->state_directory, &error);

    self->boot_id = boot_id_read_current();
    self->new_boot = stored && *self->boot_id && !g_str_equal(self->boot_id, stored);
    if (!stored)
        manager_add_problem(self, "whether the host was booted cannot be told: %s", error->message);
}

static void make_runs(Manager *self)
{
    const RunsConfig config = {
        .storage = &self->storage,
        .forward_address = self->config->forward_address,
        .register_machines = self->config->register_machines,
        .starts = self->config->workers,
        .uid_first = self->config->uid_first,
        .uid_count = self->config->uid_count,
    };

    self->runs = runs_new(&config, &owner_of_runs, self);
}

Manager *manager_new(const Config *config)
{
    Manager *self = g_new0(Manager, 1);

    self->config = config;
    setup_storage(self);
    self->node_name = g_strdup(g_get_host_name());
    self->objects = objects_new();
    self->queue = queue_new(self->objects, reconcile, self);
    self->host_ports = g_hash_table_new(NULL, NULL);
    self->instances =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)instance_free);
    self->undefined =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)instance_free);
    self->jobs = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)job_free);
    self->binding = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->any_marked = TRUE;
    self->rebinding = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    manager_init_problems(self);
    saving_init(self);
    self->begin_job = job_types_begin;
    self->job_over = delete_marked_claims;
    self->tell_unsaved = instance_tell_unsaved;
    self->closing = g_cancellable_new();
    self->workers = worker_pool_new(config->workers);
    make_runs(self);
    compare_boot_id(self);
    return self;
}

void manager_open_host(Manager *self)
{
    host_open(self);
}

gboolean manager_close(Manager *self)
{
    gboolean in_time;

    // What runs goes on running; a start that is under way is undone.
    self->observer = (ManagerObserver){ 0 };
    g_clear_handle_id(&self->retry_timer, g_source_remove);
    g_clear_handle_id(&self->drain_timer, g_source_remove);
    g_clear_handle_id(&self->unread_timer, g_source_remove);
    g_clear_handle_id(&self->save_timer, g_source_remove);
    g_clear_handle_id(&self->events_timer, g_source_remove);
    g_clear_handle_id(&self->freed_source, g_source_remove);
    queue_close(self->queue);
    if (self->writer)
        saving_try_all(self);
    g_cancellable_cancel(self->closing);
    in_time = runs_close(self->runs, WORK_MSEC, ASK_MSEC);
    in_time = worker_pool_close(self->workers, WORK_MSEC) && in_time;
    return (!self->writer || store_writer_close(self->writer, WORK_MSEC)) && in_time;
}

void manager_free(Manager *self)
{
    if (!self)
        return;
    (void)!manager_close(self);
    worker_pool_free(self->workers);
    g_clear_pointer(&self->writer, store_writer_free);
    change_clear(self);
    saving_clear(self);
    g_clear_pointer(&self->unread, g_ptr_array_unref);
    g_hash_table_unref(self->jobs);
    g_hash_table_unref(self->instances);
    g_hash_table_unref(self->host_ports);
    g_hash_table_unref(self->undefined);
    queue_free(self->queue);
    objects_free(self->objects);
    g_clear_pointer(&self->claim_watch, claim_watch_free);
    g_hash_table_unref(self->binding);
    g_hash_table_unref(self->rebinding);
    runs_free(self->runs);
    g_clear_pointer(&self->host, guest_host_close);
    g_ptr_array_unref(self->standing_problems);
    g_ptr_array_unref(self->passing_problems);
    g_ptr_array_unref(self->problems);
    g_object_unref(self->closing);
    g_free(self->host_problem);
    g_free(self->node_name);
    g_free(self->boot_id);
    g_free(self);
}

void manager_start(Manager *self, struct sd_bus *bus)
{
    g_autoptr(GError) error = NULL;

    self->started = TRUE;
    self->bus = bus;
    if (!storage_setup(&self->storage, &error))
        manager_add_problem(self, "%s", error->message);
    claims_bind_all(self);
    guest_users_begin_check(self);
}
