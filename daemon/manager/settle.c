// SPDX-License-Identifier: LGPL-2.1-or-later
// See settle.h.
#include "manager/settle.h"

#include "manager/instance.h"
#include "manager/job.h"
#include "manager/owner.h"
#include "manager/status.h"
#include "manager/sweep.h"
#include "manager/want.h"

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

char *settle_instance(Instance *instance)
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

static void late_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Instance *instance = user_data;

    sweep_add_problems(instance->manager, data);
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

void settle_late(Instance *instance)
{
    Manager *self = instance->manager;
    Run *run = self->settled ? find_run(instance) : NULL;
    g_autofree char *lost = NULL;

    if (!self->settled)
        return;
    if (run)
        owner_adopt(instance, run);
    lost = settle_instance(instance);
    if (lost)
        release_lost(instance);
    // What was not released while it was not known whose it is.
    runs_owners_known(self->runs);
}
