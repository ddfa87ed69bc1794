// SPDX-License-Identifier: LGPL-2.1-or-later
// org.example.Vmi1.Instance: a VirtualMachineInstance. D-Bus types <-> one call into the manager;
// no logic.
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "bus/polkit.h"
#include "bus/service-internal.h"

// ---- finding ----

static gpointer find(BusService *service, const char *path)
{
    g_autofree char *namespace = NULL, *name = NULL;

    if (!object_path_parse(path, BUS_INSTANCES, &namespace, &name))
        return NULL;
    return manager_instance(service->manager, namespace, name);
}

static char **enumerate(BusService *service)
{
    g_autoptr(GPtrArray) instances = manager_instances(service->manager);
    g_autoptr(GPtrArray) paths = g_ptr_array_new();

    for (guint i = 0; i < instances->len; i++) {
        const ManagerInstance *instance = instances->pdata[i];
        const ApiObjectMeta *meta = api_object_meta(instance->object);

        g_ptr_array_add(paths, object_path_of(BUS_INSTANCES, meta->namespace, meta->name));
    }
    g_ptr_array_add(paths, NULL);
    return (char **)g_ptr_array_steal(paths, NULL);
}

static const char *identity(const BusCall *call)
{
    const ManagerInstance *instance = call->object;

    return api_object_meta(instance->object)->uid;
}

static void details(const BusCall *call, GPtrArray *ret_details)
{
    const ManagerInstance *instance = call->object;
    const ApiObjectMeta *meta = api_object_meta(instance->object);
    const char *const pairs[] = { "kind",      instance->object->info->kind,
                                  "namespace", meta->namespace,
                                  "name",      meta->name };

    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
        g_ptr_array_add(ret_details, g_strdup(pairs[i]));
}

// ---- methods ----

typedef struct {
    const char *disk, *claim;
    ManagerStopOptions stop;
    ManagerAttachOptions attach;
} Arguments;

static gboolean reply_job(sd_bus_message *reply, ManagerJob *job, GError **error)
{
    g_autofree char *path = job ? object_path_of_job(manager_job_info(job).id) : g_strdup("/");

    return wire_ok(sd_bus_message_append(reply, "o", path), error);
}

#define SERIAL_MAX 256 // as API_SERIAL_RULE says

#define TAKES_DISK \
    { \
        "disk", 's', offsetof(Arguments, attach.disk), WIRE_LABEL_MAX \
    }

static const WireArgument no_options[] = { { 0 } };
static const WireArgument takes_none[] = { { "options", 'a', .options = no_options }, { 0 } };

static const WireArgument stop_options[] = {
    { "force", 'b', offsetof(Arguments, stop.force) },
    { "timeout", 't', offsetof(Arguments, stop.timeout_usec) },
    { 0 },
};
static const WireArgument takes_stop[] = { { "options", 'a', .options = stop_options }, { 0 } };

static const WireArgument attach_options[] = {
    { "bus", 's', offsetof(Arguments, attach.bus), WIRE_WORD_MAX },
    { "serial", 's', offsetof(Arguments, attach.serial), SERIAL_MAX },
    { "persist", 'b', offsetof(Arguments, attach.persist) },
    { 0 },
};
static const WireArgument takes_attach[] = {
    TAKES_DISK,
    { "claim", 's', offsetof(Arguments, attach.claim), WIRE_NAME_MAX },
    { "options", 'a', .options = attach_options },
    { 0 },
};

static const WireArgument detach_options[] = {
    { "persist", 'b', offsetof(Arguments, attach.persist) },
    { 0 },
};
static const WireArgument takes_detach[] = {
    TAKES_DISK,
    { "options", 'a', .options = detach_options },
    { 0 },
};

static void details_volume(const BusCall *call, GPtrArray *ret_details)
{
    const Arguments *arguments = call->arguments;

    details(call, ret_details);
    g_ptr_array_add(ret_details, g_strdup("disk"));
    g_ptr_array_add(ret_details, g_strdup(arguments->attach.disk));
    if (!arguments->attach.claim)
        return;
    g_ptr_array_add(ret_details, g_strdup("claim"));
    g_ptr_array_add(ret_details, g_strdup(arguments->attach.claim));
}

