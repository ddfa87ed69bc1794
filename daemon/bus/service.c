// SPDX-License-Identifier: LGPL-2.1-or-later
// See service.h. The list of interfaces, their registration, and the manager's observer.
#include "bus/service.h"

#include "api/reference.h"
#include "base/autoptr.h"
#include "base/error.h"
#include "bus/gate.h"
#include "bus/service-internal.h"

static const BusInterface *const interfaces[] = {
    &manager_interface, &instance_interface, &volume_interface, &pool_interface, &job_interface,
};

G_STATIC_ASSERT(G_N_ELEMENTS(interfaces) == G_N_ELEMENTS(((BusService *)NULL)->collections));

const BusInterface *bus_interface_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(interfaces); i++)
        if (g_strcmp0(interfaces[i]->name, name) == 0)
            return interfaces[i];
    return NULL;
}

static void unref_message(gpointer message)
{
    sd_bus_message_unref(message);
}

static void unref_slot(gpointer slot)
{
    sd_bus_slot_unref(slot);
}

// ---- signals of objects ----

static void announce_added(BusService *self, const char *path, const BusInterface *interface)
{
    int r = sd_bus_emit_object_added(self->bus, path);

    if (r < 0)
        g_debug("cannot announce %s: %s", path, g_strerror(-r));
    else
        bus_changes_sent(self->changes, path, interface);
}

// Not sd_bus_emit_object_removed(): it asks find(), and the object may be gone from the manager by
// now.
static void announce_removed(BusService *self, const char *path, const BusInterface *interface)
{
    const char *const names[] = {
        "org.freedesktop.DBus.Peer",
        "org.freedesktop.DBus.Introspectable",
        "org.freedesktop.DBus.Properties",
        interface->name,
        NULL,
    };
    int r;

    bus_changes_forget(self->changes, path);
    r = sd_bus_emit_interfaces_removed_strv(self->bus, path, (char **)names);
    if (r < 0)
        g_debug("cannot announce the end of %s: %s", path, g_strerror(-r));
}

// The claims of an instance list it in Users.
static void mark_claims(BusService *self, const ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    ApiVirtualMachineInstance *vmi = api_object_vmi(object);
    g_auto(GStrv) claims =
        vmi ? api_reference_names(&api_vmi_spec_type, vmi->spec, "PersistentVolumeClaim") : NULL;

    for (char **claim = claims; claim && *claim; claim++) {
        g_autofree char *path = object_path_of(BUS_VOLUMES, meta->namespace, *claim);

        bus_changes_mark(self->changes, path, &volume_interface);
    }
}

static char *instance_path(const ManagerInstance *instance)
{
    const ApiObjectMeta *meta = api_object_meta(instance->object);

    return object_path_of(BUS_INSTANCES, meta->namespace, meta->name);
}

static void on_instance_added(ManagerInstance *instance, gpointer user_data)
{
    BusService *self = user_data;
    g_autofree char *path = instance_path(instance);

    announce_added(self, path, &instance_interface);
    bus_changes_object(self->changes, instance->object, BUS_OBJECT_ADDED);
}

static void on_instance_changed(ManagerInstance *instance, gpointer user_data)
{
    BusService *self = user_data;
    g_autofree char *path = instance_path(instance);

    bus_changes_mark(self->changes, path, &instance_interface);
    bus_changes_object(self->changes, instance->object, BUS_OBJECT_CHANGED);
    mark_claims(self, instance->object);
}

static void on_instance_removed(ManagerInstance *instance, gpointer user_data)
{
    BusService *self = user_data;
    g_autofree char *path = instance_path(instance);

    announce_removed(self, path, &instance_interface);
    bus_changes_object(self->changes, instance->object, BUS_OBJECT_REMOVED);
    mark_claims(self, instance->object);
}

// NULL for kinds that have no object on the bus.
static char *object_path(const ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);

    return api_object_pvc(object) ? object_path_of(BUS_VOLUMES, meta->namespace, meta->name) : NULL;
}

static void on_object_added(const ApiObject *object, gpointer user_data)
{
    BusService *self = user_data;
    g_autofree char *path = object_path(object);

    if (path)
        announce_added(self, path, &volume_interface);
    bus_changes_object(self->changes, object, BUS_OBJECT_ADDED);
}

static void on_object_changed(const ApiObject *object, gpointer user_data)
{
    BusService *self = user_data;
    g_autofree char *path = object_path(object);

    if (path)
        bus_changes_mark(self->changes, path, &volume_interface);
    bus_changes_object(self->changes, object, BUS_OBJECT_CHANGED);
}

