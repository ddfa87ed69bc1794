// SPDX-License-Identifier: LGPL-2.1-or-later
// Removing objects; see delete.h. A VMI's deletionTimestamp is on disk before its guest is stopped, so that a vmid
// that is killed halfway goes on where it was.
#include "manager/delete.h"

#include "base/error.h"
#include "manager/delete-claim.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/objects.h"
#include "manager/saving.h"
#include "manager/want.h"
#include "manager/undefined.h"
#include "manager/unread.h"

void delete_finish(ManagerJob *job)
{
    Instance *instance = job->instance;
    Manager *manager = instance->manager;
    ApiObject *object = instance->public.object;
    g_autoptr(GError) error = NULL;
    g_autofree char *key = g_strconcat(job->namespace, "/", job->name, NULL);
    gpointer own_key = NULL;

    if (!saving_delete(manager, object, &error)) {
        // It stays marked: what brings the mark back to disk goes on with the deletion, as does the next start of vmid.
        instance_add_event(instance, TRUE, "Problem", "the definition could not be removed: %s",
                           error->message);
        job_finish(job, MANAGER_JOB_FAILED, error);
        return;
    }
    // All that is left of a run is that it is told of its own end.
    if (instance_run(instance))
        run_set_owner(instance_run(instance), NULL);
    g_hash_table_steal_extended(manager->instances, key, &own_key, NULL);
    g_free(own_key);
    g_queue_remove(&instance->jobs, job);
    instance->public.job = NULL;
    if (manager->host)
        guest_forget(manager->host, job->namespace, job->name);
    manager_emit(manager, instance_removed, &instance->public);
    job->instance = NULL;
    job_finish(job, MANAGER_JOB_DONE, NULL);
    objects_remove(manager, object);
    instance_free(instance);
}

// ---- VMIs ------------------------------------------------------------------------------------------------------

static gboolean mark_deleted(Instance *instance, GError **error)
{
    ApiObjectMeta *meta = instance_vmi(instance)->metadata;

    if (meta->deletion_timestamp)
        return TRUE;
    meta->deletion_timestamp = manager_format_time(g_get_real_time());
    if (saving_save_urgent(instance->manager, instance->public.object, error))
        return TRUE;
    // What is refused is not to happen at the next start either: the mark may have reached the disk.
    g_clear_pointer(&meta->deletion_timestamp, g_free);
    saving_settle(instance->manager, instance->public.object);
    return FALSE;
}

static gboolean delete_instance(Instance *instance, gboolean force, ManagerJob **ret_job,
                                GError **error)
{
    ManagerJob *job = job_find(instance, MANAGER_JOB_DELETE);

    if (!manager_check_ready(instance->manager, error) || !mark_deleted(instance, error))
        return FALSE;
    instance->waiting = FALSE;
    if (!job) {
        job = job_new(instance, MANAGER_JOB_DELETE);
        instance_changed(instance);
    }
    job->force |= force;
    if (force && job->want != 0)
        want_stop_now(instance);
    *ret_job = job;
    return TRUE;
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
    if (objects_namespace_is_empty(self, name))
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

// The namespace is gone whatever becomes of its empty directories.
static void tidy_namespace(Manager *self, const char *name)
{
    g_autoptr(GError) error = NULL;

    if (!storage_namespace_delete(&self->storage, name, &error) ||
        !store_delete_namespace(self->store, name, &error))
        manager_add_problem(self, "of the deleted namespace \"%s\" something is left: %s", name,
                            error->message);
}

static gboolean delete_object(Manager *self, ApiObject *object, GError **error)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    gboolean is_namespace = g_str_equal(object->info->kind, "Namespace");

    if (is_namespace && !may_delete_namespace(self, meta->name, error))
        return FALSE;
    if (!saving_delete_or_keep(self, object, error))
        return FALSE;
    if (is_namespace) {
        tidy_namespace(self, meta->name);
        drop_slice(self, meta->name);
    }
    manager_emit(self, object_removed, object);
    objects_remove(self, object);
    return TRUE;
}

gboolean manager_delete(Manager *self, const ApiKindInfo *info, const char *namespace,
                        const char *name, gboolean force, ManagerJob **ret_job, GError **error)
{
    ApiObject *object = objects_find(self, info, namespace, name);
    const Instance *undefined = g_str_equal(info->kind, "VirtualMachineInstance")
                                    ? undefined_find(self, namespace, name)
                                    : NULL;

    if (!object && undefined)
        return undefined_check(undefined, error);
    if (!object)
        return manager_refuse_missing(self, info, namespace, name, error);
    if (api_object_vmi(object))
        return delete_instance(instance_find(self, namespace, name), force, ret_job, error);
    *ret_job = NULL;
    return api_object_pvc(object) ? delete_claim(self, object, force, error)
                                  : delete_object(self, object, error);
}
