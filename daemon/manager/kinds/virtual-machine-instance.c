// SPDX-License-Identifier: LGPL-2.1-or-later
// VirtualMachineInstances as objects; what they run is in runs/, and what is between the two in manager/instance.h.
#include "manager/kind.h"

#include "base/error.h"
#include "manager/delete-instance.h"
#include "manager/host-ports.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/settle.h"
#include "manager/start.h"
#include "manager/status.h"
#include "objects/object.h"

// ---- applying --------------------------------------------------------------------------------------------------

// As far as its definition tells: until vmid is ready it alone does.
static gboolean may_have_guest(const Instance *instance)
{
    ApiVmiPhase phase = instance_phase(instance);

    return !status_is_final(phase) && phase != API_VMI_PHASE_UNSET &&
           phase != API_VMI_PHASE_PENDING;
}

static gboolean admit(Manager *self, ApplyEntry *entry, GError **error)
{
    const ApiObjectMeta *meta = api_object_meta(entry->candidate);
    const Instance *instance = instance_find(self, meta->namespace, meta->name);
    g_autofree char *arguments = object_vmictl_arguments(meta->namespace, meta->name);

    if (entry->respecified && (instance->public.run || instance->public.job)) {
        g_set_error(
            error, VMI_ERROR, VMI_ERROR_CONFLICT,
            "its spec differs from that of the running guest, stop it first: vmictl stop %s",
            arguments);
        return FALSE;
    }
    return !entry->respecified || !may_have_guest(instance) || manager_check_ready(self, error);
}

static void begin_status(const Manager *self, ApplyEntry *entry)
{
    ApiVirtualMachineInstance *vmi = api_object_vmi(entry->candidate);

    vmi->status = entry->existing ? api_vmi_status_copy(api_object_vmi(entry->existing)->status)
                                  : api_vmi_status_new();
    if (!entry->respecified)
        return;
    g_clear_pointer(&vmi->status->warnings, g_ptr_array_unref);
    vmi->status->warnings = apply_warnings(self, entry->candidate);
    // On disk a VMI that will be started is Pending, so that a crash does not forget the start.
    vmi->status->phase = API_VMI_PHASE_PENDING;
}

// What happened since it was admitted, which copied what had happened until then. BEFORE: what OBJECT was.
static void take_events(ApiObject *object, ApiObject *before)
{
    ApiVmiStatus *now = api_object_vmi(object)->status, *then = api_object_vmi(before)->status;
    GPtrArray *events = now->events;

    now->events = then->events;
    then->events = events;
}

static void applied(Manager *self, const ApplyEntry *entry, ApiObject *object)
{
    Instance *instance = instance_of(self, object);

    if (entry->existing && entry->respecified)
        take_events(object, entry->candidate);
    if (entry->respecified) {
        // Through the front door: phase, its time and the Ready condition belong together.
        api_object_vmi(object)->status->phase = API_VMI_PHASE_UNSET;
        instance->waiting = FALSE;
        instance_set_phase(instance, API_VMI_PHASE_PENDING, NULL, NULL);
    }
    if (!entry->existing)
        manager_emit(self, instance_added, &instance->public);
    instance_add_event(instance, FALSE, entry->existing ? "Configured" : "Created",
                       "the definition was %s", entry->existing ? "changed" : "created");
    instance_changed(instance);
}

static ManagerJob *begin(Manager *self, const ApplyEntry *entry, ApiObject *object)
{
    Instance *instance = instance_of(self, object);
    ManagerJob *job = NULL;

    if (!entry->respecified)
        return NULL;
    // What it waited for may have come while the definition was on its way to disk.
    job = job_find(instance, MANAGER_JOB_START);
    return job ? job : job_new(instance, MANAGER_JOB_START);
}

// ---- being there -----------------------------------------------------------------------------------------------

static void enter(Manager *self, ApiObject *object)
{
    host_ports_add(instance_new(self, object));
}

static void late(Manager *self, ApiObject *object)
{
    Instance *instance = instance_of(self, object);

    manager_emit(self, instance_added, &instance->public);
    settle_late(instance);
}

static void reconcile(Manager *self, ApiObject *object)
{
    Instance *instance = instance_of(self, object);

    if (!instance)
        return;
    // Jobs that waited for a definition, and a start that waits for something.
    job_schedule(instance);
    start_resume(instance);
    start_retry(instance);
    // Its definition could not be removed, and is on disk again.
    if (self->settled && instance_is_deleted(instance) && !instance->public.job)
        job_new(instance, MANAGER_JOB_DELETE);
}

// ---- being looked at -------------------------------------------------------------------------------------------

// "10022:22/tcp,8080/tcp": a number that is the same on both sides is there once.
static char *ports_text(const GPtrArray *ports)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; ports && i < ports->len; i++) {
        const ApiHostPort *port = ports->pdata[i];
        gint64 host = api_int_or(port->host_port, 0), guest = api_int_or(port->port, 0);

        if (i > 0)
            g_string_append_c(text, ',');
        if (host != guest)
            g_string_append_printf(text, "%" G_GINT64_FORMAT ":", host);
        g_string_append_printf(text, "%" G_GINT64_FORMAT "/%s", guest,
                               port->protocol == API_PORT_PROTOCOL_UDP ? "udp" : "tcp");
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

// Of one without a definition as well.
static void describe(Manager *self, const ApiObject *object, ManagerRow *row)
{
    const ApiVmiStatus *status = api_object_vmi(object)->status;
    const ApiObjectMeta *meta = api_object_meta(object);
    const ManagerInstance *instance = manager_instance(self, meta->namespace, meta->name);
    g_autofree char *ports = status ? ports_text(status->host_ports) : NULL;

    if (instance && instance->run)
        kind_row_add(row, "unit", instance->run->scope);
    if (!status)
        return;
    row->phase = api_enum_to_string(&api_vmi_phase_values, status->phase);
    row->reason = status->reason;
    if (instance && instance->run && instance->run->paused)
        kind_row_add(row, "paused", "yes");
    if (status->interfaces && status->interfaces->len > 0)
        kind_row_add(row, "ip",
                     ((const ApiInterfaceStatus *)status->interfaces->pdata[0])->ip_address);
    kind_row_add(row, "ports", ports);
}

const Kind kind_virtual_machine_instance = {
    .name = "VirtualMachineInstance",
    .admit = admit,
    .begin_status = begin_status,
    .applied = applied,
    .begin = begin,
    .enter = enter,
    .late = late,
    .reconcile = reconcile,
    .remove = delete_instance,
    .describe = describe,
};
