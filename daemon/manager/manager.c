// SPDX-License-Identifier: LGPL-2.1-or-later
// The manager's life: loading, starting, state and problems; see manager.h. What it does with objects is in the files
// of their own names.
#include "manager/private.h"

#include <malloc.h>
#include <syslog.h>

#include "base/error.h"
#include "manager/boot-id.h"
#include "manager/change.h"
#include "manager/claims.h"
#include "manager/delete-children.h"
#include "manager/guest-users.h"
#include "manager/host.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/kind.h"
#include "manager/log.h"
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

// ---- times -----------------------------------------------------------------------------------------------------

char *manager_format_time(gint64 usec)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(usec / G_USEC_PER_SEC);

    return g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
}

gint64 manager_parse_time(const char *text)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = text ? g_date_time_new_from_iso8601(text, utc) : NULL;

    return time ? g_date_time_to_unix(time) * G_USEC_PER_SEC : 0;
}

// ---- state -----------------------------------------------------------------------------------------------------

typedef struct {
    char *topic, *text;
} PassingProblem;

static void passing_problem_free(gpointer data)
{
    PassingProblem *self = data;

    g_free(self->topic);
    g_free(self->text);
    g_free(self);
}

static void problems_changed(Manager *self, const char *news)
{
    const LogContext context = { .reason = "Problem" };

    g_ptr_array_set_size(self->problems, 0);
    if (self->host_problem)
        g_ptr_array_add(self->problems, g_strdup(self->host_problem));
    for (guint i = 0; i < self->passing_problems->len; i++)
        g_ptr_array_add(self->problems,
                        g_strdup(((const PassingProblem *)self->passing_problems->pdata[i])->text));
    for (guint i = 0; i < self->standing_problems->len; i++)
        g_ptr_array_add(self->problems, g_strdup(g_ptr_array_index(self->standing_problems, i)));
    if (news)
        log_message(LOG_WARNING, &context, news);
    if (self->observer.state_changed)
        self->observer.state_changed(self->observer_data);
}

void manager_add_problem(Manager *self, const char *format, ...)
{
    char *text = NULL;
    va_list ap;

    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    g_ptr_array_add(self->standing_problems, text);
    problems_changed(self, text);
}

void manager_set_problem(Manager *self, const char *topic, const char *problem)
{
    PassingProblem *passing = NULL;
    guint at = 0;

    while (at < self->passing_problems->len &&
           !g_str_equal(((PassingProblem *)self->passing_problems->pdata[at])->topic, topic))
        at++;
    if (at < self->passing_problems->len)
        passing = self->passing_problems->pdata[at];
    if (g_strcmp0(passing ? passing->text : NULL, problem) == 0)
        return;
    if (passing)
        g_ptr_array_remove_index(self->passing_problems, at);
    if (problem) {
        passing = g_new0(PassingProblem, 1);
        passing->topic = g_strdup(topic);
        passing->text = g_strdup(problem);
        g_ptr_array_add(self->passing_problems, passing);
    }
    problems_changed(self, problem);
}

void manager_set_guest_problem(Manager *self, const char *namespace, const char *name,
                               const char *problem)
{
    g_autofree char *topic = g_strdup_printf("guest %s/%s", namespace, name);

    manager_set_problem(self, topic, problem);
}

void manager_set_host_problem(Manager *self, const char *problem)
{
    if (g_strcmp0(self->host_problem, problem) == 0)
        return;
    g_free(self->host_problem);
    self->host_problem = g_strdup(problem);
    problems_changed(self, problem);
    if (problem)
        job_explain_wait(self);
}

void manager_set_ready(Manager *self)
{
    g_autoptr(GPtrArray) instances = manager_instances(self);

    self->ready = TRUE;
    if (self->observer.state_changed)
        self->observer.state_changed(self->observer_data);
    for (guint i = 0; i < instances->len; i++)
        job_schedule(g_ptr_array_index(instances, i));
    delete_children_resume(self);
}

gboolean manager_check_ready(const Manager *self, GError **error)
{
    if (self->ready)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_BUSY, "vmid is not ready yet: %s",
                self->host_problem ? self->host_problem : "try again in a moment");
    return FALSE;
}

const char *manager_state(const Manager *self)
{
    if (self->problems->len > 0 && (self->ready || self->host_problem))
        return "degraded";
    return self->ready ? "running" : "starting";
}

const GPtrArray *manager_problems(const Manager *self)
{
    return self->problems;
}

GPtrArray *manager_values(GHashTable *table)
{
    // g_hash_table_get_values_as_ptr_array() of GLib 2.76.
    GPtrArray *values = g_ptr_array_sized_new(g_hash_table_size(table));
    GHashTableIter iter;
    gpointer value = NULL;

    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(values, value);
    return values;
}

void manager_hold(Manager *self)
{
    if (self->observer.hold)
        self->observer.hold(self->observer_data);
}

void manager_release(Manager *self)
{
    if (self->observer.release)
        self->observer.release(self->observer_data);
}

// ---- objects that others hold ----------------------------------------------------------------------------------

ManagerInstance *manager_instance(Manager *self, const char *namespace, const char *name)
{
    Instance *instance = instance_find(self, namespace, name);

    return (ManagerInstance *)(instance ? instance : undefined_find(self, namespace, name));
}

GPtrArray *manager_instances(Manager *self)
{
    GPtrArray *all = manager_values(self->instances);
    GHashTableIter iter;
    gpointer key = NULL, value = NULL;

    g_hash_table_iter_init(&iter, self->undefined);
    while (g_hash_table_iter_next(&iter, &key, &value))
        if (!g_hash_table_contains(self->instances, key))
            g_ptr_array_add(all, value);
    return all;
}

void manager_observe(Manager *self, const ManagerObserver *observer, gpointer user_data)
{
    self->observer = *observer;
    self->observer_data = user_data;
}

// ---- life ------------------------------------------------------------------------------------------------------

void manager_ensure_default_namespace(Manager *self)
{
    const ApiKindInfo *info = api_kind_find("Namespace");
    const char *name = object_namespace_or_default(NULL);
    ApiObject *object = NULL;
    ApiObjectMeta *meta = NULL;

    if (objects_get(self->objects, info, NULL, name) || unread_covers(self, info, NULL, name))
        return;
    object = api_object_new(info);
    meta = api_object_meta(object);
    meta->name = g_strdup(name);
    meta->uid = g_uuid_string_random();
    meta->creation_timestamp = manager_format_time(g_get_real_time());
    objects_put(self->objects, object);
    saving_save(self, object);
}

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
    self->standing_problems = g_ptr_array_new_with_free_func(g_free);
    self->passing_problems = g_ptr_array_new_with_free_func(passing_problem_free);
    self->problems = g_ptr_array_new_with_free_func(g_free);
    saving_init(self);
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
