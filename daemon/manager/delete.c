// SPDX-License-Identifier: LGPL-2.1-or-later
// Removing objects; see delete.h. A VMI's deletionTimestamp is on disk before its guest is stopped, so that a vmid
// that is killed halfway goes on where it was.
#include "manager/delete.h"

#include "base/error.h"
#include "manager/change.h"
#include "manager/delete-claim.h"
#include "manager/host-ports.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/saving.h"
#include "manager/undefined.h"
#include "manager/unread.h"
#include "manager/want.h"
#include "objects/object.h"

static void forget_instance(ManagerJob *job)
{
    Instance *instance = job->instance;
    Manager *manager = instance->manager;
    g_autofree char *key = g_strconcat(job->namespace, "/", job->name, NULL);
    ApiObject *object = instance->public.object;
    gpointer own_key = NULL;

    g_hash_table_steal_extended(manager->instances, key, &own_key, NULL);
    g_free(own_key);
    host_ports_forget(instance);
    g_queue_remove(&instance->jobs, job);
    instance->public.job = NULL;
    if (manager->host)
        guest_forget(manager->host, job->namespace, job->name);
    manager_emit(manager, instance_removed, &instance->public);
    job->instance = NULL;
    job_finish(job, MANAGER_JOB_DONE, NULL);
    objects_remove(manager->objects, object);
    instance_free(instance);
}

static void on_definition_gone(const GError *error, gpointer user_data)
{
    ManagerJob *job = user_data;

    if (!error) {
        forget_instance(job);
        return;
    }
    // It stays marked: what brings the mark back to disk goes on with the deletion, as does the next start of vmid.
    instance_add_event(job->instance, TRUE, "Problem", "the definition could not be removed: %s",
                       error->message);
    job_finish(job, MANAGER_JOB_FAILED, error);
}

// A run that has just ended goes before the disk answers; until then JOB says that the deletion is under way.
void delete_finish(ManagerJob *job)
{
    saving_delete(job->instance->manager, job->instance->public.object, FALSE, on_definition_gone,
                  job);
}

// ---- one of several changes ------------------------------------------------------------------------------------

typedef struct {
    Manager *manager;
    const ApiKindInfo *info;
    char *namespace, *name;
    char *uid; // of the one that was meant; NULL: none
    gboolean force;
    ApiObject *object; // what is deleted, once admitted
    ApiObject *marked; // a copy with the mark, while that is saved
    ManagerDeleted deleted;
    gpointer user_data;
} Deletion;

static void deletion_free(gpointer data)
{
    Deletion *self = data;

    api_object_free(self->marked);
    g_free(self->namespace);
    g_free(self->name);
    g_free(self->uid);
    g_free(self);
}

static void finish(Deletion *self, ManagerJob *job, const GError *error)
{
    self->deleted(job, error, self->user_data);
    change_over(self->manager);
}

static void on_deleted(const GError *error, gpointer user_data)
{
    finish(user_data, NULL, error);
}

// ---- VMIs ------------------------------------------------------------------------------------------------------

static ManagerJob *begin_job(Instance *instance, gboolean force)
{
    ManagerJob *job = job_find(instance, MANAGER_JOB_DELETE);

    instance->waiting = FALSE;
    if (!job) {
        job = job_new(instance, MANAGER_JOB_DELETE);
        instance_changed(instance);
    }
    job->force |= force;
    if (force && job->want != 0)
        want_stop_now(instance);
    return job;
}

static void delete_marked(Deletion *self)
{
    finish(self, begin_job(instance_find(self->manager, self->namespace, self->name), self->force),
           NULL);
}

static void on_marked(const GError *error, gpointer user_data)
{
    Deletion *self = user_data;
    Manager *manager = self->manager;

    if (error) {
        finish(self, NULL, error);
        return;
    }
    manager_hold(manager);
    delete_take_mark(self->object, self->marked);
    delete_marked(self);
    manager_release(manager);
}

static void delete_instance(Deletion *self)
{
    g_autoptr(GError) error = NULL;

    if (!manager_check_ready(self->manager, &error)) {
        finish(self, NULL, error);
    } else if (api_object_meta(self->object)->deletion_timestamp) {
        delete_marked(self);
    } else {
        self->marked = delete_make_mark(self->object);
        delete_save_mark(self->manager, self->marked, on_marked, self);
    }
}

// ---- other kinds -----------------------------------------------------------------------------------------------

