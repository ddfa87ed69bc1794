// SPDX-License-Identifier: LGPL-2.1-or-later
// See owner.h.
#include "manager/owner.h"

#include "api/defaults.h"
#include "api/validate.h"
#include "base/error.h"
#include "manager/apply.h"
#include "manager/attach.h"
#include "manager/claims.h"
#include "manager/delete-claim.h"
#include "manager/drain.h"
#include "manager/freed.h"
#include "manager/host-ports.h"
#include "manager/images.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/machine.h"
#include "manager/saving.h"
#include "manager/status.h"
#include "manager/undefined.h"
#include "manager/unread.h"
#include "manager/want.h"
#include "objects/object.h"
#include "runs/outcome.h"

enum {
    SAME_REBOOT_USEC = G_USEC_PER_SEC,
};

// ---- whose it is -----------------------------------------------------------------------------------------------

// By its names when nothing is left that tells the object's uid.
static gpointer find(const RunRecord *record, gpointer user_data)
{
    const ApiRunOwner *owner = record->owner;

    return owner->uid ? instance_find_by_uid(user_data, owner->uid)
                      : instance_find(user_data, owner->namespace, owner->name);
}

static gboolean is_unknown(Run *run, gpointer user_data)
{
    const ApiRunOwner *owner = run_record(run)->owner;

    return !run_owner(run) && unread_covers(user_data, api_kind_find("VirtualMachineInstance"),
                                            owner->namespace, owner->name);
}

// ---- what a run asks -------------------------------------------------------------------------------------------

static GPtrArray *copy_host_ports(const GPtrArray *ports)
{
    GPtrArray *copy = api_list_new(&api_host_port_type);

    for (guint i = 0; ports && i < ports->len; i++)
        g_ptr_array_add(copy, api_host_port_copy(g_ptr_array_index(ports, i)));
    return copy;
}

static gboolean prepare_start(Instance *instance, RunInput *input, GError **error)
{
    g_auto(ClaimsResolved) resolved = { 0 };

    if (!claims_resolve(instance->manager, instance_namespace(instance), input->vmi->spec,
                        &resolved, &instance->start_reason, error) ||
        !host_ports_assign(instance, input->vmi, error))
        return FALSE;
    input->claims = g_steal_pointer(&resolved.claims);
    input->secrets = g_steal_pointer(&resolved.secrets);
    input->host_ports = copy_host_ports(instance_vmi(instance)->status->host_ports);
    instance->start_reason = NULL;
    instance->waiting = FALSE;
    // Not saved: the record says it, until the guest begins.
    instance_set_phase(instance, API_VMI_PHASE_SCHEDULING, NULL, NULL);
    instance_changed(instance);
    return TRUE;
}

static RunInput *prepare(Run *run, const RunPlug *plug, gpointer user_data, GError **error)
{
    Instance *instance = run_owner(run);
    g_autoptr(RunInput) input = run_input_new();

    if (!instance || instance->undefined) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND, "its definition is gone");
        return NULL;
    }
    input->vmi = instance_expand(instance);
    if (!(plug ? attach_prepare(instance, plug, input, error)
               : prepare_start(instance, input, error)))
        return NULL;
    return g_steal_pointer(&input);
}

static gboolean accept(Run *run, const GPtrArray *looks, gpointer user_data, GError **error)
{
    Instance *instance = run_owner(run);

    if (!images_accept(instance, looks, &instance->start_reason, error))
        return FALSE;
    if (run_record(run)->step == API_RUN_STEP_PLUG)
        attach_warn(instance, run_record(run)->step_want.value, looks);
    return TRUE;
}

static gboolean begin(Run *run, gpointer user_data, GError **error)
{
    Instance *instance = run_owner(run);

    instance_set_phase(instance, API_VMI_PHASE_SCHEDULED, NULL, NULL);
    if (!instance_save(instance, error))
        return FALSE;
    instance_changed(instance);
    return TRUE;
}

// Of one without a definition Kubernetes' default.
static gint64 grace(Run *run, gpointer user_data)
{
    const Instance *instance = run_owner(run);
    const ApiVmiSpec none = { 0 };

    return (gint64)api_vmi_grace_seconds(instance ? instance_vmi(instance)->spec : &none) *
           G_USEC_PER_SEC;
}

// ---- what is known of a run ------------------------------------------------------------------------------------