static gboolean run_start(BusCall *call, sd_bus_message *reply, GError **error)
{
    ManagerJob *job = NULL;

    return manager_instance_start(call->manager, call->object, &job, error) &&
           reply_job(reply, job, error);
}

static gboolean run_stop(BusCall *call, sd_bus_message *reply, GError **error)
{
    const Arguments *arguments = call->arguments;
    ManagerJob *job = NULL;

    return manager_instance_stop(call->manager, call->object, &arguments->stop, &job, error) &&
           reply_job(reply, job, error);
}

static gboolean run_restart(BusCall *call, sd_bus_message *reply, GError **error)
{
    const Arguments *arguments = call->arguments;
    ManagerJob *job = NULL;

    return manager_instance_restart(call->manager, call->object, &arguments->stop, &job, error) &&
           reply_job(reply, job, error);
}

static gboolean run_pause(BusCall *call, sd_bus_message *reply, GError **error)
{
    ManagerJob *job = NULL;

    return manager_instance_pause(call->manager, call->object, TRUE, &job, error) &&
           reply_job(reply, job, error);
}

static gboolean run_unpause(BusCall *call, sd_bus_message *reply, GError **error)
{
    ManagerJob *job = NULL;

    return manager_instance_pause(call->manager, call->object, FALSE, &job, error) &&
           reply_job(reply, job, error);
}

static gboolean run_attach(BusCall *call, sd_bus_message *reply, GError **error)
{
    const Arguments *arguments = call->arguments;
    ManagerJob *job = NULL;

    return manager_instance_attach(call->manager, call->object, &arguments->attach, &job, error) &&
           reply_job(reply, job, error);
}

static gboolean run_detach(BusCall *call, sd_bus_message *reply, GError **error)
{
    const Arguments *arguments = call->arguments;
    ManagerJob *job = NULL;

    return manager_instance_detach(call->manager, call->object, arguments->attach.disk,
                                   arguments->attach.persist, &job, error) &&
           reply_job(reply, job, error);
}

static gboolean run_console(BusCall *call, sd_bus_message *reply, GError **error)
{
    const ManagerInstance *instance = call->object;
    vmi_autofd int fd = -1;

    if (!instance->console) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_RUNNING,
                    "\"%s\" has no console, because its guest is not running; start it first",
                    api_object_meta(instance->object)->name);
        return FALSE;
    }
    fd = guest_console_attach(instance->console, error);
    return fd >= 0 && wire_ok(sd_bus_message_append(reply, "h", fd), error);
}

#define METHOD(member_, action_, takes_, run_, details_) \
    { \
        .member = member_, .action = action_, .arguments_size = sizeof(Arguments), \
        .takes = takes_, .details = details_, .identity = identity, .run = run_ \
    }

static const BusMethod methods[] = {
    METHOD("Start", POLKIT_MANAGE, takes_none, run_start, details),
    METHOD("Stop", POLKIT_MANAGE, takes_stop, run_stop, details),
    METHOD("Restart", POLKIT_MANAGE, takes_stop, run_restart, details),
    METHOD("Pause", POLKIT_MANAGE, takes_none, run_pause, details),
    METHOD("Unpause", POLKIT_MANAGE, takes_none, run_unpause, details),
    METHOD("AttachVolume", POLKIT_MANAGE, takes_attach, run_attach, details_volume),
    METHOD("DetachVolume", POLKIT_MANAGE, takes_detach, run_detach, details_volume),
    METHOD("OpenConsole", POLKIT_CONSOLE, takes_none, run_console, details),
    { 0 },
};

// ---- properties ----

// Of a row of Volumes but for where a volume of the definition lives, and of one of Forwards.
#define DISK_ROW_SIZE (3 * WIRE_LABEL_MAX + 2 * WIRE_NAME_MAX + 256)
#define FORWARD_ROW_SIZE 96
#define EVENT_ROW_SIZE 64 // beside its texts

