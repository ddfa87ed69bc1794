// SPDX-License-Identifier: LGPL-2.1-or-later
// Fills what a manifest leaves open, in KubeVirt's order (behaviour reference section 0). Only fields that have an
// effect on one host are filled; fields that are not supported yet stay as they are.
#include "api/defaults.h"

#include "api/quantity.h"

enum {
    DEFAULT_GRACE_SECONDS = 30,
    MAX_VCPUS = 1 << 16, // keeps the product of the topology in range; validation allows far less
};

static void set_text(char **member, const char *value)
{
    if (value && !*member)
        *member = g_strdup(value);
}

static void set_bool(ApiBool *member, ApiBool value)
{
    if (*member == API_UNSET)
        *member = value;
}

// The quantity of KEY if it is there and not zero.
static const char *nonzero(const GPtrArray *map, const char *key)
{
    const char *text = api_map_get(map, key);
    return api_quantity_milli(text, 0) != 0 ? text : NULL;
}

static void default_machine(ApiDomain *domain)
{
    if (!domain->machine)
        domain->machine = api_machine_new();
    set_text(&domain->machine->type, "q35");
}

static void default_cpu_request(ApiResources *resources)
{
    const char *limit = nonzero(resources->limits, "cpu");
    if (limit && !nonzero(resources->requests, "cpu"))
        api_map_set(&resources->requests, "cpu", limit);
}

static const char *memory_from_resources(const ApiResources *resources)
{
    if (!resources)
        return NULL;
    const char *request = nonzero(resources->requests, "memory");
    return request ? request : nonzero(resources->limits, "memory");
}

static void default_memory(ApiDomain *domain)
{
    const char *from = memory_from_resources(domain->resources);
    if (!from || (domain->memory && domain->memory->guest))
        return;
    if (!domain->memory)
        domain->memory = api_memory_new();
    set_text(&domain->memory->guest, from);
}

// Upstream fills the topology only when no part of it is given; else what is missing counts as 1.
static void default_topology(ApiDomain *domain)
{
    const ApiResources *resources = domain->resources;
    if (!domain->cpu)
        domain->cpu = api_cpu_new();
    ApiCpu *cpu = domain->cpu;
    if (api_int_or(cpu->cores, 0) || api_int_or(cpu->sockets, 0) || api_int_or(cpu->threads, 0))
        return;
    const char *share = resources ? api_map_get(resources->limits, "cpu") : NULL;
    if (!share && resources)
        share = api_map_get(resources->requests, "cpu");
    cpu->sockets = (ApiInt){ TRUE, MAX(api_quantity_value(share, 1), 1) };
    cpu->cores = (ApiInt){ TRUE, 1 };
    cpu->threads = (ApiInt){ TRUE, 1 };
}

static gboolean list_is_empty(const GPtrArray *list)
{
    return !list || list->len == 0;
}

static void list_append(GPtrArray **list, const ApiType *type, gpointer element)
{
    if (!*list)
        *list = api_list_new(type);
    g_ptr_array_add(*list, element);
}

gboolean api_vmi_is_given_interface(const ApiVmiSpec *spec)
{
    const ApiDevices *devices = spec->domain ? spec->domain->devices : NULL;
    return list_is_empty(spec->networks) &&
           (!devices || (api_bool_or(devices->autoattach_pod_interface, TRUE) &&
                         list_is_empty(devices->interfaces)));
}

// Upstream's compiled default is `bridge`; a host has no pod bridge, and a cluster's administrator may choose
// masquerade as well.
static void default_interface(ApiVmiSpec *spec)
{
    ApiDevices *devices = spec->domain->devices;
    if (!api_vmi_is_given_interface(spec))
        return;
    ApiInterface *interface = api_interface_new();
    interface->name = g_strdup("default");
    interface->masquerade = api_empty_new();
    list_append(&devices->interfaces, &api_interface_type, interface);
    ApiNetwork *network = api_network_new();
    network->name = g_strdup("default");
    network->pod = api_pod_network_new();
    list_append(&spec->networks, &api_network_type, network);
}

static gboolean names_volume(const ApiDevices *devices, const char *name)
{
    for (guint i = 0; devices->disks && i < devices->disks->len; i++) {
        const ApiDisk *disk = devices->disks->pdata[i];
        if (g_strcmp0(disk->name, name) == 0)
            return TRUE;
    }
    for (guint i = 0; devices->filesystems && i < devices->filesystems->len; i++) {
        const ApiFilesystem *filesystem = devices->filesystems->pdata[i];
        if (g_strcmp0(filesystem->name, name) == 0)
            return TRUE;
    }
    return FALSE;
}

