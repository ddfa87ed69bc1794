// SPDX-License-Identifier: LGPL-2.1-or-later
// Disks and CD-ROM drives: which bus, name, cache, I/O mode and thread each gets, and the <disk>
// element. The same functions serve boot and hotplug. Images are given; nothing is opened or looked
// at here.

#include "domain/builder.h"

#include <string.h>

#include "api/defaults.h"
#include "base/error.h"

static gboolean is_cdrom(const ApiDisk *disk)
{
    return disk->cdrom && !disk->disk;
}

static ApiDiskBus disk_bus(const ApiDisk *disk)
{
    ApiDiskBus bus = is_cdrom(disk) ? disk->cdrom->bus
                     : disk->disk   ? disk->disk->bus
                                    : API_DISK_BUS_UNSET;

    return bus == API_DISK_BUS_UNSET ? API_DISK_BUS_SATA : bus; // KubeVirt's default on amd64
}

gboolean disks_use_bus(const ApiDevices *devices, ApiDiskBus bus)
{
    for (guint i = 0; devices->disks && i < devices->disks->len; i++)
        if (disk_bus(g_ptr_array_index(devices->disks, i)) == bus)
            return TRUE;
    return FALSE;
}

const ApiDisk *domain_disk_of_volume(const ApiVmiSpec *spec, const char *volume)
{
    const GPtrArray *disks =
        spec->domain && spec->domain->devices ? spec->domain->devices->disks : NULL;

    for (guint i = 0; disks && i < disks->len; i++) {
        const ApiDisk *disk = g_ptr_array_index(disks, i);

        if (g_strcmp0(disk->name, volume) == 0)
            return disk;
    }
    return NULL;
}

gboolean domain_disk_is_read_only(const ApiDisk *disk)
{
    return is_cdrom(disk) || (disk->disk && api_bool_or(disk->disk->readonly, FALSE));
}

ApiDiskCache domain_disk_cache(const ApiDisk *disk, const DomainVolume *volume, GError **error)
{
    if (disk->cache == API_DISK_CACHE_UNSET)
        return volume->direct_io ? API_DISK_CACHE_NONE : API_DISK_CACHE_WRITETHROUGH;
    if (disk->cache == API_DISK_CACHE_NONE && !volume->direct_io) {
        g_set_error(
            error, VMI_ERROR, VMI_ERROR_INVALID,
            "cache: \"none\" needs direct I/O, which the file system of \"%s\" cannot do; leave "
            "cache out or use writethrough",
            volume->image->path);
        return API_DISK_CACHE_UNSET;
    }
    return disk->cache;
}

const char *disk_target_prefix(ApiDiskBus bus)
{
    return bus == API_DISK_BUS_VIRTIO ? "vd" : "sd";
}

// Letters as Linux counts them: a..z, aa..zz, aaa...
char *disk_target_name(ApiDiskBus bus, guint index)
{
    char letters[8];
    gsize at = sizeof(letters) - 1;

    letters[at] = '\0';
    for (guint64 rest = (guint64)index + 1; rest > 0; rest = (rest - 1) / 26)
        letters[--at] = 'a' + (rest - 1) % 26;
    return g_strconcat(disk_target_prefix(bus), &letters[at], NULL);
}

static gboolean refuse(GError **error, VmiError code, const char *path, const char *what)
{
    g_set_error(error, VMI_ERROR, code, "%s.%s", path, what);
    return FALSE;
}

static gboolean check_kind(const DiskElement *self, const char *path, GError **error)
{
    const ApiDisk *disk = self->disk;

    if (disk->lun)
        return refuse(error, VMI_ERROR_UNSUPPORTED, path,
                      "lun: SCSI passthrough is not supported yet; use disk");
    if (is_cdrom(disk) && self->bus == API_DISK_BUS_VIRTIO)
        return refuse(error, VMI_ERROR_INVALID, path,
                      "cdrom.bus: a CD-ROM drive cannot be on virtio; use sata, scsi or usb");
    if (!is_cdrom(disk) && self->bus == API_DISK_BUS_SATA && self->read_only)
        return refuse(
            error, VMI_ERROR_INVALID, path,
            "disk.bus: a read-only hard disk cannot be on sata; use virtio or scsi, or cdrom");
    if (api_bool_or(disk->dedicated_io_thread, FALSE) && self->bus != API_DISK_BUS_VIRTIO)
        return refuse(error, VMI_ERROR_INVALID, path,
                      "dedicatedIOThread: only a disk on bus virtio can have a thread of its own");
    if (self->volume && !self->volume->image)
        return refuse(error, VMI_ERROR_UNSUPPORTED, path,
                      "name: the source of this volume is not supported yet as a disk");
    return TRUE;
}