static const ApiVmiStatus *status_of(const ManagerInstance *instance)
{
    const ApiVirtualMachineInstance *vmi = api_object_vmi(instance->object);

    return vmi ? vmi->status : NULL;
}

static int append_namespace(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ManagerInstance *instance = object;

    return wire_append_text(reply, api_object_meta(instance->object)->namespace);
}

static int append_name(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ManagerInstance *instance = object;

    return wire_append_text(reply, api_object_meta(instance->object)->name);
}

static int append_uid(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ManagerInstance *instance = object;

    return wire_append_text(reply, api_object_meta(instance->object)->uid);
}

static int append_labels(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ManagerInstance *instance = object;
    const GPtrArray *labels = api_object_meta(instance->object)->labels;
    int r = sd_bus_message_open_container(reply, 'a', "{ss}");

    for (guint i = 0; r >= 0 && labels && i < labels->len; i++) {
        const ApiPair *label = labels->pdata[i];

        r = sd_bus_message_append(reply, "{ss}", label->key, label->value);
    }
    return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_phase(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ApiVmiStatus *status = status_of(object);

    return wire_append_text(reply, status ? api_enum_to_string(&api_vmi_phase_values, status->phase)
                                          : NULL);
}

static int append_phase_since(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ManagerInstance *instance = object;

    return sd_bus_message_append(reply, "t", (uint64_t)MAX(instance->phase_since, 0));
}

static int append_paused_since(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ManagerInstance *instance = object;

    return sd_bus_message_append(reply, "t", (uint64_t)instance->paused_since);
}

static int append_reason(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ApiVmiStatus *status = status_of(object);

    return wire_append_text(reply, status ? status->reason : NULL);
}

static int append_message(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ApiVmiStatus *status = status_of(object);

    return wire_append_text(reply, status ? status->message : NULL);
}

static int append_paused(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ManagerInstance *instance = object;

    return sd_bus_message_append(reply, "b", instance->run && instance->run->paused);
}

static int append_unit(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ManagerInstance *instance = object;

    return wire_append_text(reply, instance->run ? instance->run->scope : NULL);
}

static int append_leader(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ManagerInstance *instance = object;

    return sd_bus_message_append(reply, "u", instance->run ? (uint32_t)instance->run->pid : 0);
}

static int append_runtime_user(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ManagerInstance *instance = object;

    return sd_bus_message_append(reply, "u", instance->run ? instance->run->uid : 0);
}

static int append_machine_type(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ManagerInstance *instance = object;

    return wire_append_text(reply, instance->run ? instance->run->machine_type : NULL);
}

static int append_iothread(sd_bus_message *reply, const GuestIoThread *iothread)
{
    int r = sd_bus_message_open_container(reply, 'r', "uuauau");

    if (r >= 0)
        r = sd_bus_message_append(reply, "uu", iothread->id, (uint32_t)iothread->tid);
    if (r >= 0)
        r = wire_append_uints(reply, iothread->planned);
    if (r >= 0)
        r = wire_append_uints(reply, iothread->actual);
    return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_iothreads(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ManagerInstance *instance = object;
    const GPtrArray *iothreads = instance->run ? instance->run->iothreads : NULL;
    int r = sd_bus_message_open_container(reply, 'a', "(uuauau)");

    for (guint i = 0; r >= 0 && iothreads && i < iothreads->len; i++)
        r = append_iothread(reply, iothreads->pdata[i]);
    return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_disk(sd_bus_message *reply, const ManagerInstance *instance,
                       const DomainDiskPlan *disk)
{
    int r = sd_bus_message_open_container(reply, 'r', "sssus");

    if (r >= 0)
        r = sd_bus_message_append(reply, "sssu", disk->volume, disk->target, disk->bus,
                                  disk->iothread);
    if (r >= 0)
        r = wire_append_text(reply, manager_instance_place(instance, disk->volume));
    return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_volumes(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ManagerInstance *instance = object;
    const GPtrArray *disks = instance->run ? instance->run->disks : NULL;
    int r = sd_bus_message_open_container(reply, 'a', "(sssus)");

    for (guint i = 0; r >= 0 && disks && i < disks->len; i++)
        r = append_disk(reply, instance, disks->pdata[i]);
    return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_forward(sd_bus_message *reply, const char *protocol, const char *address,
                          guint host_port, guint guest_port)
{
    return sd_bus_message_append(reply, "(ssqq)", protocol, address, (guint16)host_port,
                                 (guint16)guest_port);
}

// Those of the run; while there is none, those that the next one will have.
static int append_forwards(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ManagerInstance *instance = object;
    const ApiVmiStatus *status = status_of(object);
    const GPtrArray *forwards = instance->run ? instance->run->forwards : NULL;
    const GPtrArray *ports = !instance->run && status ? status->host_ports : NULL;
    int r = sd_bus_message_open_container(reply, 'a', "(ssqq)");

    for (guint i = 0; r >= 0 && forwards && i < forwards->len; i++) {
        const DomainForward *forward = forwards->pdata[i];

        r = append_forward(reply, forward->protocol, forward->address, forward->host_port,
                           forward->guest_port);
    }
    for (guint i = 0; r >= 0 && ports && i < ports->len; i++) {
        const ApiHostPort *port = ports->pdata[i];

        r = append_forward(reply, port->protocol == API_PORT_PROTOCOL_UDP ? "udp" : "tcp",
                           service->config->forward_address, (guint)port->host_port.value,
                           (guint)port->port.value);
    }
    return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_warnings(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ApiVmiStatus *status = status_of(object);

    return wire_append_texts(reply, status ? status->warnings : NULL);
}

static int append_event(sd_bus_message *reply, const ApiEvent *event)
{
    int r = sd_bus_message_open_container(reply, 'r', "tsssut");

    if (r >= 0)
        r = sd_bus_message_append(reply, "ts", (uint64_t)event->last.value,
                                  api_bool_or(event->warning, FALSE) ? "Warning" : "Normal");
    if (r >= 0)
        r = wire_append_text(reply, event->reason);
    if (r >= 0)
        r = wire_append_text(reply, event->message);
    if (r >= 0)
        r = sd_bus_message_append(reply, "ut", (uint32_t)MIN(event->count.value, G_MAXUINT32),
                                  (uint64_t)event->first.value);
    return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_events(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ApiVmiStatus *status = status_of(object);
    const GPtrArray *events = status ? status->events : NULL;
    int r = sd_bus_message_open_container(reply, 'a', "(tsssut)");

    for (guint i = 0; r >= 0 && events && i < events->len; i++)
        r = append_event(reply, events->pdata[i]);
    return r < 0 ? r : sd_bus_message_close_container(reply);
}

static gsize text_size(const char *text)
{
    return text ? strlen(text) + WIRE_PAIR_SIZE : 0;
}

static gsize texts_size(const GPtrArray *texts)
{
    gsize size = 0;

    for (guint i = 0; texts && i < texts->len; i++)
        size += text_size(texts->pdata[i]);
    return size;
}

static gsize run_size(const GuestRun *run)
{
    gsize size = 0;

    size += (run->disks ? run->disks->len : 0) * DISK_ROW_SIZE;
    size += (run->forwards ? run->forwards->len : 0) * FORWARD_ROW_SIZE;
    for (guint i = 0; run->iothreads && i < run->iothreads->len; i++) {
        const GuestIoThread *iothread = run->iothreads->pdata[i];

        size += WIRE_PAIR_SIZE + (iothread->planned ? iothread->planned->len * sizeof(guint) : 0) +
                (iothread->actual ? iothread->actual->len * sizeof(guint) : 0);
    }
    return size;
}

static gsize size_of(BusService *service, gpointer object)
{
    const ManagerInstance *instance = object;
    const ApiVmiStatus *status = status_of(instance);
    const GPtrArray *labels = api_object_meta(instance->object)->labels;
    const GPtrArray *events = status ? status->events : NULL;
    gsize size = status ? text_size(status->message) + texts_size(status->warnings) : 0;

    for (guint i = 0; labels && i < labels->len; i++) {
        const ApiPair *label = labels->pdata[i];

        size += text_size(label->key) + strlen(label->value);
    }
    for (guint i = 0; events && i < events->len; i++) {
        const ApiEvent *event = events->pdata[i];

        size += text_size(event->reason) + text_size(event->message) + EVENT_ROW_SIZE;
    }
    return size + (instance->run ? run_size(instance->run) : 0);
}

static const BusProperty properties[] = {
    { "Namespace", append_namespace },
    { "Name", append_name },
    { "Uid", append_uid },
    { "Labels", append_labels },
    { "Phase", append_phase },
    { "PhaseSinceUSec", append_phase_since },
    { "Reason", append_reason },
    { "Message", append_message },
    { "Paused", append_paused },
    { "PausedSinceUSec", append_paused_since },
    { "Unit", append_unit },
    { "Leader", append_leader },
    { "RuntimeUser", append_runtime_user },
    { "MachineType", append_machine_type },
    { "IOThreads", append_iothreads },
    { "Volumes", append_volumes },
    { "Forwards", append_forwards },
    { "Warnings", append_warnings },
    { "Events", append_events },
    { 0 },
};

#define OPTIONS "a{sv}", options
#define JOB SD_BUS_RESULT("o", job)

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD_WITH_ARGS("Start", SD_BUS_ARGS(OPTIONS), JOB, method_dispatch, BUS_METHOD_FLAGS),
    SD_BUS_METHOD_WITH_ARGS("Stop", SD_BUS_ARGS(OPTIONS), JOB, method_dispatch, BUS_METHOD_FLAGS),
    SD_BUS_METHOD_WITH_ARGS("Restart", SD_BUS_ARGS(OPTIONS), JOB, method_dispatch,
                            BUS_METHOD_FLAGS),
    SD_BUS_METHOD_WITH_ARGS("Pause", SD_BUS_ARGS(OPTIONS), JOB, method_dispatch, BUS_METHOD_FLAGS),
    SD_BUS_METHOD_WITH_ARGS("Unpause", SD_BUS_ARGS(OPTIONS), JOB, method_dispatch,
                            BUS_METHOD_FLAGS),
    SD_BUS_METHOD_WITH_ARGS("AttachVolume", SD_BUS_ARGS("s", disk, "s", claim, OPTIONS), JOB,
                            method_dispatch, BUS_METHOD_FLAGS),
    SD_BUS_METHOD_WITH_ARGS("DetachVolume", SD_BUS_ARGS("s", disk, OPTIONS), JOB, method_dispatch,
                            BUS_METHOD_FLAGS),
    SD_BUS_METHOD_WITH_ARGS("OpenConsole", SD_BUS_ARGS(OPTIONS), SD_BUS_RESULT("h", console),
                            method_dispatch, BUS_METHOD_FLAGS),
    BUS_CONST("Namespace", "s"),
    BUS_CONST("Name", "s"),
    BUS_CONST("Uid", "s"),
    BUS_CHANGING("Labels", "a{ss}"),
    BUS_CHANGING("Phase", "s"),
    BUS_CHANGING("PhaseSinceUSec", "t"),
    BUS_CHANGING("Reason", "s"),
    BUS_CHANGING("Message", "s"),
    BUS_CHANGING("Paused", "b"),
    BUS_CHANGING("PausedSinceUSec", "t"),
    BUS_CHANGING("Unit", "s"),
    BUS_CHANGING("Leader", "u"),
    BUS_CHANGING("RuntimeUser", "u"),
    BUS_CHANGING("MachineType", "s"),
    BUS_CHANGING("IOThreads", "a(uuauau)"),
    BUS_CHANGING("Volumes", "a(sssus)"),
    BUS_CHANGING("Forwards", "a(ssqq)"),
    BUS_CHANGING("Warnings", "as"),
    BUS_CHANGING("Events", "a(tsssut)"),
    SD_BUS_VTABLE_END,
};

const BusInterface instance_interface = {
    .name = BUS_NAME ".Instance",
    .prefix = BUS_INSTANCES,
    .vtable = vtable,
    .methods = methods,
    .properties = properties,
    .noun = "instance",
    .find = find,
    .enumerate = enumerate,
    .size = size_of,
};
