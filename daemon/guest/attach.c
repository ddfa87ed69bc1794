// SPDX-License-Identifier: LGPL-2.1-or-later
// Disks that come and go while the guest runs.
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/error.h"
#include "guest/host.h"
#include "guest/run.h"
#include "guest/xml-read.h"

// An old or busy guest takes its time to let a disk go; one that never answers must not hold the job for ever.
#define DETACH_TIMEOUT_USEC (20 * G_USEC_PER_SEC)
#define DETACH_POLL_USEC (100 * 1000)

// Where libvirt cannot hotplug a descriptor, it opens the path and labels the file for the guest's uid, by the domain's <seclabel>.
static void use_paths(DomainImage *image)
{
    for (; image; image = image->backing)
        g_clear_pointer(&image->fdgroup, g_free);
}

// QEMU looks for a descriptor with the flags it would open the file with. The disk is not in the spec, so storage/ could not know
// the cache mode that the builder chooses for it.
static gboolean match_cache(const StorageVolume *volume, GError **error)
{
    ApiDiskTarget target = { 0 };
    ApiDisk disk = { .name = volume->name, .disk = &target };
    ApiDiskCache cache = domain_disk_cache(&disk, &volume->volume, error);

    if (cache == API_DISK_CACHE_UNSET)
        return FALSE;
    for (guint i = 0; cache == API_DISK_CACHE_NONE && i < volume->fds->len; i++) {
        int fd = g_array_index(volume->fds, int, i), flags = fcntl(fd, F_GETFL);

        if (flags < 0 || fcntl(fd, F_SETFL, flags | O_DIRECT) < 0) {
            vmi_set_error_errno(error, errno, "cannot use direct I/O for volume \"%s\"",
                                volume->name);
            return FALSE;
        }
    }
    return TRUE;
}

static char *build(const GuestStartRequest *request, const char *const *targets_in_use,
                   const StorageVolume *volume, const char *bus, const char *serial,
                   char **ret_target, GError **error)
{
    DomainHotplug hotplug = {
        .disk = volume->name,
        .bus = bus ? bus : "scsi",
        .serial = serial,
        .volume = volume->volume,
        .targets_in_use = targets_in_use,
    };
    DomainHost host = { .uid = request->storage->uid, .gid = request->storage->gid };

    guest_host_facts(request->host, &host);
    return domain_build_hotplug(request->storage->vmi, &hotplug, &host, ret_target, error);
}

static DomainDiskPlan *plan_from_xml(const char *volume, const char *xml)
{
    g_autoptr(xmlDoc) doc = xml_read_document(xml);
    const xmlNode *disk = doc ? xmlDocGetRootElement(doc) : NULL;
    const xmlNode *driver = xml_read_child(disk, "driver");
    DomainDiskPlan *plan = g_new0(DomainDiskPlan, 1);

    plan->volume = g_strdup(volume);
    plan->target = xml_read_attribute(xml_read_child(disk, "target"), "dev");
    plan->bus = xml_read_attribute(xml_read_child(disk, "target"), "bus");
    plan->serial = xml_read_text(xml_read_child(disk, "serial"));
    plan->iothread = xml_read_number(driver, "iothread");
    plan->mapped = xml_read_child(driver, "iothreads") != NULL;
    return plan;
}

// A disk on virtio takes a PCI slot of its own. libvirt has no code for that there is none left, only words.
static void set_attach_error(const char *disk, GError **error)
{
    if (strstr(virGetLastErrorMessage(), "PCI slots"))
        g_set_error(
            error, VMI_ERROR, VMI_ERROR_NO_SPACE,
            "the guest has no free PCI slot for the disk \"%s\" on bus virtio, use bus scsi", disk);
    else
        virt_set_error(error, "cannot attach the disk \"%s\"", disk);
}