static void default_disks_of_volumes(ApiVmiSpec *spec)
{
    ApiDevices *devices = spec->domain->devices;
    for (guint i = 0; spec->volumes && i < spec->volumes->len; i++) {
        const ApiVolume *volume = spec->volumes->pdata[i];
        // A memory dump is written to its claim by the host; the guest has no disk of it.
        if (volume->memory_dump || names_volume(devices, volume->name))
            continue;
        ApiDisk *disk = api_disk_new();
        disk->name = g_strdup(volume->name);
        list_append(&devices->disks, &api_disk_type, disk);
    }
}

static void default_bus(ApiDiskBus *bus)
{
    if (*bus == API_DISK_BUS_UNSET)
        *bus = API_DISK_BUS_SATA;
}

static void default_disk(ApiDisk *disk)
{
    if (!disk->disk && !disk->lun && !disk->cdrom)
        disk->disk = api_disk_target_new();
    if (disk->disk)
        default_bus(&disk->disk->bus);
    if (disk->lun)
        default_bus(&disk->lun->bus);
    if (disk->cdrom) {
        default_bus(&disk->cdrom->bus);
        set_bool(&disk->cdrom->readonly, API_TRUE);
        if (disk->cdrom->tray == API_CDROM_TRAY_UNSET)
            disk->cdrom->tray = API_CDROM_TRAY_CLOSED;
    }
}

static void default_firmware(ApiDomain *domain, const char *uuid)
{
    if (!domain->firmware)
        domain->firmware = api_firmware_new();
    set_text(&domain->firmware->uuid, uuid);
}

void api_vmi_apply_defaults(ApiVirtualMachineInstance *vmi, const ApiDefaultsContext *context)
{
    if (!vmi->spec)
        vmi->spec = api_vmi_spec_new();
    ApiVmiSpec *spec = vmi->spec;
    if (!spec->domain)
        spec->domain = api_domain_new();
    ApiDomain *domain = spec->domain;
    if (!domain->devices)
        domain->devices = api_devices_new();
    set_text(&spec->architecture, context->architecture);
    default_machine(domain);
    if (domain->resources)
        default_cpu_request(domain->resources);
    default_memory(domain);
    default_topology(domain);
    default_interface(spec);
    default_disks_of_volumes(spec);
    default_firmware(domain, context->firmware_uuid);
    for (guint i = 0; domain->devices->disks && i < domain->devices->disks->len; i++)
        default_disk(domain->devices->disks->pdata[i]);
}

gint64 api_vmi_grace_seconds(const ApiVmiSpec *spec)
{
    return CLAMP(api_int_or(spec->termination_grace_period_seconds, DEFAULT_GRACE_SECONDS), 0,
                 G_MAXINT32);
}

guint api_vmi_vcpus(const ApiVmiSpec *spec)
{
    const ApiCpu *cpu = spec->domain ? spec->domain->cpu : NULL;
    if (!cpu)
        return 1;
    const ApiInt parts[] = { cpu->cores, cpu->sockets, cpu->threads };
    gint64 product = 1;
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        product = MIN(product * CLAMP(api_int_or(parts[i], 1), 1, MAX_VCPUS), MAX_VCPUS);
    return (guint)product;
}

guint api_vmi_threads(const ApiVmiSpec *spec)
{
    const ApiCpu *cpu = spec->domain ? spec->domain->cpu : NULL;
    return cpu ? (guint)CLAMP(api_int_or(cpu->threads, 1), 1, MAX_VCPUS) : 1;
}

guint api_vmi_dedicated_cpus(const ApiVmiSpec *spec)
{
    const ApiDomain *domain = spec->domain;
    gint64 pool = 0;
    if (!domain || !domain->cpu || !api_bool_or(domain->cpu->dedicated_cpu_placement, FALSE))
        return 0;
    if (domain->io_threads_policy == API_IO_THREADS_POLICY_SUPPLEMENTAL_POOL && domain->io_threads)
        pool = api_int_or(domain->io_threads->supplemental_pool_thread_count, 0);
    return api_vmi_vcpus(spec) + (guint)CLAMP(pool, 0, MAX_VCPUS);
}

guint64 api_vmi_memory(const ApiVmiSpec *spec)
{
    const ApiDomain *domain = spec->domain;
    if (!domain)
        return 0;
    const char *text = domain->memory ? domain->memory->guest : NULL;
    if (!text)
        text = memory_from_resources(domain->resources);
    return (guint64)MAX(api_quantity_value(text, 0), 0);
}
