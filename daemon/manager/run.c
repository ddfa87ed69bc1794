// SPDX-License-Identifier: LGPL-2.1-or-later
// Starting; see run.h. The recipe itself is guest_start()'s; this file owns what comes before and after it on the main
// thread, and undoes the reservations when it fails.
#include "manager/run.h"

#include "api/defaults.h"
#include "api/validate.h"
#include "base/error.h"
#include "manager/apply.h"
#include "manager/end.h"
#include "manager/host-ports.h"
#include "manager/host.h"
#include "manager/images.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/machine.h"
#include "manager/run-input.h"
#include "manager/status.h"
#include "manager/stray.h"

// ---- progress, from the worker to the main context -------------------------------------------------------------

typedef struct {
    Manager *manager;
    guint job_id, number, of;
    char *step;
} Progress;

static void progress_free(gpointer data)
{
    Progress *self = data;

    g_free(self->step);
    g_free(self);
}

static gboolean progress_show(gpointer data)
{
    const Progress *self = data;
    ManagerJob *job = manager_job(self->manager, self->job_id);

    if (!job)
        return G_SOURCE_REMOVE;
    // The last step resumes a guest that exists: what Kubernetes calls scheduled.
    if (self->number == self->of && instance_phase(job->instance) == API_VMI_PHASE_SCHEDULING) {
        instance_set_phase(job->instance, API_VMI_PHASE_SCHEDULED, NULL, NULL);
        instance_changed(job->instance);
    }
    job_set_step(job, self->step, self->number, self->of);
    return G_SOURCE_REMOVE;
}

static void report_progress(const char *step, guint number, guint of, gpointer user_data)
{
    const RunInput *input = user_data;
    Progress *progress = g_new0(Progress, 1);

    progress->manager = input->manager;
    progress->job_id = input->job_id;
    progress->step = g_strdup(step);
    progress->number = number;
    progress->of = of;
    worker_pool_post(input->manager->workers, progress_show, progress, progress_free);
}

// ---- the worker ------------------------------------------------------------------------------------------------

static gboolean release_left(RunInput *input, GError **error)
{
    const ApiObjectMeta *meta = input->vmi->metadata;

    if (!input->left)
        return TRUE;
    if (!guest_release(input->host, input->storage, meta->namespace, meta->name, input->left,
                       error)) {
        g_prefix_error(error, "the last run could not be cleaned up: ");
        return FALSE;
    }
    input->released = TRUE;
    return TRUE;
}

typedef struct {
    RunInput *input; // of the start that follows
} Look;

static void look_free(gpointer data)
{
    Look *self = data;

    g_clear_pointer(&self->input, run_input_free);
    g_free(self);
}

static void looks_free(gpointer looks)
{
    g_ptr_array_unref(looks);
}

static gpointer look_run(gpointer data, GCancellable *cancellable, GError **error)
{
    StorageRequest storage = run_input_storage(((const Look *)data)->input);

    return storage_look(&storage, error);
}

static gpointer start_run(gpointer data, GCancellable *cancellable, GError **error)
{
    RunInput *input = data;
    StorageRequest storage = run_input_storage(input);
    GuestStartRequest request = run_input_guest(input, &storage);

    if (!release_left(input, error))
        return NULL;
    return guest_start(&request, report_progress, input, cancellable, error);
}

// Whatever was reserved goes back; the VMI is over.
static void finish_failed(ManagerJob *job, ManagerJobState state, const char *reason,
                          const GError *error)
{
    Instance *instance = job->instance;
    gboolean cancelled = state == MANAGER_JOB_CANCELLED;

    instance_give_back(instance);
    host_forget_end(instance->manager, instance_vmi(instance)->metadata->uid);
    instance_set_phase(instance, API_VMI_PHASE_FAILED, reason, error->message);
    instance_add_event(instance, !cancelled, cancelled ? reason : "StartFailed", "%s",
                       error->message);
    instance_save_or_warn(instance);
    instance_changed(instance);
    job_finish(job, state, error);
}

static void start_cancelled(ManagerJob *job)
{
    g_autoptr(GError) error =
        g_error_new(VMI_ERROR, VMI_ERROR_CANCELLED, "the start was given up, as asked");

    finish_failed(job, MANAGER_JOB_CANCELLED, "StartCancelled", error);
}

// Nothing was begun: after the first half of a restart the VMI is what its stop made of it.
static void cancelled_before(ManagerJob *job)
{
    g_autoptr(GError) error =
        g_error_new(VMI_ERROR, VMI_ERROR_CANCELLED, "the restart ended with the stop, as asked");

    if (job->type == MANAGER_JOB_RESTART && status_is_final(instance_phase(job->instance)))
        job_finish(job, MANAGER_JOB_CANCELLED, error);
    else
        start_cancelled(job);
}

