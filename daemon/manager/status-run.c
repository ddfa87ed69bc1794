// SPDX-License-Identifier: LGPL-2.1-or-later
// What a VMI's status says of its run: volumes, interfaces, machine, memory, CPUs; see status.h.
#include "manager/status.h"

#include "api/defaults.h"
#include "api/quantity.h"
#include "api/reference.h"

static const ApiPersistentVolumeClaim *find_claim(const GPtrArray *claims, const char *name)
{
    for (guint i = 0; claims && i < claims->len; i++) {
        const ApiPersistentVolumeClaim *claim = api_object_pvc(g_ptr_array_index(claims, i));

        if (claim && g_strcmp0(claim->metadata->name, name) == 0)
            return claim;
    }
    return NULL;
}

static GPtrArray *copy_strings(const GPtrArray *list)
{
    GPtrArray *copy = list ? api_list_new(NULL) : NULL;

    for (guint i = 0; list && i < list->len; i++)
        g_ptr_array_add(copy, g_strdup(g_ptr_array_index(list, i)));
    return copy;
}

static void copy_size(GPtrArray **map, const GPtrArray *from)
{
    const char *size = api_map_get(from, "storage");

    if (size)
        api_map_set(map, "storage", size);
}

static ApiClaimInfo *claim_info(const ApiPersistentVolumeClaim *claim)
{
    ApiClaimInfo *info = api_claim_info_new();
    ApiVolumeMode mode = claim->spec->volume_mode;

    info->claim_name = g_strdup(claim->metadata->name);
    info->access_modes = copy_strings(claim->spec->access_modes);
    copy_size(&info->capacity, claim->status ? claim->status->capacity : NULL);
    copy_size(&info->requests, claim->spec->resources ? claim->spec->resources->requests : NULL);
    info->volume_mode = g_strdup(mode == API_VOLUME_MODE_UNSET
                                     ? "Filesystem"
                                     : api_enum_to_string(&api_volume_mode_values, (int)mode));
    return info;
}

static ApiVolumeStatus *volume_status_new(const char *volume, const GPtrArray *disks,
                                          const ApiPersistentVolumeClaim *claim)
{
    ApiVolumeStatus *status = api_volume_status_new();

    status->name = g_strdup(volume);
    status->phase = g_strdup("Ready");
    status->reason = g_strdup("VolumeReady");
    for (guint i = 0; disks && i < disks->len; i++) {
        const DomainDiskPlan *disk = g_ptr_array_index(disks, i);

        if (g_strcmp0(disk->volume, volume) == 0)
            status->target = g_strdup(disk->target);
    }
    if (claim)
        status->persistent_volume_claim_info = claim_info(claim);
    return status;
}

ApiVolumeStatus *status_find_volume(const ApiVirtualMachineInstance *vmi, const char *volume)
{
    const GPtrArray *list = vmi->status ? vmi->status->volume_status : NULL;

    for (guint i = 0; list && i < list->len; i++) {
        ApiVolumeStatus *status = g_ptr_array_index(list, i);

        if (g_strcmp0(status->name, volume) == 0)
            return status;
    }
    return NULL;
}

static gboolean has_disk(const GuestRun *run, const char *volume)
{
    for (guint i = 0; run->disks && i < run->disks->len; i++)
        if (g_strcmp0(((const DomainDiskPlan *)g_ptr_array_index(run->disks, i))->volume, volume) ==
            0)
            return TRUE;
    return FALSE;
}

static void set_volumes(ApiVirtualMachineInstance *vmi, const StatusFacts *facts)
{
    const GPtrArray *volumes = facts->expanded->spec->volumes;
    g_autoptr(GPtrArray) before = g_steal_pointer(&vmi->status->volume_status);
    GPtrArray *list = api_list_new(&api_volume_status_type);

    for (guint i = 0; volumes && i < volumes->len; i++) {
        const ApiVolume *volume = g_ptr_array_index(volumes, i);

        g_ptr_array_add(list,
                        volume_status_new(volume->name, facts->run->disks,
                                          find_claim(facts->claims, api_volume_claim(volume))));
    }
    for (guint i = 0; before && i < before->len; i++) {
        const ApiVolumeStatus *status = g_ptr_array_index(before, i);

        // Of a guest that libvirt has lost nobody says which disks it has: those that it had are taken to be there.
        if (status->hotplug_volume &&
            (facts->run->unreachable || has_disk(facts->run, status->name)))
            g_ptr_array_add(list, api_volume_status_copy(status));
    }
    vmi->status->volume_status = list;
}

