// SPDX-License-Identifier: LGPL-2.1-or-later
// See start.h. What follows once the run wants it is in runs/; what the run asks meanwhile is answered in owner.c.
#include "manager/start.h"

#include "base/error.h"
#include "manager/claims.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/status.h"
#include "manager/uses.h"
#include "manager/want.h"
#include "objects/object.h"

#define START_IN_USE "ClaimInUse" // the reason of one that waits for what another guest uses

// ---- what becomes of the VMI -----------------------------------------------------------------------------------

static void wait_for(Instance *instance, const char *reason, const GError *error)
{
    const ApiVmiStatus *status = instance_vmi(instance)->status;
    gboolean new = status->phase != API_VMI_PHASE_PENDING ||
                   g_strcmp0(status->reason, reason) != 0 ||
                   g_strcmp0(status->message, error->message) != 0;

    instance->waiting = TRUE;
    if (!new)
        return;
    instance_set_phase(instance, API_VMI_PHASE_PENDING, reason, error->message);
    instance_add_event(instance, FALSE, "Waiting", "%s", error->message);
    instance_save_or_warn(instance);
    instance_changed(instance);
}

static void set_failed(Instance *instance, const char *reason, const GError *error)
{
    instance->waiting = FALSE;
    // A start that was given up is not to be found again by the next vmid.
    if (g_error_matches(error, VMI_ERROR, VMI_ERROR_CANCELLED)) {
        instance_enter(instance, API_VMI_PHASE_FAILED, FALSE, reason, error->message);
        return;
    }
    instance_set_phase(instance, API_VMI_PHASE_FAILED, reason, error->message);
    instance_add_event(instance, TRUE, "StartFailed", "%s", error->message);
    instance_save_or_warn(instance);
    instance_changed(instance);
}

// The user of what it needs.
static GError *in_use_error(const Instance *instance)
{
    g_autoptr(ApiVirtualMachineInstance) expanded = instance_expand(instance);
    g_autoptr(GPtrArray) plugs =
        uses_plugs_new(instance->manager, instance_namespace(instance), expanded->spec);
    GError *error = NULL;

    if (uses_check(instance, plugs, NULL, &error))
        error = g_error_new(VMI_ERROR, VMI_ERROR_CONFLICT, "what the guest needs was in use");
    return error;
}

static GError *make_error(const Instance *instance, RunFailure failure, const GError *error)
{
    const char *name = instance_name(instance);

    switch (failure) {
    case RUN_FAILURE_CANCELLED:
        return g_error_new(VMI_ERROR, VMI_ERROR_CANCELLED, "the start was given up, as asked");
    case RUN_FAILURE_IN_USE:
        return in_use_error(instance);
    case RUN_FAILURE_DIED:
        return g_error_new(VMI_ERROR, VMI_ERROR_HOST, "the guest \"%s\" ended before it ran", name);
    case RUN_FAILURE_UNREACHABLE:
        return g_error_new(VMI_ERROR, VMI_ERROR_HOST,
                           "libvirt has lost what it knew of the guest \"%s\" as it started", name);
    default:
        break;
    }
    if (failure == RUN_FAILURE_LEFT)
        return g_error_new(VMI_ERROR, error ? error->code : VMI_ERROR_HOST,
                           "the last run could not be cleaned up: %s",
                           error ? error->message : "unknown reason");
    return error ? g_error_copy(error)
                 : g_error_new(VMI_ERROR, VMI_ERROR_HOST, "the guest \"%s\" was not started", name);
}

// Its claims were bound, and something of them is gone: it waits until they are again.
static void look_at_claims(Instance *instance)
{
    g_auto(GStrv) names = claims_names(instance_vmi(instance)->spec);

    for (guint i = 0; names[i]; i++) {
        const ApiObject *claim =
            objects_get(instance->manager->objects, api_kind_find("PersistentVolumeClaim"),
                        instance_namespace(instance), names[i]);

        if (claim)
            claims_check(instance->manager, claim);
    }
}

// Whether there is a guest all the same, which says by itself what becomes of it.
static gboolean has_guest(const Instance *instance)
{
    const Run *run = instance_run(instance);

    // Once it is forgotten, how it ended is told.
    return run && run_record(run)->state != API_RUN_STATE_FORGETTING &&
           (run_machine_has_begun(run_record(run)) || run_record(run)->end != API_RUN_END_UNSET);
}

// Returns the state in which that leaves a job.
static ManagerJobState fail(Instance *instance, RunFailure failure, const GError *error)
{
    const char *reason = instance->start_reason;
    gboolean waits =
        failure == RUN_FAILURE_IN_USE || g_error_matches(error, VMI_ERROR, VMI_ERROR_WAITING);
    gboolean cancelled = g_error_matches(error, VMI_ERROR, VMI_ERROR_CANCELLED);

    instance->start_reason = NULL;
    if (has_guest(instance))
        return cancelled ? MANAGER_JOB_CANCELLED : MANAGER_JOB_FAILED;
    if (waits && instance_is_deleted(instance))
        return MANAGER_JOB_FAILED;
    if (waits) {
        // Whoever looked at the images found one missing that was there.
        gboolean lost = failure != RUN_FAILURE_IN_USE && !reason;

        wait_for(instance,
                 failure == RUN_FAILURE_IN_USE ? START_IN_USE
                 : lost                        ? "ClaimLost"
                                               : reason,
                 error);
        if (lost)
            look_at_claims(instance);
        return MANAGER_JOB_WAITING;
    }
    if (cancelled)
        reason = "StartCancelled";
    // Of a restart that ended with its first half, the VMI is what that made of it.
    if (!cancelled || !status_is_final(instance_phase(instance)))
        set_failed(instance, reason ? reason : vmi_error_describe(error)->name, error);
    return cancelled ? MANAGER_JOB_CANCELLED : MANAGER_JOB_FAILED;
}