// REASON NULL: the name of the error's code.
static void start_failed(ManagerJob *job, const GError *error, const char *reason)
{
    const VmiErrorInfo *info = vmi_error_describe(error);

    if (info == vmi_error_info(VMI_ERROR_CANCELLED))
        start_cancelled(job);
    else
        finish_failed(job, MANAGER_JOB_FAILED, reason ? reason : info->name, error);
}

static void wait_for_object(ManagerJob *job, const char *reason, const GError *error)
{
    Instance *instance = job->instance;

    instance->waiting = TRUE;
    instance_set_phase(instance, API_VMI_PHASE_PENDING, reason, error->message);
    instance_add_event(instance, FALSE, "Waiting", "%s", error->message);
    instance_save_or_warn(instance);
    instance_changed(instance);
    job_finish(job, MANAGER_JOB_WAITING, error);
}

// Its claims were bound, and something of them is gone: it waits until they are again.
static void start_lost(ManagerJob *job, const GPtrArray *claims, const GError *error)
{
    Instance *instance = job->instance;

    for (guint i = 0; i < claims->len; i++)
        claims_check(instance->manager, g_ptr_array_index(claims, i));
    instance_give_back(instance);
    wait_for_object(job, "ClaimLost", error);
}

// Upstream such a card has all ports.
static void tell_of_unlisted_ports(Instance *instance, const ApiVirtualMachineInstance *expanded)
{
    const char *remedy = api_vmi_is_given_interface(instance_vmi(instance)->spec)
                             ? API_NO_INTERFACE_REMEDY
                             : API_NO_PORTS_REMEDY;
    const ApiDevices *devices = expanded->spec->domain->devices;
    const GPtrArray *cards = devices ? devices->interfaces : NULL;

    for (guint i = 0; cards && i < cards->len; i++) {
        const ApiInterface *card = g_ptr_array_index(cards, i);

        if (api_interface_lists_no_port(card))
            instance_add_event(instance, FALSE, "NoPorts",
                               "interface \"%s\" lists no port: nothing reaches the guest through "
                               "it; %s",
                               card->name, remedy);
    }
}

static void start_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Instance *instance = user_data;
    ManagerJob *job = instance->public.job;

    instance->starting = FALSE;
    g_clear_pointer(&instance->looks, g_ptr_array_unref);
    if (((const RunInput *)data)->released)
        g_clear_pointer(&instance->left, g_free);
    if (!result) {
        start_failed(job, error, NULL);
        return;
    }
    run_publish(instance, result);
    instance_add_event(instance, FALSE, "Started", "the guest runs");
    tell_of_unlisted_ports(instance, ((const RunInput *)data)->vmi);
    instance_save_or_warn(instance);
    instance_changed(instance);
    job_finish(job, MANAGER_JOB_DONE, NULL);
    // It may have stopped before anybody knew that it ran.
    host_take_end(instance);
}

// Nothing of the guest exists before it is on disk what its images are.
static void look_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    static const WorkerTask task = {
        .run = start_run,
        .done = start_done,
        .input_free = run_input_free,
        .result_free = (GDestroyNotify)guest_run_free,
    };
    Instance *instance = user_data;
    ManagerJob *job = instance->public.job;
    g_autoptr(GPtrArray) looks = result;
    g_autoptr(GError) failure = NULL;
    const char *reason = NULL;

    if (looks && images_accept(instance, looks, &reason, &failure)) {
        instance->looks = g_steal_pointer(&looks);
        worker_pool_push(instance->manager->workers, &task, g_steal_pointer(&((Look *)data)->input),
                         job->cancellable, instance);
        return;
    }
    instance->starting = FALSE;
    if (error && g_error_matches(error, VMI_ERROR, VMI_ERROR_WAITING))
        start_lost(job, ((const Look *)data)->input->resolved.claims, error);
    else
        start_failed(job, error ? error : failure, reason);
}

// ---- before and after ------------------------------------------------------------------------------------------

static gboolean resolve(ManagerJob *job, RunInput *input)
{
    Instance *instance = job->instance;
    g_autoptr(GError) error = NULL;
    const char *reason = NULL;

    if (!stray_check_name(instance, &error)) {
        start_failed(job, error, "NameInUse");
        return FALSE;
    }
    if (!claims_resolve(instance->manager, instance_namespace(instance), input->vmi->spec,
                        &input->resolved, &reason, &error)) {
        wait_for_object(job, reason, error);
        return FALSE;
    }
    if (!claims_check_free(instance, input->vmi->spec, &error)) {
        start_failed(job, error, "ClaimInUse");
        return FALSE;
    }
    return TRUE;
}

