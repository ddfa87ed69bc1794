// SPDX-License-Identifier: LGPL-2.1-or-later
// One VMI inside the manager; see instance.h. Starts and stops nothing.
#include "manager/instance.h"

#include <string.h>
#include <syslog.h>

#include "api/defaults.h"
#include "base/error.h"
#include "manager/log.h"
#include "manager/saving.h"
#include "manager/status.h"
#include "objects/object.h"

enum {
    EVENTS_SECONDS = 5,
};

static Instance *make(Manager *manager, ApiObject *object)
{
    Instance *self = g_new0(Instance, 1);
    ApiVirtualMachineInstance *vmi = api_object_vmi(object);

    self->manager = manager;
    self->public.object = object;
    g_queue_init(&self->jobs);
    if (!vmi->status)
        vmi->status = api_vmi_status_new();
    return self;
}

Instance *instance_new_undefined(Manager *manager, ApiObject *object)
{
    Instance *self = make(manager, object);

    self->undefined = TRUE;
    return self;
}

Instance *instance_new(Manager *manager, ApiObject *object)
{
    Instance *self = make(manager, object);
    const ApiVirtualMachineInstance *vmi = api_object_vmi(object);
    const GPtrArray *transitions = NULL;

    transitions = vmi->status->phase_transition_timestamps;
    if (transitions && transitions->len > 0) {
        const ApiPhaseTransition *last = g_ptr_array_index(transitions, transitions->len - 1);

        self->public.phase_since = manager_parse_time(last->phase_transition_timestamp);
    }
    g_hash_table_replace(manager->instances,
                         g_strconcat(vmi->metadata->namespace, "/", vmi->metadata->name, NULL),
                         self);
    return self;
}

void instance_free(Instance *self)
{
    if (!self)
        return;
    g_clear_pointer(&self->public.console, guest_console_free);
    g_clear_pointer(&self->leader, guest_leader_free);
    g_queue_clear(&self->jobs);
    if (self->undefined)
        api_object_free(self->public.object);
    g_free(self->io_error);
    g_free(self);
}

Instance *instance_find(const Manager *manager, const char *namespace, const char *name)
{
    g_autofree char *key = g_strconcat(object_namespace_or_default(namespace), "/", name, NULL);

    return g_hash_table_lookup(manager->instances, key);
}

Instance *instance_of(const Manager *manager, const ApiObject *object)
{
    const ApiVirtualMachineInstance *vmi = api_object_vmi(object);

    return vmi ? instance_find(manager, vmi->metadata->namespace, vmi->metadata->name) : NULL;
}

Instance *instance_find_by_uid(const Manager *manager, const char *uid)
{
    return instance_of(manager, objects_by_uid(manager->objects, uid));
}

ApiVirtualMachineInstance *instance_vmi(const Instance *self)
{
    return self->public.object->data;
}

const char *instance_namespace(const Instance *self)
{
    return instance_vmi(self)->metadata->namespace;
}

const char *instance_name(const Instance *self)
{
    return instance_vmi(self)->metadata->name;
}

ApiVmiPhase instance_phase(const Instance *self)
{
    return instance_vmi(self)->status->phase;
}

Run *instance_run(const Instance *self)
{
    Run *run = runs_lookup(self->manager->runs, instance_namespace(self), instance_name(self));

    return run && run_owner(run) == self ? run : NULL;
}

gboolean instance_is_ending(const Instance *self)
{
    const Run *run = instance_run(self);

    return run && run_is_ending(run);
}

gboolean instance_check_running(const Instance *self, GError **error)
{
    const Run *run = instance_run(self);
    g_autofree char *arguments =
        object_vmictl_arguments(instance_namespace(self), instance_name(self));

    if (run && run_is_living(run))
        return TRUE;
    if (run && run_record(run)->state == API_RUN_STATE_UNREACHABLE) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_HOST,
                    "libvirt has lost what it knew of the guest \"%s\", which can only be stopped "
                    "or deleted: vmictl stop %s",
                    instance_name(self), arguments);
        return FALSE;
    }
    g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_RUNNING,
                "\"%s\" is not running, start it first: vmictl start %s", instance_name(self),
                arguments);
    return FALSE;
}

gboolean instance_is_deleted(const Instance *self)
{
    return instance_vmi(self)->metadata->deletion_timestamp != NULL;
}

ApiVirtualMachineInstance *instance_expand(const Instance *self)
{
    ApiVirtualMachineInstance *vmi = api_virtual_machine_instance_copy(instance_vmi(self));
    // Upstream draws a random one for every VMI; ours must be the same when the VMI is run again, and so is its uid.
    const ApiDefaultsContext context = { .architecture = "amd64",
                                         .firmware_uuid = vmi->metadata->uid };

    api_vmi_apply_defaults(vmi, &context);
    return vmi;
}

// ---- phase and events ------------------------------------------------------------------------------------------

void instance_set_phase(Instance *self, ApiVmiPhase phase, const char *reason, const char *message)
{
    gint64 now = g_get_real_time();

    if (instance_phase(self) != phase)
        self->public.phase_since = now;
    status_set_phase(instance_vmi(self), phase, reason, message, now);
}

