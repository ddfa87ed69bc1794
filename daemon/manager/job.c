// SPDX-License-Identifier: LGPL-2.1-or-later
// Jobs; see job.h. Owns their ids, queue and life, not what they do: that is in job-types.c.
#include "manager/job.h"

#include "base/error.h"
#include "manager/instance.h"
#include "manager/saving.h"

const char *manager_job_type_to_string(ManagerJobType type)
{
    static const char *const names[_MANAGER_JOB_TYPE_MAX] = {
        [MANAGER_JOB_START] = "start",     [MANAGER_JOB_STOP] = "stop",
        [MANAGER_JOB_RESTART] = "restart", [MANAGER_JOB_DELETE] = "delete",
        [MANAGER_JOB_PAUSE] = "pause",     [MANAGER_JOB_UNPAUSE] = "unpause",
        [MANAGER_JOB_ATTACH] = "attach",   [MANAGER_JOB_DETACH] = "detach",
    };

    return names[type];
}

const char *manager_job_state_to_string(ManagerJobState state)
{
    static const char *const names[] = {
        [MANAGER_JOB_QUEUED] = "queued",   [MANAGER_JOB_RUNNING] = "running",
        [MANAGER_JOB_WAITING] = "waiting", [MANAGER_JOB_DONE] = "done",
        [MANAGER_JOB_FAILED] = "failed",   [MANAGER_JOB_CANCELLED] = "cancelled",
    };

    return names[state];
}

ManagerJobInfo manager_job_info(const ManagerJob *job)
{
    return (ManagerJobInfo){
        .id = job->id,
        .type = job->type,
        .state = job->state,
        .namespace = job->namespace,
        .name = job->name,
        .step = job->step,
        .step_number = job->step_number,
        .step_total = job->step_total,
        .error = job->error,
        .warnings = job->warnings,
    };
}

ManagerJob *job_new(Instance *instance, ManagerJobType type)
{
    Manager *manager = instance->manager;
    ManagerJob *self = g_new0(ManagerJob, 1);

    self->manager = manager;
    self->instance = instance;
    self->type = type;
    self->namespace = g_strdup(instance_namespace(instance));
    self->name = g_strdup(instance_name(instance));
    self->step = g_strdup(manager->host_problem ? manager->host_problem : "");
    self->warnings = g_ptr_array_new_with_free_func(g_free);
    do
        self->id = ++manager->last_job_id;
    while (self->id == 0 || g_hash_table_contains(manager->jobs, GUINT_TO_POINTER(self->id)));
    g_hash_table_insert(manager->jobs, GUINT_TO_POINTER(self->id), self);
    g_queue_push_tail(&instance->jobs, self);
    instance->public.job = g_queue_peek_head(&instance->jobs);
    manager_emit(manager, job_added, self);
    job_schedule(instance);
    return self;
}

void job_free(ManagerJob *self)
{
    g_clear_handle_id(&self->source, g_source_remove);
    g_free(self->namespace);
    g_free(self->name);
    g_free(self->step);
    g_clear_error(&self->error);
    g_clear_error(&self->stop_error);
    g_ptr_array_unref(self->warnings);
    g_free(self->disk);
    g_free(self->claim);
    g_free(self->bus);
    g_free(self->serial);
    g_free(self);
}

void job_set_state(ManagerJob *self, ManagerJobState state)
{
    if (self->state == state)
        return;
    self->state = state;
    manager_emit(self->manager, job_changed, self);
}

void job_set_step(ManagerJob *self, const char *step, guint number, guint total)
{
    g_free(self->step);
    self->step = g_strdup(step);
    self->step_number = number;
    self->step_total = total;
    manager_emit(self->manager, job_changed, self);
}

void job_add_warning(ManagerJob *self, const char *warning)
{
    g_ptr_array_add(self->warnings, g_strdup(warning));
    manager_emit(self->manager, job_changed, self);
}

void job_explain_wait(Manager *manager)
{
    g_autoptr(GPtrArray) jobs = manager_jobs(manager);

    for (guint i = 0; i < jobs->len; i++)
        job_set_step(g_ptr_array_index(jobs, i), manager->host_problem, 0, 0);
}

void job_finish(ManagerJob *self, ManagerJobState state, const GError *error)
{
    Manager *manager = self->manager;
    Instance *instance = self->instance;

    self->state = state;
    self->error = error ? g_error_copy(error) : NULL;
    if (instance) {
        g_queue_remove(&instance->jobs, self);
        instance->public.job = g_queue_peek_head(&instance->jobs);
    }
    manager_emit(manager, job_removed, self); // which reads it for the last time
    g_hash_table_steal(manager->jobs, GUINT_TO_POINTER(self->id));
    job_free(self);
    if (instance) {
        instance_changed(instance);
        job_schedule(instance);
    }
    // A disk may have been detached, or a start given up.
    manager->job_over(manager);
}

static gboolean begin(gpointer user_data)
{
    ManagerJob *self = user_data;

    self->source = 0;
    job_set_state(self, MANAGER_JOB_RUNNING);
    self->manager->begin_job(self);
    return G_SOURCE_REMOVE;
}

static void schedule(ManagerJob *self)
{
    // One that a former vmid began goes on by itself.
    if (self->want != 0)
        job_set_state(self, MANAGER_JOB_RUNNING);
    else if (self->state == MANAGER_JOB_QUEUED && self->source == 0)
        self->source = g_idle_add_full(G_PRIORITY_DEFAULT, begin, self, NULL);
}

void job_schedule(Instance *instance)
{
    const Manager *manager = instance->manager;

    // While the disk gets another spec its jobs wait; apply comes here again. A vmid that is about to end begins nothing.
    if (!manager->ready || manager->drained || instance->sweeping ||
        saving_is_respecifying(manager, instance->public.object))
        return;
    for (GList *link = instance->jobs.head; link; link = link->next)
        schedule(link->data);
}

ManagerJob *job_find(const Instance *instance, ManagerJobType type)
{
    for (const GList *link = instance->jobs.head; link; link = link->next) {
        ManagerJob *job = link->data;

        if (job->type == type)
            return job;
    }
    return NULL;
}

gboolean job_is_starting(const ManagerJob *self)
{
    const Run *run = instance_run(self->instance);

    return self->type == MANAGER_JOB_START ||
           (self->type == MANAGER_JOB_RESTART && (!run || !run_machine_has_begun(run_record(run))));
}

gboolean job_is_stopping(const ManagerJob *self)
{
    return self->type == MANAGER_JOB_STOP || self->type == MANAGER_JOB_DELETE ||
           (self->type == MANAGER_JOB_RESTART && self->stop != 0);
}

ManagerJob *manager_job(Manager *self, guint id)
{
    return g_hash_table_lookup(self->jobs, GUINT_TO_POINTER(id));
}

static int compare_ids(gconstpointer a, gconstpointer b)
{
    const ManagerJob *x = *(const ManagerJob *const *)a, *y = *(const ManagerJob *const *)b;

    return x->id < y->id ? -1 : x->id > y->id;
}

GPtrArray *manager_jobs(Manager *self)
{
    GPtrArray *jobs = manager_values(self->jobs);

    g_ptr_array_sort(jobs, compare_ids);
    return jobs;
}