static gboolean may_delete_namespace(Manager *self, const char *name, GError **error)
{
    if (g_str_equal(name, object_namespace_or_default(NULL))) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT, "the namespace \"%s\" is always there",
                    name);
        return FALSE;
    }
    if (!unread_check_namespace(self, name, error))
        return FALSE;
    if (objects_usage(self->objects, name).objects == 0)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                "the namespace \"%s\" is not empty, see what is in it: vmictl get all -n %s", name,
                name);
    return FALSE;
}

static gpointer slice_run(gpointer data, GCancellable *cancellable, GError **error)
{
    return GINT_TO_POINTER(guest_forget_namespace(data, error));
}

static void slice_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    if (error)
        manager_add_problem(user_data, "of the deleted namespace \"%s\" something is left: %s",
                            (const char *)data, error->message);
}

static void drop_slice(Manager *self, const char *namespace)
{
    static const WorkerTask task = {
        .run = slice_run,
        .done = slice_done,
        .input_free = g_free,
    };

    worker_pool_push(self->workers, &task, g_strdup(namespace), self->closing, self);
}

static gboolean tidy_store(Store *store, gpointer input, GError **error)
{
    return store_delete_namespace(store, input, error);
}

// The namespace is gone whatever becomes of its empty directories.
static void tell_left(Manager *self, const char *name, const GError *error)
{
    if (error)
        manager_add_problem(self, "of the deleted namespace \"%s\" something is left: %s", name,
                            error->message);
}

static void on_tidied(const GError *error, gpointer user_data)
{
    Deletion *self = user_data;

    tell_left(self->manager, self->name, error);
    finish(self, NULL, NULL);
}

static void tidy_namespace(Deletion *self)
{
    g_autoptr(GError) error = NULL;

    if (!storage_namespace_delete(&self->manager->storage, self->name, &error))
        tell_left(self->manager, self->name, error);
    drop_slice(self->manager, self->name);
    store_writer_run(self->manager->writer, tidy_store, self->name, on_tidied, self);
}

static void on_object_gone(const GError *error, gpointer user_data)
{
    Deletion *self = user_data;
    gboolean is_namespace = g_str_equal(self->info->kind, "Namespace");

    if (!error) {
        manager_emit(self->manager, object_removed, self->object);
        objects_remove(self->manager->objects, self->object);
    }
    if (!error && is_namespace)
        tidy_namespace(self);
    else
        finish(self, NULL, error);
}

static void delete_object(Deletion *self)
{
    g_autoptr(GError) error = NULL;

    if (g_str_equal(self->info->kind, "Namespace") &&
        !may_delete_namespace(self->manager, self->name, &error))
        finish(self, NULL, error);
    else
        saving_delete(self->manager, self->object, TRUE, on_object_gone, self);
}

// ---- admission -------------------------------------------------------------------------------------------------

static gboolean find_object(Deletion *self, GError **error)
{
    const Instance *undefined = g_str_equal(self->info->kind, "VirtualMachineInstance")
                                    ? undefined_find(self->manager, self->namespace, self->name)
                                    : NULL;

    self->object = objects_get(self->manager->objects, self->info, self->namespace, self->name);
    if (!self->object && undefined)
        return undefined_check(undefined, error);
    if (!self->object)
        return manager_refuse_missing(self->manager, self->info, self->namespace, self->name,
                                      error);
    if (!self->uid || g_strcmp0(api_object_meta(self->object)->uid, self->uid) == 0)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                "%s \"%s\" was replaced by another while its deletion waited; try again",
                self->info->kind, self->name);
    return FALSE;
}

static void begin(gpointer change)
{
    Deletion *self = change;
    g_autoptr(GError) error = NULL;

    if (!find_object(self, &error))
        finish(self, NULL, error);
    else if (api_object_vmi(self->object))
        delete_instance(self);
    else if (api_object_pvc(self->object))
        delete_claim(self->manager, self->object, self->force, on_deleted, self);
    else
        delete_object(self);
}

void manager_delete(Manager *self, const ApiKindInfo *info, const char *namespace, const char *name,
                    gboolean force, ManagerDeleted deleted, gpointer user_data)
{
    const ApiObject *object = objects_get(self->objects, info, namespace, name);
    Deletion *deletion = g_new0(Deletion, 1);

    deletion->manager = self;
    deletion->info = info;
    deletion->namespace =
        g_strdup(info->namespaced ? object_namespace_or_default(namespace) : NULL);
    deletion->name = g_strdup(name);
    deletion->uid = g_strdup(object ? api_object_meta(object)->uid : NULL);
    deletion->force = force;
    deletion->deleted = deleted;
    deletion->user_data = user_data;
    change_push(self, begin, deletion, deletion_free);
}