// The run as others see it: from its first instruction until it has ended, and is released.
static const GuestRun *visible_guest(const Run *run)
{
    const RunRecord *record = run_record(run);
    gboolean ended = record->end != API_RUN_END_UNSET && record->state != API_RUN_STATE_GONE &&
                     record->state != API_RUN_STATE_FORGETTING &&
                     record->state != API_RUN_STATE_LEFT;

    return ended || (run_machine_has_begun(record) && record->state != API_RUN_STATE_BEGINNING)
               ? run_guest(run)
               : NULL;
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
static void set_warnings(Instance *instance, const GuestRun *guest)
{
    ApiVmiStatus *status = instance_vmi(instance)->status;

    g_clear_pointer(&status->warnings, g_ptr_array_unref);
    status->warnings = apply_warnings(instance->manager, instance->public.object);
    for (guint i = 0; guest->warnings && i < guest->warnings->len; i++) {
        if (!status->warnings)
            status->warnings = api_list_new(NULL);
        g_ptr_array_add(status->warnings, g_strdup(g_ptr_array_index(guest->warnings, i)));
    }
}

static void publish(Instance *instance, const Run *run)
{
    const GuestRun *guest = run_guest(run);
    g_autoptr(ApiVirtualMachineInstance) expanded = instance_expand(instance);
    g_auto(ClaimsResolved) resolved = { 0 };
    const char *reason = NULL;
    StatusFacts facts = { .expanded = expanded,
                          .run = guest,
                          .node_name = instance->manager->node_name };

    instance->public.run = guest;
    // For a guest found running its claims may be gone by now: the status then says less.
    if (claims_resolve(instance->manager, instance_namespace(instance), expanded->spec, &resolved,
                       &reason, NULL))
        facts.claims = resolved.claims;
    status_set_run(instance_vmi(instance), &facts);
    attach_publish(instance, run_record(run));
    set_warnings(instance, guest);
    if (!guest->unreachable)
        instance_set_running(instance);
    if (!instance->public.console &&
        api_bool_or(expanded->spec->domain->devices->autoattach_serial_console, TRUE))
        open_console(instance);
    machine_watch(instance);
}

static void unpublish(Instance *instance)
{
    g_clear_pointer(&instance->public.console, guest_console_free);
    g_clear_pointer(&instance->leader, guest_leader_free);
    g_clear_pointer(&instance->io_error, g_free);
    instance->public.run = NULL;
    instance->public.paused_since = 0;
    status_clear_run(instance_vmi(instance));
    status_set_paused(instance_vmi(instance), NULL, NULL, g_get_real_time());
}

// ---- news ------------------------------------------------------------------------------------------------------

// Upstream such a card has all ports.
static void tell_of_unlisted_ports(Instance *instance)
{
    g_autoptr(ApiVirtualMachineInstance) expanded = instance_expand(instance);
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

static void on_started(Instance *instance, const Run *run, const char *detail)
{
    publish(instance, run);
    instance_add_event(instance, FALSE, "Started", "the guest runs");
    tell_of_unlisted_ports(instance);
    instance_save_or_warn(instance);
}

// libvirt's record of it could not be read. To end it for that would lose what the guest has in its memory.
static void tell_unreachable(Instance *instance)
{
    g_autofree char *message =
        g_strdup_printf("QEMU (pid %d) runs, but libvirt has lost what it knew of it: the guest is "
                        "left alone until "
                        "it ends or is stopped, which kills it; restarting vmid tries once more",
                        instance->public.run->pid);
    g_autofree char *problem =
        g_strdup_printf("the guest \"%s/%s\" runs, and libvirt has lost what it knew of it",
                        instance_namespace(instance), instance_name(instance));

    instance_enter(instance, API_VMI_PHASE_UNKNOWN, TRUE, "GuestUnreachable", message);
    // Of one without a definition there is a problem to show already.
    if (!instance->undefined)
        manager_set_guest_problem(instance->manager, instance_namespace(instance),
                                  instance_name(instance), problem);
}

static void on_found(Instance *instance, const Run *run, const char *detail)
{
    gboolean known = instance_phase(instance) == API_VMI_PHASE_RUNNING;
    const GuestRun *guest = run_guest(run);

    host_ports_adopt(instance, guest);
    publish(instance, run);
    if (guest->unreachable)
        tell_unreachable(instance);
    else
        instance_add_event(instance, FALSE, known ? "Adopted" : "Started", "%s",
                           known ? "the guest was found running" : "the guest runs");
    // It may have been paused meanwhile.
    if (!known || guest->paused)
        instance_save_or_warn(instance);
}

static void on_paused(Instance *instance, const Run *run, const char *detail)
{
    // One that could not be let run at first.
    if (!instance->public.run)
        publish(instance, run);
    instance_tell_paused(instance);
}

static void on_rebooted(Instance *instance, const Run *run, const char *detail)
{
    const ApiEvent *last = status_last_event(instance_vmi(instance)->status);

    // libvirt says it twice.
    if (last && g_str_equal(last->reason, "Rebooted") &&
        g_get_real_time() - last->last.value < SAME_REBOOT_USEC)
        return;
    instance_add_event(instance, FALSE, "Rebooted", "the guest rebooted");
}

static void set_step_of_stops(Instance *instance, const char *step, guint number)
{
    for (const GList *link = instance->jobs.head; link; link = link->next) {
        ManagerJob *job = link->data;

        if (job_is_stopping(job) && job->step_number < number)
            job_set_step(job, step, number, 2);
    }
}

static void on_stopping(Instance *instance, const Run *run, const char *detail)
{
    instance_add_event(instance, FALSE, "Stopping",
                       "the guest was asked to shut down and has %" G_GINT64_FORMAT " s to do so",
                       run_seconds_left(run));
}

static void on_not_asked(Instance *instance, const Run *run, const char *detail)
{
    instance_add_event(instance, TRUE, "Problem",
                       "the guest could not be asked to shut down and is killed: %s",
                       detail ? detail : "libvirt does not know it");
}

static void on_not_killed(Instance *instance, const Run *run, const char *detail)
{
    instance_add_event(instance, TRUE, "Problem", "the guest could not be killed: %s",
                       detail ? detail
                              : "the kernel holds it, perhaps for a device that does not answer");
}

static void on_left(Instance *instance, const Run *run, const char *detail)
{
    instance_add_event(instance, TRUE, "Problem", "not all of the run could be cleaned up: %s",
                       detail);
}

static const struct {
    RunNews news;
    void (*tell)(Instance *instance, const Run *run, const char *detail);
} rows[] = {
    { RUN_NEWS_STARTED, on_started },     { RUN_NEWS_FOUND, on_found },
    { RUN_NEWS_PAUSED, on_paused },       { RUN_NEWS_UNPAUSED, on_paused },
    { RUN_NEWS_REBOOTED, on_rebooted },   { RUN_NEWS_STOPPING, on_stopping },
    { RUN_NEWS_NOT_ASKED, on_not_asked }, { RUN_NEWS_NOT_KILLED, on_not_killed },
    { RUN_NEWS_LEFT, on_left },
};

// Of a run that no object is known of: there may be one that could not be read.
static void nobodys_news(Manager *self, Run *run, RunNews what, const char *detail)
{
    const ApiRunOwner *owner = run_record(run)->owner;

    if (what == RUN_NEWS_LEFT) {
        g_autofree char *text =
            g_strdup_printf("not all of the guest \"%s/%s\" could be cleaned up: %s",
                            owner->namespace, owner->name, detail);

        manager_set_guest_problem(self, owner->namespace, owner->name, text);
    }
}

static void news(Run *run, RunNews what, const char *detail, gpointer user_data)
{
    Instance *instance = run_owner(run);

    if (!instance) {
        nobodys_news(user_data, run, what, detail);
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].news == what)
            rows[i].tell(instance, run, detail);
}

static void progress(Run *run, const char *step, guint number, guint of, gpointer user_data)
{
    Instance *instance = run_owner(run);

    for (const GList *link = instance ? instance->jobs.head : NULL; link; link = link->next) {
        ManagerJob *job = link->data;

        if (job_is_starting(job)) {
            job_set_step(job, step, number, of);
            return;
        }
    }
}

// What happened to VOLUME, and what to do; the same sentence for each of the requests that failed.
static char *describe_io_error(const Instance *instance, const char *volume, const char *reason)
{
    g_autofree char *arguments =
        object_vmictl_arguments(instance_namespace(instance), instance_name(instance));

    if (g_strcmp0(reason, "enospc") == 0)
        return g_strdup_printf(
            "the file system that the volume \"%s\" is on is full; make room there, "
            "then, if the guest is paused: vmictl unpause %s",
            volume, arguments);
    return g_strdup_printf("QEMU could not read or write the volume \"%s\": %s", volume,
                           reason && *reason ? reason : "input/output error");
}

static void io_error(Run *run, const char *volume, const char *reason, gpointer user_data)
{
    Instance *instance = run_owner(run);
    g_autofree char *text = NULL;

    if (!instance || !instance->public.run)
        return;
    text = describe_io_error(instance, volume, reason);
    if (g_strcmp0(instance->io_error, text) == 0)
        return;
    g_free(instance->io_error);
    instance->io_error = g_steal_pointer(&text);
    instance_add_event(instance, TRUE, "IOError", "%s", instance->io_error);
    instance_changed(instance);
}

// ---- ends ------------------------------------------------------------------------------------------------------

static void on_want_ended(Run *run, const RunWantEnd *end, const GError *error, gpointer user_data)
{
    Instance *instance = run_owner(run);

    if (instance)
        want_ended(instance, end, error);
}

static void ended(Run *run, RunEnd end, const char *detail, gpointer user_data)
{
    Instance *instance = run_owner(run);
    gboolean succeeded = run_end_succeeded(end);
    gboolean detailed = !succeeded && end != API_RUN_END_GRACE_PERIOD_EXPIRED && detail && *detail;
    g_autofree char *message = g_strdup_printf("%s%s%s", run_end_describe(end),
                                               detailed ? ": " : "", detailed ? detail : "");
    const ApiRunOwner *owner = run_record(run)->owner;

    manager_set_guest_problem(user_data, owner->namespace, owner->name, NULL);
    if (!instance)
        return;
    unpublish(instance);
    instance_enter(instance, succeeded ? API_VMI_PHASE_SUCCEEDED : API_VMI_PHASE_FAILED, !succeeded,
                   api_enum_to_string(&api_run_end_values, (int)end), message);
}

static void changed(Run *run, gpointer user_data)
{
    Instance *instance = run_owner(run);

    // Its claims are free.
    if (run_record(run)->state == API_RUN_STATE_FORGETTING)
        freed(user_data);
    if (!instance)
        return;
    instance->public.run = visible_guest(run);
    if (run_record(run)->state == API_RUN_STATE_ASKED)
        set_step_of_stops(instance, "Waiting for the guest to shut down", 1);
    if (run_record(run)->state == API_RUN_STATE_KILLED)
        set_step_of_stops(instance, "Killing the guest", 2);
    instance_changed(instance);
}

// What goes on now that nothing of the last run is in the way.
static void go_on(Instance *instance)
{
    if (instance->public.job)
        return;
    // What of it could not be removed before.
    if (instance_is_deleted(instance))
        job_new(instance, MANAGER_JOB_DELETE);
    // A start that a former vmid did not get to its end.
    else if (!instance->waiting && !status_is_final(instance_phase(instance)))
        job_new(instance, MANAGER_JOB_START);
}

static void over(Run *run, gpointer user_data)
{
    Manager *self = user_data;
    Instance *instance = run_owner(run);
    const ApiRunOwner *owner = run_record(run)->owner;

    if (instance && instance->undefined) {
        undefined_remove(instance);
    } else if (instance) {
        instance->public.run = NULL;
        go_on(instance);
    } else {
        guest_forget(self->host, owner->namespace, owner->name);
        manager_set_guest_problem(self, owner->namespace, owner->name, NULL);
    }
    freed(self);
    drain_check(self);
}

static void problem(Run *run, const char *text, gpointer user_data)
{
    const ApiRunOwner *owner = run ? run_record(run)->owner : NULL;
    g_autofree char *topic =
        owner ? g_strdup_printf("run %s/%s", owner->namespace, owner->name) : NULL;

    if (run)
        manager_set_problem(user_data, topic, text);
    else
        manager_add_problem(user_data, "%s", text);
}

// Before it hears what was found of it, which may end what it was wanted for.
static void found(Run *run, gpointer user_data)
{
    Instance *instance = run_owner(run);

    if (instance)
        want_take_up(instance);
}

const RunsOwner owner_of_runs = {
    .find = find,
    .found = found,
    .is_unknown = is_unknown,
    .prepare = prepare,
    .accept = accept,
    .begin = begin,
    .grace = grace,
    .progress = progress,
    .news = news,
    .io_error = io_error,
    .want_ended = on_want_ended,
    .ended = ended,
    .changed = changed,
    .over = over,
    .problem = problem,
};

void owner_adopt(Instance *instance, Run *run)
{
    run_set_owner(run, instance);
    if (visible_guest(run))
        on_found(instance, run, NULL);
    instance_changed(instance);
}

void owner_take_undefined(Manager *self)
{
    g_autoptr(GPtrArray) all = runs_all(self->runs);

    for (guint i = 0; i < all->len; i++) {
        Run *run = g_ptr_array_index(all, i);

        if (run_owner(run) || is_unknown(run, self) || !run_machine_has_begun(run_record(run)))
            continue;
        undefined_add(self, run);
        owner_adopt(run_owner(run), run);
    }
}