// native pays where the image needs no allocation while writing; QEMU does it only past the page
// cache.
static gboolean choose_io(DiskElement *self, const char *path, GError **error)
{
    gboolean direct = self->cache == API_DISK_CACHE_NONE;

    self->io = api_enum_to_string(&api_disk_io_values, self->disk->io);
    if (self->disk->io == API_DISK_IO_UNSET && direct &&
        (self->volume->image->block || self->volume->preallocated))
        self->io = "native";
    if (self->disk->io == API_DISK_IO_NATIVE && !direct)
        return refuse(
            error, VMI_ERROR_INVALID, path,
            "io: native needs cache none; use threads, or cache: none on a file system with "
            "direct I/O");
    return TRUE;
}

gboolean disk_element_init(DiskElement *self, const ApiDisk *disk, const DomainVolume *volume,
                           const ApiVmiSpec *spec, const char *path, GError **error)
{
    const ApiDevices *devices = spec->domain->devices;

    *self = (DiskElement){ .disk = disk, .volume = volume, .bus = disk_bus(disk) };
    self->serial = is_cdrom(disk) ? NULL : disk->serial;
    self->read_only =
        domain_disk_is_read_only(disk) || (volume && volume->image && volume->image->read_only);
    self->virtio_model = api_bool_or(devices->use_virtio_transitional, FALSE)
                             ? "virtio-transitional"
                             : "virtio-non-transitional";
    if (self->bus == API_DISK_BUS_VIRTIO && api_bool_or(devices->block_multi_queue, FALSE))
        self->queues = api_vmi_vcpus(spec);
    if (!check_kind(self, path, error))
        return FALSE;
    if (!volume)
        return TRUE;
    self->cache = domain_disk_cache(disk, volume, error);
    if (self->cache == API_DISK_CACHE_UNSET) {
        g_prefix_error(error, "%s.", path);
        return FALSE;
    }
    return choose_io(self, path, error);
}

// The volume behind a disk. *ret_volume NULL: an empty CD-ROM drive, the one disk that needs none.
static gboolean find_volume(const DomainBuilder *b, const ApiDisk *disk, const char *path,
                            const DomainVolume **ret_volume, GError **error)
{
    const GPtrArray *volumes = b->vmi->spec->volumes;

    for (guint i = 0; volumes && i < volumes->len && i < b->volumes->len; i++) {
        const ApiVolume *volume = g_ptr_array_index(volumes, i);

        if (g_strcmp0(volume->name, disk->name) == 0) {
            *ret_volume = &g_array_index(b->volumes, DomainVolume, i);
            return TRUE;
        }
    }
    if (is_cdrom(disk)) {
        *ret_volume = NULL;
        return TRUE;
    }
    g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                "%s.name: no volume is called \"%s\"; add it to spec.volumes", path, disk->name);
    return FALSE;
}

static void assign_thread(DomainBuilder *b, DiskElement *element, IoThreadCursor *cursor)
{
    if (element->bus != API_DISK_BUS_VIRTIO || b->threads.total == 0)
        return;
    if (b->threads.supplemental && b->host->queue_mapping)
        element->map_threads = b->threads.total;
    else
        element->iothread = io_threads_assign(
            &b->threads, cursor, api_bool_or(element->disk->dedicated_io_thread, FALSE));
}

static void add_to_plan(DomainBuilder *b, const DiskElement *element)
{
    DomainDiskPlan *plan = g_new0(DomainDiskPlan, 1);

    plan->volume = g_strdup(element->disk->name);
    plan->target = disk_target_name(element->bus, element->index);
    plan->bus = g_strdup(api_enum_to_string(&api_disk_bus_values, element->bus));
    plan->serial = g_strdup(element->serial);
    plan->iothread = element->iothread;
    plan->mapped = element->map_threads > 0;
    g_ptr_array_add(b->plan->disks, plan);
}

gboolean disks_plan(DomainBuilder *b, GError **error)
{
    const GPtrArray *disks = b->devices->disks;
    IoThreadCursor cursor = { 0 };
    guint virtio = 0, others = 0; // letters given so far

    for (guint i = 0; disks && i < disks->len; i++) {
        const ApiDisk *disk = g_ptr_array_index(disks, i);
        g_autofree char *path = g_strdup_printf(BUILDER_DISKS "[%u]", i);
        const DomainVolume *volume;
        DiskElement element;

        if (!find_volume(b, disk, path, &volume, error) ||
            !disk_element_init(&element, disk, volume, b->vmi->spec, path, error))
            return FALSE;
        element.index = element.bus == API_DISK_BUS_VIRTIO ? virtio++ : others++;
        assign_thread(b, &element, &cursor);
        add_to_plan(b, &element);
        g_array_append_val(b->disks, element);
    }
    if (b->threads.supplemental && !b->host->queue_mapping && cursor.pool_used > 0)
        domain_warn(
            b->plan,
            "ioThreadsPolicy supplementalPool: this host's libvirt and QEMU give each disk one "
            "thread of the pool; spreading a disk over all of them needs libvirt 10 and QEMU 9");
    return TRUE;
}