// KubeVirt tells the pod's address: that at which others reach the guest. Here they reach it where its ports are forwarded from.
static void set_address(ApiInterfaceStatus *status, const GPtrArray *forwards)
{
    const DomainForward *first =
        forwards && forwards->len > 0 ? g_ptr_array_index(forwards, 0) : NULL;

    if (!first)
        return;
    status->ip_address = g_strdup(first->address);
    status->ip_addresses = api_list_new(NULL);
    g_ptr_array_add(status->ip_addresses, g_strdup(first->address));
}

static void set_interfaces(ApiVirtualMachineInstance *vmi, const StatusFacts *facts)
{
    const ApiDevices *devices = facts->expanded->spec->domain->devices;
    const GPtrArray *interfaces = devices ? devices->interfaces : NULL;

    g_clear_pointer(&vmi->status->interfaces, g_ptr_array_unref);
    if (!interfaces || interfaces->len == 0)
        return;
    vmi->status->interfaces = api_list_new(&api_interface_status_type);
    for (guint i = 0; i < interfaces->len; i++) {
        const ApiInterface *interface = g_ptr_array_index(interfaces, i);
        ApiInterfaceStatus *status = api_interface_status_new();

        status->name = g_strdup(interface->name);
        status->mac = g_strdup(i == 0 ? facts->run->mac : interface->mac_address);
        status->info_source = g_strdup("domain");
        status->queue_count = (ApiInt){ .set = TRUE, .value = 1 };
        status->link_state = g_strdup("up");
        if (i == 0)
            set_address(status, facts->run->forwards);
        g_ptr_array_add(vmi->status->interfaces, status);
    }
}

static void set_resources(ApiVmiStatus *status, const ApiVmiSpec *spec)
{
    guint64 bytes = api_vmi_memory(spec);
    const ApiCpu *cpu = spec->domain->cpu;

    api_memory_status_free(status->memory);
    status->memory = api_memory_status_new();
    status->memory->guest_at_boot = api_quantity_format_bytes(bytes);
    status->memory->guest_current = api_quantity_format_bytes(bytes);
    status->memory->guest_requested = api_quantity_format_bytes(bytes);
    status->memory->memory_overhead = api_quantity_format_bytes(domain_memory_overhead(spec));
    api_cpu_topology_free(status->current_cpu_topology);
    status->current_cpu_topology = api_cpu_topology_new();
    status->current_cpu_topology->cores = (ApiInt){ TRUE, cpu ? api_int_or(cpu->cores, 1) : 1 };
    status->current_cpu_topology->sockets = (ApiInt){ TRUE, cpu ? api_int_or(cpu->sockets, 1) : 1 };
    status->current_cpu_topology->threads = (ApiInt){ TRUE, cpu ? api_int_or(cpu->threads, 1) : 1 };
}

void status_set_run(ApiVirtualMachineInstance *vmi, const StatusFacts *facts)
{
    ApiVmiStatus *status = vmi->status;

    g_free(status->node_name);
    status->node_name = g_strdup(facts->node_name);
    status->runtime_user = (ApiInt){ .set = TRUE, .value = facts->run->uid };
    api_machine_free(status->machine);
    status->machine = api_machine_new();
    status->machine->type = g_strdup(facts->run->machine_type);
    set_volumes(vmi, facts);
    set_interfaces(vmi, facts);
    set_resources(status, facts->expanded->spec);
}

void status_clear_run(ApiVirtualMachineInstance *vmi)
{
    ApiVmiStatus *status = vmi->status;

    status->runtime_user = (ApiInt){ 0 };
    g_clear_pointer(&status->volume_status, g_ptr_array_unref);
    g_clear_pointer(&status->interfaces, g_ptr_array_unref);
    g_clear_pointer(&status->memory, api_memory_status_free);
    g_clear_pointer(&status->current_cpu_topology, api_cpu_topology_free);
}

void status_add_hotplug(ApiVirtualMachineInstance *vmi, const DomainDiskPlan *disk,
                        const ApiPersistentVolumeClaim *claim)
{
    ApiVolumeStatus *status = volume_status_new(disk->volume, NULL, claim);

    status->target = g_strdup(disk->target);
    status->hotplug_volume = api_empty_new();
    if (!vmi->status->volume_status)
        vmi->status->volume_status = api_list_new(&api_volume_status_type);
    g_ptr_array_add(vmi->status->volume_status, status);
}

void status_remove_volume(ApiVirtualMachineInstance *vmi, const char *volume)
{
    ApiVolumeStatus *status = status_find_volume(vmi, volume);

    if (status)
        g_ptr_array_remove(vmi->status->volume_status, status);
}
