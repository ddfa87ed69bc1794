// SPDX-License-Identifier: LGPL-2.1-or-later
// Edits of a VMI's definition; see definition.h. The object must stay one that can be applied again as it is printed.
#include "manager/definition.h"

#include "api/merge.h"

ApiVolume *definition_find_volume(const ApiVirtualMachineInstance *vmi, const char *name)
{
    const GPtrArray *volumes = vmi->spec->volumes;

    for (guint i = 0; volumes && i < volumes->len; i++) {
        ApiVolume *volume = g_ptr_array_index(volumes, i);

        if (g_strcmp0(volume->name, name) == 0)
            return volume;
    }
    return NULL;
}

ApiVolume *definition_new_volume(const char *name, const char *claim)
{
    ApiVolume *volume = api_volume_new();

    volume->name = g_strdup(name);
    volume->persistent_volume_claim = api_claim_source_new();
    volume->persistent_volume_claim->claim_name = g_strdup(claim);
    return volume;
}

static void changed(ApiVirtualMachineInstance *vmi)
{
    vmi->metadata->generation =
        (ApiInt){ .set = TRUE, .value = api_int_or(vmi->metadata->generation, 0) + 1 };
}

void definition_add_disk(ApiVirtualMachineInstance *vmi, const DomainDiskPlan *disk,
                         const char *claim, const char *serial)
{
    ApiVmiSpec *spec = vmi->spec;
    ApiDisk *entry = api_disk_new();

    api_keep_applied(&api_virtual_machine_instance_type, vmi);
    entry->name = g_strdup(disk->volume);
    entry->serial = g_strdup(serial);
    entry->disk = api_disk_target_new();
    entry->disk->bus = (ApiDiskBus)api_enum_from_string(&api_disk_bus_values, disk->bus);
    if (!spec->volumes)
        spec->volumes = api_list_new(&api_volume_type);
    if (!spec->domain->devices)
        spec->domain->devices = api_devices_new();
    if (!spec->domain->devices->disks)
        spec->domain->devices->disks = api_list_new(&api_disk_type);
    g_ptr_array_add(spec->volumes, definition_new_volume(disk->volume, claim));
    g_ptr_array_add(spec->domain->devices->disks, entry);
    changed(vmi);
}

gboolean definition_remove_disk(ApiVirtualMachineInstance *vmi, const char *name)
{
    ApiVolume *volume = definition_find_volume(vmi, name);
    GPtrArray *disks = vmi->spec->domain->devices ? vmi->spec->domain->devices->disks : NULL;

    if (!volume)
        return FALSE;
    api_keep_applied(&api_virtual_machine_instance_type, vmi);
    g_ptr_array_remove(vmi->spec->volumes, volume);
    for (guint i = 0; disks && i < disks->len; i++) {
        const ApiDisk *disk = g_ptr_array_index(disks, i);

        if (g_strcmp0(disk->name, name) == 0)
            g_ptr_array_remove_index(disks, i--);
    }
    changed(vmi);
    return TRUE;
}
