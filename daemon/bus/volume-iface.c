// SPDX-License-Identifier: LGPL-2.1-or-later
// org.example.Vmi1.Volume: a PersistentVolumeClaim and what it is bound to. Read-only.
#include "api/quantity.h"
#include "bus/service-internal.h"

#define USER_SIZE (2 * WIRE_LABEL_MAX + 16) // "NAMESPACE/NAME" of an instance

static gpointer find(BusService *service, const char *path)
{
    g_autofree char *namespace = NULL, *name = NULL;

    if (!object_path_parse(path, BUS_VOLUMES, &namespace, &name))
        return NULL;
    return (gpointer)manager_get(service->manager, api_kind_find("PersistentVolumeClaim"),
                                 namespace, name);
}

static char **enumerate(BusService *service)
{
    g_autoptr(GPtrArray) claims =
        manager_list(service->manager, api_kind_find("PersistentVolumeClaim"), NULL, NULL, NULL);
    g_autoptr(GPtrArray) paths = g_ptr_array_new();

    for (guint i = 0; claims && i < claims->len; i++) {
        const ApiObjectMeta *meta = api_object_meta(claims->pdata[i]);

        g_ptr_array_add(paths, object_path_of(BUS_VOLUMES, meta->namespace, meta->name));
    }
    g_ptr_array_add(paths, NULL);
    return (char **)g_ptr_array_steal(paths, NULL);
}

// The only pool there is bears the name that a claim may ask for as its storage class.
static const char *pool_of(const ApiObject *object)
{
    const ApiPersistentVolumeClaim *claim = api_object_pvc(object);

    return claim->spec && claim->spec->storage_class_name ? claim->spec->storage_class_name
                                                          : "default";
}

static int append_namespace(sd_bus_message *reply, BusService *service, gpointer object)
{
    return wire_append_text(reply, api_object_meta(object)->namespace);
}

static int append_name(sd_bus_message *reply, BusService *service, gpointer object)
{
    return wire_append_text(reply, api_object_meta(object)->name);
}

static int append_phase(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ApiPvcStatus *status = api_object_pvc(object)->status;

    return wire_append_text(reply, status ? api_enum_to_string(&api_pvc_phase_values, status->phase)
                                          : NULL);
}

static int append_reason(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ApiPvcStatus *status = api_object_pvc(object)->status;

    return wire_append_text(reply, status ? status->reason : NULL);
}

static int append_pool(sd_bus_message *reply, BusService *service, gpointer object)
{
    return wire_append_text(reply, pool_of(object));
}

static int append_path(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_autofree char *path =
        layout_claim_image(&service->layout, pool_of(object), meta->namespace, meta->name);

    return wire_append_text(reply, path);
}

static int append_capacity(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ApiPvcStatus *status = api_object_pvc(object)->status;
    const char *capacity = status ? api_map_get(status->capacity, "storage") : NULL;

    return sd_bus_message_append(reply, "t", (uint64_t)MAX(api_quantity_value(capacity, 0), 0));
}

static int append_users(sd_bus_message *reply, BusService *service, gpointer object)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_auto(GStrv) users = manager_claim_users(service->manager, meta->namespace, meta->name);

    return sd_bus_message_append_strv(reply, users);
}

static gsize size_of(BusService *service, gpointer object)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_auto(GStrv) users = manager_claim_users(service->manager, meta->namespace, meta->name);

    return g_strv_length(users) * USER_SIZE;
}

static const BusProperty properties[] = {
    { "Namespace", append_namespace },    { "Name", append_name },   { "Phase", append_phase },
    { "Reason", append_reason },          { "Pool", append_pool },   { "Path", append_path },
    { "CapacityBytes", append_capacity }, { "Users", append_users }, { 0 },
};

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),     BUS_CONST("Namespace", "s"),        BUS_CONST("Name", "s"),
    BUS_CHANGING("Phase", "s"), BUS_CHANGING("Reason", "s"),        BUS_CHANGING("Pool", "s"),
    BUS_CHANGING("Path", "s"),  BUS_CHANGING("CapacityBytes", "t"), BUS_CHANGING("Users", "as"),
    SD_BUS_VTABLE_END,
};

const BusInterface volume_interface = {
    .name = BUS_NAME ".Volume",
    .prefix = BUS_VOLUMES,
    .vtable = vtable,
    .properties = properties,
    .noun = "volume",
    .find = find,
    .enumerate = enumerate,
    .size = size_of,
};