// Without lists of queues QEMU deals them out to the threads in turn, also where it picks the
// number of queues itself (one per vCPU, without blockMultiQueue). Tried with libvirt 11.3 and QEMU
// 10.
static void write_thread_map(const DiskElement *self, Xml *xml)
{
    xml_open(xml, "iothreads");
    for (guint id = 1; id <= self->map_threads; id++) {
        xml_open(xml, "iothread");
        xml_attribute_uint(xml, "id", id);
        xml_close(xml);
    }
    xml_close(xml);
}

static void write_driver(const DiskElement *self, Xml *xml)
{
    gboolean hard_disk = !is_cdrom(self->disk);

    xml_open(xml, "driver");
    xml_attribute(xml, "name", "qemu");
    xml_attribute(xml, "type", self->volume ? self->volume->image->format : "raw");
    xml_attribute(xml, "cache", api_enum_to_string(&api_disk_cache_values, self->cache));
    xml_attribute(
        xml, "error_policy",
        self->disk->error_policy == API_DISK_ERROR_POLICY_UNSET
            ? "stop"
            : api_enum_to_string(&api_disk_error_policy_values, self->disk->error_policy));
    xml_attribute(xml, "io", self->io);
    if (hard_disk && self->volume && !self->volume->keep_allocated)
        xml_attribute(xml, "discard", "unmap");
    if (self->iothread > 0)
        xml_attribute_uint(xml, "iothread", self->iothread);
    if (self->queues > 0)
        xml_attribute_uint(xml, "queues", self->queues);
    if (self->map_threads > 0)
        write_thread_map(self, xml);
    xml_close(xml);
}

static void write_source(const DomainImage *image, Xml *xml)
{
    xml_empty(xml, "source", image->block ? "dev" : "file", image->path, "fdgroup", image->fdgroup);
}

// The chain is always written to its end, so that libvirt never opens an image to look for more.
static void write_backing(const DomainImage *image, Xml *xml)
{
    xml_open(xml, "backingStore");
    if (image) {
        xml_attribute(xml, "type", image->block ? "block" : "file");
        xml_empty(xml, "format", "type", image->format);
        write_source(image, xml);
        write_backing(image->backing, xml);
    }
    xml_close(xml);
}

// "dddd:bb:ss.f", checked by validation.
static void write_pci_address(const char *text, Xml *xml)
{
    g_auto(GStrv) parts = g_strsplit_set(text, ":.", 4);
    static const char *const names[] = { "domain", "bus", "slot", "function" };

    xml_open(xml, "address");
    xml_attribute(xml, "type", "pci");
    for (guint i = 0; i < G_N_ELEMENTS(names) && parts[i]; i++) {
        g_autofree char *value = g_strconcat("0x", parts[i], NULL);

        xml_attribute(xml, names[i], value);
    }
    xml_close(xml);
}

static void write_address(const DiskElement *self, Xml *xml)
{
    if (self->bus == API_DISK_BUS_VIRTIO && self->disk->disk && self->disk->disk->pci_address) {
        write_pci_address(self->disk->disk->pci_address, xml);
    } else if (self->bus == API_DISK_BUS_SCSI) {
        g_autofree char *unit = g_strdup_printf("%u", self->index);

        xml_empty(xml, "address", "type", "drive", "controller", "0", "bus", "0", "unit", unit);
    }
}

static void write_target(const DiskElement *self, Xml *xml)
{
    g_autofree char *target = disk_target_name(self->bus, self->index);
    const char *tray = is_cdrom(self->disk)
                           ? api_enum_to_string(&api_cdrom_tray_values, self->disk->cdrom->tray)
                           : NULL;

    xml_empty(xml, "target", "dev", target, "bus",
              api_enum_to_string(&api_disk_bus_values, self->bus), "tray", tray);
}

void disk_element_write(const DiskElement *self, Xml *xml)
{
    g_autofree char *alias = g_strconcat("ua-", self->disk->name, NULL);
    const DomainImage *image = self->volume ? self->volume->image : NULL;

    xml_open(xml, "disk");
    xml_attribute(xml, "type", image && image->block ? "block" : "file");
    xml_attribute(xml, "device", is_cdrom(self->disk) ? "cdrom" : "disk");
    if (self->bus == API_DISK_BUS_VIRTIO)
        xml_attribute(xml, "model", self->virtio_model);
    write_driver(self, xml);
    if (image) {
        write_source(image, xml);
        write_backing(image->backing, xml);
    }
    write_target(self, xml);
    if (self->read_only)
        xml_empty(xml, "readonly", NULL);
    if (self->serial)
        xml_text_element(xml, "serial", self->serial);
    if (self->disk->boot_order.set) {
        xml_open(xml, "boot");
        xml_attribute_uint(xml, "order", self->disk->boot_order.value);
        xml_close(xml);
    }
    xml_empty(xml, "alias", "name", alias);
    write_address(self, xml);
    xml_close(xml);
}

void disks_write(const DomainBuilder *b)
{
    for (guint i = 0; i < b->disks->len; i++)
        disk_element_write(&g_array_index(b->disks, DiskElement, i), b->xml);
}