void start_failed_alone(Instance *instance, RunFailure failure, const GError *error)
{
    g_autoptr(GError) told = make_error(instance, failure, error);

    (void)fail(instance, failure, told);
}

void start_failed(ManagerJob *job, RunFailure failure, const GError *error)
{
    g_autoptr(GError) told = make_error(job->instance, failure, error);
    ManagerJobState state = fail(job->instance, failure, told);

    job_finish(job, state, told);
}

// ---- before the run --------------------------------------------------------------------------------------------

static void finish_failed(ManagerJob *job, const char *reason, const GError *error)
{
    job->instance->start_reason = reason;
    start_failed(job, RUN_FAILURE_STEP, error);
}

void start_give_up(ManagerJob *job)
{
    start_failed(job, RUN_FAILURE_CANCELLED, NULL);
}

// A guest that has another definition, or none.
static gboolean check_name(const Instance *instance, GError **error)
{
    const Run *run =
        runs_lookup(instance->manager->runs, instance_namespace(instance), instance_name(instance));
    g_autofree char *arguments =
        object_vmictl_arguments(instance_namespace(instance), instance_name(instance));

    if (!run || run_owner(run) == instance)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                "a guest of this name runs that has no definition, end it first and start this one "
                "then: systemctl stop %s; vmictl start %s",
                run_record(run)->scope, arguments);
    return FALSE;
}

// Whether the start must wait for claims that are being bound. Asked once: one that could not be bound is not tried again.
static gboolean park(ManagerJob *job)
{
    Instance *instance = job->instance;

    job->parked =
        !job->parked && claims_bind_needed(instance->manager, instance_namespace(instance),
                                           instance_vmi(instance)->spec);
    if (job->parked)
        job_set_step(job, "Binding claims", 0, 0);
    return job->parked;
}

static gboolean resolve(ManagerJob *job)
{
    Instance *instance = job->instance;
    g_auto(ClaimsResolved) resolved = { 0 };
    g_autoptr(GError) error = NULL;
    const char *reason = NULL;

    if (!check_name(instance, &error)) {
        finish_failed(job, "NameInUse", error);
        return FALSE;
    }
    if (claims_resolve(instance->manager, instance_namespace(instance),
                       instance_vmi(instance)->spec, &resolved, &reason, &error))
        return TRUE;
    finish_failed(job, reason, error);
    return FALSE;
}

void start_want(ManagerJob *job)
{
    Instance *instance = job->instance;
    g_autoptr(ApiVirtualMachineInstance) expanded = instance_expand(instance);

    want_make(job, API_RUN_WISH_START,
              uses_plugs_new(instance->manager, instance_namespace(instance), expanded->spec));
}

void start_begin(ManagerJob *job)
{
    Instance *instance = job->instance;

    if (instance->public.run && !instance_is_ending(instance)) {
        job_finish(job, MANAGER_JOB_DONE, NULL);
        return;
    }
    if (park(job))
        return;
    instance->waiting = FALSE;
    // A new run of a finished VMI begins its history anew.
    if (status_is_final(instance_phase(instance)) && !instance->public.run)
        instance_set_phase(instance, API_VMI_PHASE_PENDING, NULL, NULL);
    if (resolve(job))
        start_want(job);
}

void start_retry(Instance *instance)
{
    g_auto(ClaimsResolved) resolved = { 0 };
    g_autoptr(GPtrArray) plugs = NULL;
    g_autoptr(GError) error = NULL;
    const char *reason = NULL;

    if (!instance->waiting || instance->public.job || instance_is_deleted(instance))
        return;
    // Also when it waits for something else than before.
    if (!claims_resolve(instance->manager, instance_namespace(instance),
                        instance_vmi(instance)->spec, &resolved, &reason, &error)) {
        wait_for(instance, reason, error);
        return;
    }
    plugs = uses_plugs_new(instance->manager, instance_namespace(instance),
                           instance_vmi(instance)->spec);
    if (uses_check(instance, plugs, NULL, &error))
        job_new(instance, MANAGER_JOB_START);
    else
        wait_for(instance, START_IN_USE, error);
}

void start_resume(Instance *instance)
{
    // A vmid that is about to end begins nothing.
    if (instance->manager->drained || claims_are_being_bound(instance))
        return;
    for (GList *link = instance->jobs.head; link; link = link->next) {
        ManagerJob *job = link->data;

        if (!job->parked)
            continue;
        start_begin(job); // after which JOB may be gone
        return;
    }
}