static void on_object_removed(const ApiObject *object, gpointer user_data)
{
    BusService *self = user_data;
    g_autofree char *path = object_path(object);

    if (path)
        announce_removed(self, path, &volume_interface);
    bus_changes_object(self->changes, object, BUS_OBJECT_REMOVED);
}

// ---- signals of jobs ----

void bus_service_hold(BusService *self)
{
    if (self->holds++ > 0)
        return;
    self->held = g_ptr_array_new_with_free_func(unref_message);
}

void bus_service_release(BusService *self)
{
    g_autoptr(GPtrArray) held = NULL;

    if (--self->holds > 0)
        return;
    held = g_steal_pointer(&self->held);
    for (guint i = 0; i < held->len; i++)
        (void)sd_bus_send(self->bus, held->pdata[i], NULL); // fails only with the connection
}

static void send_or_hold(BusService *self, sd_bus_message *signal)
{
    if (self->held)
        g_ptr_array_add(self->held, sd_bus_message_ref(signal));
    else
        (void)sd_bus_send(self->bus, signal, NULL); // fails only with the connection
}

static void signal_job_new(BusService *self, const ManagerJobInfo *job, const char *path,
                           const char *object)
{
    g_autoptr(sd_bus_message) signal = NULL;
    int r =
        sd_bus_message_new_signal(self->bus, &signal, BUS_ROOT, manager_interface.name, "JobNew");

    if (r >= 0)
        r = sd_bus_message_append(signal, "uoo", job->id, path, object);
    if (r >= 0)
        send_or_hold(self, signal);
}

static void signal_job_removed(BusService *self, const ManagerJobInfo *job, const char *path,
                               const char *object)
{
    const char *error_name = job->error ? vmi_error_describe(job->error)->bus_name : "";
    g_autoptr(sd_bus_message) signal = NULL;
    int r = sd_bus_message_new_signal(self->bus, &signal, BUS_ROOT, manager_interface.name,
                                      "JobRemoved");

    if (r >= 0)
        r = sd_bus_message_append(signal, "uooss", job->id, path, object,
                                  manager_job_state_to_string(job->state), error_name);
    if (r >= 0)
        r = wire_append_text(signal, job->error ? job->error->message : "");
    if (r >= 0)
        send_or_hold(self, signal);
}

static void on_job_added(ManagerJob *job, gpointer user_data)
{
    ManagerJobInfo info = manager_job_info(job);
    g_autofree char *path = object_path_of_job(info.id);
    g_autofree char *object = object_path_of(BUS_INSTANCES, info.namespace, info.name);

    announce_added(user_data, path, &job_interface);
    signal_job_new(user_data, &info, path, object);
}

static void on_job_changed(ManagerJob *job, gpointer user_data)
{
    BusService *self = user_data;
    ManagerJobInfo info = manager_job_info(job);
    g_autofree char *path = object_path_of_job(info.id);

    bus_changes_mark(self->changes, path, &job_interface);
}

// What the job changed is announced before its end: who waits for JobRemoved then reads a cache
// that is right. Its own last step is of no use any more; what it warns of is.
static void on_job_removed(ManagerJob *job, gpointer user_data)
{
    BusService *self = user_data;
    ManagerJobInfo info = manager_job_info(job);
    g_autofree char *path = object_path_of_job(info.id);
    g_autofree char *object = object_path_of(BUS_INSTANCES, info.namespace, info.name);

    if (info.warnings->len == 0)
        bus_changes_forget(self->changes, path);
    bus_changes_flush(self->changes);
    signal_job_removed(self, &info, path, object);
    announce_removed(self, path, &job_interface);
}

static void on_state_changed(gpointer user_data)
{
    BusService *self = user_data;

    bus_changes_mark(self->changes, BUS_ROOT, &manager_interface);
    if (self->state_changed)
        self->state_changed(self->state_data);
}

static void on_hold(gpointer user_data)
{
    bus_service_hold(user_data);
}

static void on_release(gpointer user_data)
{
    bus_service_release(user_data);
}

static const ManagerObserver observer = {
    .instance_added = on_instance_added,
    .instance_changed = on_instance_changed,
    .instance_removed = on_instance_removed,
    .object_added = on_object_added,
    .object_changed = on_object_changed,
    .object_removed = on_object_removed,
    .job_added = on_job_added,
    .job_changed = on_job_changed,
    .job_removed = on_job_removed,
    .state_changed = on_state_changed,
    .hold = on_hold,
    .release = on_release,
};

// ---- registration ----

static int on_find(sd_bus *bus, const char *path, const char *interface, void *userdata,
                   void **ret_found, sd_bus_error *ret_error)
{
    const BusInterface *description = bus_interface_find(interface);

    *ret_found = userdata; // getters and methods look their object up by path
    return description->find(userdata, path) ? 1 : 0;
}