void instance_enter(Instance *self, ApiVmiPhase phase, gboolean warning, const char *reason,
                    const char *message)
{
    instance_set_phase(self, phase, reason, message);
    instance_add_event(self, warning, reason, "%s", message);
    // How it ended cannot be found again; a failure is a problem and an event already.
    if (status_is_final(phase) && !self->undefined) {
        self->events_unsaved = FALSE;
        (void)!saving_save_wait(self->manager, self->public.object, TRUE, NULL);
    } else {
        instance_save_or_warn(self);
    }
    instance_changed(self);
}

// The sentence that it was paused with; that of a former vmid while the reason is the same.
static const char *pause_message(const Instance *self, const char *reason)
{
    const ApiCondition *condition = status_paused(instance_vmi(self));

    if (!self->public.run->paused_by_error)
        return "the guest was paused as asked";
    if (self->io_error)
        return self->io_error;
    return condition && condition->message && g_strcmp0(condition->reason, reason) == 0
               ? condition->message
               : "the guest was paused because of an I/O error";
}

void instance_set_running(Instance *self)
{
    const GuestRun *run = self->public.run;
    const char *reason = run->paused_by_error ? "PausedIOError" : "PausedByUser";
    gint64 now = g_get_real_time();
    g_autofree char *message = NULL;

    if (!run->paused) {
        self->public.paused_since = 0;
        status_set_paused(instance_vmi(self), NULL, NULL, now);
        instance_set_phase(
            self, API_VMI_PHASE_RUNNING, self->undefined ? "NoDefinition" : "Started",
            self->undefined ? "the guest runs, and has no definition" : "the guest runs");
        return;
    }
    message = g_strdup(pause_message(self, reason));
    status_set_paused(instance_vmi(self), reason, message, now);
    self->public.paused_since =
        manager_parse_time(status_paused(instance_vmi(self))->last_transition_time);
    instance_set_phase(self, API_VMI_PHASE_RUNNING, reason, message);
}

void instance_tell_paused(Instance *self)
{
    const GuestRun *run = self->public.run;

    if (!run || run->paused == (self->public.paused_since != 0))
        return;
    if (!run->paused)
        g_clear_pointer(&self->io_error, g_free);
    instance_set_running(self);
    instance_add_event(self, run->paused_by_error, run->paused ? "Paused" : "Unpaused", "%s",
                       run->paused ? instance_vmi(self)->status->message : "the guest was resumed");
    instance_save_or_warn(self);
}

void instance_save_events(Manager *manager)
{
    GHashTableIter iter;
    gpointer value = NULL;

    g_clear_handle_id(&manager->events_timer, g_source_remove);
    g_hash_table_iter_init(&iter, manager->instances);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (((Instance *)value)->events_unsaved)
            instance_save_or_warn(value);
}

static gboolean on_events_timer(gpointer user_data)
{
    Manager *manager = user_data;

    manager->events_timer = 0;
    instance_save_events(manager);
    return G_SOURCE_REMOVE;
}

// Most events come with a state that is saved in a moment. Of the others a guest may cause any number: they are written together.
static void save_event_later(Instance *self)
{
    self->events_unsaved = TRUE;
    if (self->manager->events_timer == 0)
        self->manager->events_timer =
            g_timeout_add_seconds(EVENTS_SECONDS, on_events_timer, self->manager);
}

void instance_add_event(Instance *self, gboolean warning, const char *reason, const char *format,
                        ...)
{
    g_autofree char *message = NULL;
    LogContext context = { .namespace = instance_namespace(self),
                           .name = instance_name(self),
                           .reason = reason };
    va_list ap;

    va_start(ap, format);
    message = g_strdup_vprintf(format, ap);
    va_end(ap);
    status_add_event(instance_vmi(self)->status, warning, reason, message, g_get_real_time());
    if (!self->undefined)
        save_event_later(self);
    if (self->public.job)
        context.job_id = self->public.job->id;
    log_message(warning ? LOG_WARNING : LOG_INFO, &context, message);
}

void instance_changed(Instance *self)
{
    manager_emit(self->manager, instance_changed, &self->public);
}

void instance_redefined(Instance *self)
{
    if (!self->undefined)
        objects_put(self->manager->objects, self->public.object);
}

gboolean instance_save(Instance *self, GError **error)
{
    self->events_unsaved = FALSE;
    return self->undefined || saving_save_wait(self->manager, self->public.object, FALSE, error);
}

void instance_save_or_warn(Instance *self)
{
    self->events_unsaved = FALSE;
    if (!self->undefined)
        saving_save(self->manager, self->public.object);
}

void instance_tell_unsaved(Manager *manager, const ApiObject *object, const GError *error)
{
    Instance *instance = instance_of(manager, object);

    if (instance)
        instance_add_event(instance, TRUE, "SaveFailed",
                           "the state could not be saved, vmid tries again: %s", error->message);
}

gboolean instance_check_stop_saved(Instance *self, GError **error)
{
    ApiObject *object = self->public.object;

    if (self->undefined || !saving_failure(self->manager, object) ||
        saving_save_wait(self->manager, object, TRUE, error))
        return TRUE;
    g_prefix_error(error,
                   "\"%s\" is stopped, but may be started again when vmid is, as that could not be "
                   "saved yet: ",
                   instance_name(self));
    return FALSE;
}