gboolean guest_attach(const GuestStartRequest *request, const char *domain_uuid,
                      const char *const *targets_in_use, const ApiVolume *volume, const char *bus,
                      const char *serial, DomainDiskPlan **ret_disk, GError **error)
{
    g_autoptr(virDomain) domain = virt_find(request->host->conn, domain_uuid, error);
    g_autoptr(StorageVolume) prepared =
        domain ? storage_prepare_one(request->storage, volume, NULL, error) : NULL;
    g_autofree char *target = NULL, *xml = NULL;

    if (!prepared)
        return FALSE;
    if (!host_attaches_by_fd(request->host))
        use_paths(prepared->volume.image);
    xml = build(request, targets_in_use, prepared, bus, serial, &target, error);
    if (!xml || !match_cache(prepared, error) || !host_hand_over(domain, prepared, error))
        return FALSE;
    if (virDomainAttachDeviceFlags(domain, xml, VIR_DOMAIN_AFFECT_LIVE) < 0) {
        set_attach_error(volume->name, error);
        return FALSE;
    }
    *ret_disk = plan_from_xml(volume->name, xml);
    return TRUE;
}

// The <disk> of the live domain with this target. NULL with an error when it cannot be read, without one when there is none.
static char *find_disk(virDomainPtr domain, const char *target, GError **error)
{
    g_autofree char *text = virDomainGetXMLDesc(domain, 0);
    g_autoptr(xmlDoc) doc = text ? xml_read_document(text) : NULL;
    xmlNode *disk;

    if (!doc) {
        virt_set_error(error, "cannot read the domain");
        return NULL;
    }
    disk = xml_read_descend(xmlDocGetRootElement(doc), "devices", "disk", NULL);
    for (; disk; disk = xml_read_next(disk)) {
        g_autofree char *dev = xml_read_attribute(xml_read_child(disk, "target"), "dev");

        if (g_strcmp0(dev, target) == 0) {
            xmlBuffer *buffer = xmlBufferCreate();
            char *found;

            (void)xmlNodeDump(buffer, doc, disk, 0, 0);
            found = g_strdup((const char *)xmlBufferContent(buffer));
            xmlBufferFree(buffer);
            return found;
        }
    }
    return NULL;
}

// libvirt returns after five seconds whether the guest has let the disk go or not; then it goes when the guest does.
static gboolean wait_detached(virDomainPtr domain, const char *target, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + DETACH_TIMEOUT_USEC;

    for (;;) {
        g_autoptr(GError) failure = NULL;
        g_autofree char *disk = find_disk(domain, target, &failure);

        if (failure) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        if (!disk)
            return TRUE;
        if (g_get_monotonic_time() >= deadline) {
            g_set_error(
                error, VMI_ERROR, VMI_ERROR_TIMEOUT,
                "the guest does not let go of the disk \"%s\"; unmount it there, or stop the guest",
                target);
            return FALSE;
        }
        g_usleep(DETACH_POLL_USEC);
    }
}

gboolean guest_detach(GuestHost *host, const char *domain_uuid, const char *target, GError **error)
{
    g_autoptr(virDomain) domain = virt_find(host->conn, domain_uuid, error);
    g_autoptr(GError) failure = NULL;
    g_autofree char *xml = domain ? find_disk(domain, target, &failure) : NULL;

    if (!domain)
        return FALSE;
    if (failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    // The guest let it go after an earlier call had given up.
    if (!xml)
        return TRUE;
    if (virDomainDetachDeviceFlags(domain, xml, VIR_DOMAIN_AFFECT_LIVE) < 0) {
        virt_set_error(error, "cannot detach the disk \"%s\"", target);
        return FALSE;
    }
    return wait_detached(domain, target, error);
}

gboolean guest_has_disk(GuestHost *host, const char *domain_uuid, const char *volume)
{
    g_autoptr(virDomain) domain = virt_find(host->conn, domain_uuid, NULL);
    g_autoptr(GuestRun) run = run_new();

    if (!domain || !run_read_domain(run, domain, NULL))
        return FALSE;
    for (guint i = 0; i < run->disks->len; i++)
        if (g_strcmp0(((const DomainDiskPlan *)g_ptr_array_index(run->disks, i))->volume, volume) ==
            0)
            return TRUE;
    return FALSE;
}
