// SPDX-License-Identifier: LGPL-2.1-or-later
// Removing VMIs; see delete-instance.h. The deletionTimestamp is on disk before the guest is stopped, so that a vmid that is killed halfway goes
// on where it was.
#include "manager/delete-instance.h"

#include "base/error.h"
#include "manager/delete-claim.h"
#include "manager/host-ports.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/kind.h"
#include "manager/saving.h"
#include "manager/want.h"

// ---- the end ---------------------------------------------------------------------------------------------------

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
    kind_forget(manager, object);
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
void delete_instance_finish(ManagerJob *job)
{
    saving_delete(job->instance->manager, job->instance->public.object, FALSE, on_definition_gone,
                  job);
}

// ---- the beginning ---------------------------------------------------------------------------------------------

typedef struct {
    Manager *manager;
    ApiObject *object;
    ApiObject *marked; // a copy with the mark, while that is saved
    gboolean force;
    ManagerDeleted removed;
    gpointer user_data;
} Removal;

static void removal_free(Removal *self)
{
    api_object_free(self->marked);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Removal, removal_free)

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

static void on_marked(const GError *error, gpointer user_data)
{
    g_autoptr(Removal) self = user_data;
    Manager *manager = self->manager;

    if (error) {
        self->removed(NULL, error, self->user_data);
        return;
    }
    manager_hold(manager);
    delete_take_mark(self->object, self->marked);
    self->removed(begin_job(instance_of(manager, self->object), self->force), NULL,
                  self->user_data);
    manager_release(manager);
}

void delete_instance(Manager *self, ApiObject *object, gboolean force, ManagerDeleted removed,
                     gpointer user_data)
{
    g_autoptr(GError) error = NULL;
    Removal *removal = NULL;

    if (!manager_check_ready(self, &error)) {
        removed(NULL, error, user_data);
    } else if (api_object_meta(object)->deletion_timestamp) {
        removed(begin_job(instance_of(self, object), force), NULL, user_data);
    } else {
        removal = g_new0(Removal, 1);
        *removal = (Removal){ self, object, delete_make_mark(object), force, removed, user_data };
        delete_save_mark(self, removal->marked, on_marked, removal);
    }
}