// On disk before anything happens: a vmid that is killed from here on finds a half-done start to undo.
static gboolean reserve(ManagerJob *job, RunInput *input)
{
    Instance *instance = job->instance;
    g_autoptr(GError) error = NULL;

    if (!host_ports_assign(instance, input->vmi, &error) ||
        !instance_reserve(instance, input->vmi, &error)) {
        start_failed(job, error, NULL);
        return FALSE;
    }
    run_input_set_reserved(input, instance);
    instance_set_phase(instance, API_VMI_PHASE_SCHEDULING, NULL, NULL);
    if (!instance_save(instance, &error)) {
        start_failed(job, error, NULL);
        return FALSE;
    }
    return TRUE;
}

// Whether the start must wait for claims that are being bound. Asked once: one that could not be bound is not tried again, and
// bind_done() comes to run_begin() a second time to say so.
static gboolean park(ManagerJob *job)
{
    Instance *instance = job->instance;

    if (!instance->parked && claims_bind_needed(instance->manager, instance_namespace(instance),
                                                instance_vmi(instance)->spec)) {
        instance->parked = TRUE;
        job_set_step(job, "Binding claims", 0, 0);
        return TRUE;
    }
    instance->parked = FALSE;
    return FALSE;
}

void run_begin(ManagerJob *job)
{
    static const WorkerTask task = {
        .run = look_run,
        .done = look_done,
        .input_free = look_free,
        .result_free = looks_free,
    };
    Instance *instance = job->instance;
    g_autoptr(RunInput) input = NULL;
    Look *look = NULL;

    if (instance->public.run) {
        job_finish(job, MANAGER_JOB_DONE, NULL);
        return;
    }
    if (g_cancellable_is_cancelled(job->cancellable)) {
        instance->parked = FALSE;
        cancelled_before(job);
        return;
    }
    if (park(job))
        return;
    instance->waiting = FALSE;
    instance->stop = (InstanceStop){ 0 };
    // A new run of a finished VMI begins its history anew.
    if (status_is_final(instance_phase(instance)))
        instance_set_phase(instance, API_VMI_PHASE_PENDING, NULL, NULL);
    input = run_input_new(instance);
    if (!resolve(job, input) || !reserve(job, input))
        return;
    instance->starting = TRUE;
    host_forget_end(instance->manager, instance_vmi(instance)->metadata->uid);
    instance_changed(instance);
    look = g_new0(Look, 1);
    look->input = g_steal_pointer(&input);
    worker_pool_push(instance->manager->workers, &task, look, job->cancellable, instance);
}

static void open_console(Instance *instance)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *socket = layout_console_socket(
        &instance->manager->storage.layout, instance_namespace(instance), instance_name(instance));

    instance->public.console =
        guest_console_open(socket, instance_namespace(instance), instance_name(instance), &error);
    if (!instance->public.console)
        instance_add_event(instance, TRUE, "Problem", "there is no console: %s", error->message);
}

// What validation said of the definition, and what this host could not do as asked.
static void set_warnings(Instance *instance, const GuestRun *run)
{
    ApiVmiStatus *status = instance_vmi(instance)->status;

    g_clear_pointer(&status->warnings, g_ptr_array_unref);
    status->warnings = apply_warnings(instance->manager, instance->public.object);
    for (guint i = 0; run->warnings && i < run->warnings->len; i++) {
        if (!status->warnings)
            status->warnings = api_list_new(NULL);
        g_ptr_array_add(status->warnings, g_strdup(g_ptr_array_index(run->warnings, i)));
    }
}

void run_publish(Instance *instance, GuestRun *run)
{
    ApiVirtualMachineInstance *vmi = instance_vmi(instance);
    g_autoptr(ApiVirtualMachineInstance) expanded = instance_expand(instance);
    g_auto(ClaimsResolved) resolved = { 0 };
    const char *reason = NULL;
    StatusFacts facts = { .expanded = expanded,
                          .run = run,
                          .node_name = instance->manager->node_name };

    instance->public.run = run;
    instance->stop = (InstanceStop){ 0 };
    // For a guest found running its claims may be gone by now: the status then says less.
    if (claims_resolve(instance->manager, instance_namespace(instance), expanded->spec, &resolved,
                       &reason, NULL))
        facts.claims = resolved.claims;
    status_set_run(vmi, &facts);
    set_warnings(instance, run);
    if (!run->unreachable)
        instance_set_running(instance);
    if (api_bool_or(expanded->spec->domain->devices->autoattach_serial_console, TRUE))
        open_console(instance);
    machine_watch(instance);
}
