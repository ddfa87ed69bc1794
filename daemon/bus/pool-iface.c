// SPDX-License-Identifier: LGPL-2.1-or-later
// org.example.Vmi1.Pool: where claims get their storage from. Read-only. A pool's figures are read
// when they are asked for.
#include "bus/service-internal.h"

#include "storage/storage.h"

// Today's only pool; storage/ makes it at first start.
static const char default_pool[] = "default";

static gpointer find(BusService *service, const char *path)
{
    g_autofree char *name = NULL;

    return object_path_parse_pool(path, &name) && g_str_equal(name, default_pool)
               ? (gpointer)default_pool
               : NULL;
}

static char **enumerate(BusService *service)
{
    char **paths = g_new0(char *, 2);

    paths[0] = object_path_of_pool(default_pool);
    return paths;
}

// NULL when the pool cannot be read: its figures are 0 then.
static StoragePool *pool_of(const BusService *service, const char *name)
{
    const StorageConfig config = { .layout = service->layout };

    return storage_pool_get(&config, name, NULL);
}

static int append_name(sd_bus_message *reply, BusService *service, gpointer object)
{
    return wire_append_text(reply, object);
}

static int append_driver(sd_bus_message *reply, BusService *service, gpointer object)
{
    g_autoptr(StoragePool) pool = pool_of(service, object);

    return wire_append_text(reply, pool ? pool->driver : NULL);
}

static int append_path(sd_bus_message *reply, BusService *service, gpointer object)
{
    g_autoptr(StoragePool) pool = pool_of(service, object);

    return wire_append_text(reply, pool ? pool->path : NULL);
}

static int append_default(sd_bus_message *reply, BusService *service, gpointer object)
{
    g_autoptr(StoragePool) pool = pool_of(service, object);

    return sd_bus_message_append(reply, "b", pool && pool->is_default);
}

static int append_capacity(sd_bus_message *reply, BusService *service, gpointer object)
{
    g_autoptr(StoragePool) pool = pool_of(service, object);

    return sd_bus_message_append(reply, "t", pool ? pool->capacity : (guint64)0);
}

static int append_available(sd_bus_message *reply, BusService *service, gpointer object)
{
    g_autoptr(StoragePool) pool = pool_of(service, object);

    return sd_bus_message_append(reply, "t", pool ? pool->available : (guint64)0);
}

static const BusProperty properties[] = {
    { "Name", append_name },
    { "Driver", append_driver },
    { "Path", append_path },
    { "Default", append_default },
    { "CapacityBytes", append_capacity },
    { "AvailableBytes", append_available },
    { 0 },
};

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    BUS_CONST("Name", "s"),
    BUS_CONST("Driver", "s"),
    BUS_CONST("Path", "s"),
    BUS_CONST("Default", "b"),
    BUS_SILENT("CapacityBytes", "t"),
    BUS_SILENT("AvailableBytes", "t"),
    SD_BUS_VTABLE_END,
};

const BusInterface pool_interface = {
    .name = BUS_NAME ".Pool",
    .prefix = BUS_POOLS,
    .vtable = vtable,
    .properties = properties,
    .noun = "pool",
    .find = find,
    .enumerate = enumerate,
};