// PREFIX is where the caller asked, which may be far above the interface's own.
static int on_enumerate(sd_bus *bus, const char *prefix, void *userdata, char ***ret_nodes,
                        sd_bus_error *ret_error)
{
    const BusCollection *collection = userdata;

    *ret_nodes = collection->interface->enumerate(collection->service);
    return 0;
}

static int add_interface(BusService *self, const BusInterface *interface, BusCollection *collection)
{
    sd_bus_slot *slot = NULL;
    int r;

    if (interface->single)
        r = sd_bus_add_object_vtable(self->bus, &slot, interface->prefix, interface->name,
                                     interface->vtable, self);
    else
        r = sd_bus_add_fallback_vtable(self->bus, &slot, interface->prefix, interface->name,
                                       interface->vtable, on_find, self);
    if (r < 0)
        return r;
    g_ptr_array_add(self->slots, slot);
    if (!interface->enumerate)
        return 0;
    *collection = (BusCollection){ .service = self, .interface = interface };
    r = sd_bus_add_node_enumerator(self->bus, &slot, interface->prefix, on_enumerate, collection);
    if (r >= 0)
        g_ptr_array_add(self->slots, slot);
    return r;
}

static int on_name_lost(sd_bus_message *signal, void *userdata, sd_bus_error *ret_error)
{
    const char *name = NULL;

    if (sd_bus_message_read(signal, "s", &name) >= 0 && *name == ':')
        method_drop_sender(userdata, name);
    return 0;
}

// One match for all: one for each caller that waits would cost two more messages for each call.
static int watch_callers(BusService *self)
{
    sd_bus_slot *slot = NULL;
    int r = sd_bus_add_match_async(self->bus, &slot,
                                   "type='signal',sender='org.freedesktop.DBus',"
                                   "path='/org/freedesktop/DBus',"
                                   "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
                                   "arg2=''",
                                   on_name_lost, NULL, self);

    if (r >= 0)
        g_ptr_array_add(self->slots, slot);
    return r;
}

static int add_all(BusService *self)
{
    sd_bus_slot *slot = NULL;
    int r = sd_bus_add_filter(self->bus, &slot, gate_check, self);

    if (r >= 0) {
        g_ptr_array_add(self->slots, slot);
        r = sd_bus_add_object_manager(self->bus, &slot, BUS_ROOT);
    }
    if (r >= 0)
        g_ptr_array_add(self->slots, slot);
    if (r >= 0)
        r = watch_callers(self);
    for (size_t i = 0; r >= 0 && i < G_N_ELEMENTS(interfaces); i++)
        r = add_interface(self, interfaces[i], &self->collections[i]);
    return r;
}

BusService *bus_service_new(sd_bus *bus, Manager *manager, const Config *config, GError **error)
{
    g_autoptr(BusService) self = g_new0(BusService, 1);
    int r;

    *self = (BusService){
        .bus = sd_bus_ref(bus),
        .manager = manager,
        .config = config,
        .layout = { .state = config->state_directory, .run = config->runtime_directory },
        .changes = bus_changes_new(self),
        .slots = g_ptr_array_new_with_free_func(unref_slot),
        .calls = G_QUEUE_INIT,
        .demands = worker_pool_new(1),
    };
    r = add_all(self);
    if (r < 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_FAILED, "cannot register the bus interfaces: %s",
                    g_strerror(-r));
        return NULL;
    }
    manager_observe(manager, &observer, self);
    return g_steal_pointer(&self);
}

void bus_service_free(BusService *self)
{
    static const ManagerObserver nothing = { 0 };

    if (!self)
        return;
    manager_observe(self->manager, &nothing, NULL);
    g_clear_pointer(&self->demands, worker_pool_free);
    method_drop_all(self);
    g_clear_pointer(&self->slots, g_ptr_array_unref);
    bus_changes_free(self->changes);
    sd_bus_unref(self->bus);
    g_free(self);
}

void bus_service_on_state(BusService *self, void (*changed)(gpointer user_data), gpointer user_data)
{
    self->state_changed = changed;
    self->state_data = user_data;
}

gboolean bus_service_publish(BusService *self, GError **error)
{
    int r = sd_bus_request_name(self->bus, BUS_NAME, 0);

    if (r >= 0)
        return TRUE;
    g_set_error(error, VMI_ERROR, r == -EEXIST ? VMI_ERROR_CONFLICT : VMI_ERROR_FAILED,
                "cannot take the name \"%s\" on the bus: %s", BUS_NAME,
                r == -EEXIST ? "another vmid has it; stop that one first" : g_strerror(-r));
    return FALSE;
}
