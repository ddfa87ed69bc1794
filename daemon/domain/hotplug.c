// SPDX-License-Identifier: LGPL-2.1-or-later
// One <disk> for a running guest. Every decision is taken by the same functions as at boot; only
// the free target name and the choice of an IOThread are made here, for they depend on what the
// guest already has.

#include "domain/builder.h"

#include <string.h>

#include "base/error.h"

#define TARGETS_MAX (26 * 26 * 26) // upstream's limit

// The letters are shared by all sd buses, so only the name counts.
static gboolean free_target(ApiDiskBus bus, const char *const *in_use, guint *ret_index,
                            char **ret_target, GError **error)
{
    for (guint index = 0; index < TARGETS_MAX; index++) {
        g_autofree char *target = disk_target_name(bus, index);

        if (!in_use || !g_strv_contains(in_use, target)) {
            *ret_index = index;
            *ret_target = g_steal_pointer(&target);
            return TRUE;
        }
    }
    g_set_error(error, VMI_ERROR, VMI_ERROR_NO_SPACE,
                "the guest has no free \"%s\" disk name left; detach a disk first",
                disk_target_prefix(bus));
    return FALSE;
}

// The pool's thread with the fewest disks; the lowest of equals. 0 when the guest has no pool.
static guint least_used_thread(const ApiVmiSpec *spec, const IoThreads *threads)
{
    const GPtrArray *disks = spec->domain->devices->disks;
    g_autofree guint *used = g_new0(guint, threads->total + 1);
    IoThreadCursor cursor = { 0 };
    guint best = threads->pool > 0 ? 1 : 0;

    for (guint i = 0; disks && i < disks->len; i++) {
        const ApiDisk *disk = g_ptr_array_index(disks, i);

        if (disk->disk && disk->disk->bus == API_DISK_BUS_VIRTIO)
            used[io_threads_assign(threads, &cursor,
                                   api_bool_or(disk->dedicated_io_thread, FALSE))]++;
    }
    for (guint id = 1; id <= threads->pool; id++)
        if (used[id] < used[best])
            best = id;
    return best;
}

static gboolean choose_thread(DiskElement *element, const ApiVmiSpec *spec, const DomainHost *host,
                              GError **error)
{
    IoThreads threads;

    if (element->bus != API_DISK_BUS_VIRTIO)
        return TRUE;
    if (!io_threads_count(spec, &threads, error))
        return FALSE;
    if (threads.supplemental && host->queue_mapping)
        element->map_threads = threads.total;
    else
        element->iothread = least_used_thread(spec, &threads);
    return TRUE;
}

char *domain_build_hotplug(const ApiVirtualMachineInstance *vmi, const DomainHotplug *hotplug,
                           const DomainHost *host, char **ret_target, GError **error)
{
    ApiDiskTarget target = { .bus = api_enum_from_string(&api_disk_bus_values, hotplug->bus) };
    ApiDisk disk = { .name = (char *)hotplug->disk,
                     .serial = (char *)hotplug->serial,
                     .disk = &target };
    g_autofree char *path = g_strdup_printf("disk \"%s\"", hotplug->disk);
    g_autofree char *name = NULL;
    g_autofree char *document = NULL;
    g_autoptr(Xml) xml = NULL;
    DiskElement element;

    if (target.bus != API_DISK_BUS_SCSI && target.bus != API_DISK_BUS_VIRTIO) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "a running guest takes no disk on bus \"%s\"; use scsi or virtio",
                    hotplug->bus);
        return NULL;
    }
    if (!disk_element_init(&element, &disk, &hotplug->volume, vmi->spec, path, error) ||
        !choose_thread(&element, vmi->spec, host, error) ||
        !free_target(target.bus, hotplug->targets_in_use, &element.index, &name, error))
        return NULL;
    xml = xml_new();
    disk_element_write(&element, xml);
    document = xml_finish(xml, error);
    if (!document)
        return NULL;
    *ret_target = g_steal_pointer(&name);
    return g_steal_pointer(&document);
}
