// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules for spec.domain.devices.disks, and for the boot order that disks share with interfaces. A disk without a bus
// is judged as the sata disk that it becomes.
#include "api/validate-internal.h"

#include <string.h>

typedef struct {
    const ApiCheck *check;
    const ApiDisk *disk;
    const char *path;      // "spec.domain.devices.disks[0]"
    ApiDiskBus bus;        // after defaults
    gboolean has_volume;   // there is a volume of the disk's name
    GHashTable *addresses; // of PCI, that earlier disks have
    GHashTable *serials;   // as the guest sees them -> SerialOwner, of earlier disks
} DiskCheck;

static void check_volume(const DiskCheck *self)
{
    if (self->has_volume || !self->disk->name)
        return;
    if (self->disk->cdrom)
        api_check_error(self->check, self->path, "name",
                        "add a volume of that name to spec.volumes",
                        "CD-ROM drive \"%s\" has no volume; empty drives are not supported yet",
                        self->disk->name);
    else
        api_check_error(self->check, self->path, "name",
                        "add a volume of that name to spec.volumes, or name one that is there",
                        "disk \"%s\" has no volume of its name", self->disk->name);
}

static void check_target(const DiskCheck *self)
{
    g_autoptr(GPtrArray) set = api_check_union(&api_disk_type, self->disk, "device");
    if (set->len > 1)
        api_check_error(self->check, self->path, NULL, "keep one of them",
                        "a disk is either disk, lun or cdrom; this is \"%s\" and \"%s\"",
                        (const char *)set->pdata[0], (const char *)set->pdata[1]);
}

static void check_bus(const DiskCheck *self)
{
    if (self->disk->cdrom && self->bus == API_DISK_BUS_VIRTIO)
        api_check_error(self->check, self->path, "cdrom.bus", "use sata, scsi or usb",
                        "a CD-ROM drive cannot be on bus virtio");
    if (self->disk->disk && self->disk->disk->readonly == API_TRUE &&
        self->bus == API_DISK_BUS_SATA)
        api_check_error(self->check, self->path, "disk.readonly",
                        "set disk.bus to virtio or scsi, or use cdrom",
                        "a hard disk on bus sata cannot be read-only");
}

static void check_io(const DiskCheck *self)
{
    const ApiDisk *disk = self->disk;
    if (disk->dedicated_io_thread == API_TRUE && self->bus != API_DISK_BUS_VIRTIO)
        api_check_error(
            self->check, self->path, "dedicatedIOThread", "set disk.bus to virtio",
            "only disks on bus virtio can have a thread of their own, this one is on %s",
            api_enum_to_string(&api_disk_bus_values, (int)self->bus));
    if (disk->io == API_DISK_IO_NATIVE && disk->cache != API_DISK_CACHE_UNSET &&
        disk->cache != API_DISK_CACHE_NONE)
        api_check_error(self->check, self->path, "io", "set cache to none, or io to threads",
                        "io \"native\" does not work with cache \"%s\"",
                        api_enum_to_string(&api_disk_cache_values, (int)disk->cache));
}

// Which disk has which serial number, as the guest sees it.
typedef struct {
    const char *name;   // of the disk
    const char *serial; // as written
} SerialOwner;

static void check_serial_length(const DiskCheck *self)
{
    const char *serial = self->disk->serial,
               *bus = api_enum_to_string(&api_disk_bus_values, (int)self->bus);
    guint most = api_serial_most(self->bus), kept = api_serial_kept(self->bus);
    g_autofree char *remedy = g_strdup_printf(
        "use at most %u characters%s", kept,
        self->bus == API_DISK_BUS_SCSI ? "" : ", or set disk.bus to scsi, which keeps 36");
    if (strlen(serial) > most)
        api_check_error(
            self->check, self->path, "serial", remedy,
            "on bus %s a serial number has at most %u characters, \"%s\" has %" G_GSIZE_FORMAT, bus,
            most, serial, strlen(serial));
    else if (strlen(serial) > kept)
        api_check_warning(self->check, self->path, "serial", remedy,
                          "on bus %s the guest sees the first %u characters of \"%s\"", bus, kept,
                          serial);
}

// The same number as written is somebody's wish; one that only becomes the same is not.
static void check_serial_unique(const DiskCheck *self)
{
    g_autofree char *seen = api_serial_seen(self->disk->serial, self->bus);
    const SerialOwner *owner = g_hash_table_lookup(self->serials, seen);
    if (!owner) {
        SerialOwner *own = g_new0(SerialOwner, 1);
        *own = (SerialOwner){ self->disk->name, self->disk->serial };
        g_hash_table_insert(self->serials, g_steal_pointer(&seen), own);
    } else if (g_str_equal(owner->serial, self->disk->serial)) {
        api_check_warning(self->check, self->path, "serial", "give each disk its own",
                          "disk \"%s\" has the same serial number", owner->name);
    } else {
        api_check_error(
            self->check, self->path, "serial", "make what is left of them after the cut differ",
            "the guest sees \"%s\" as the serial number of disk \"%s\" as well", seen, owner->name);
    }
}

// A CD-ROM drive shows none.
static void check_serial(const DiskCheck *self)
{
    if (!api_text_is_set(self->disk->serial))
        return;
    if (!api_serial_is_valid(self->disk->serial)) {
        api_check_error(self->check, self->path, "serial", "use " API_SERIAL_RULE,
                        "\"%s\" cannot be a serial number", self->disk->serial);
    } else if (!self->disk->cdrom) {
        check_serial_length(self);
        check_serial_unique(self);
    }
}

// dddd:bb:ss.f, in hexadecimal; a slot has 5 bits, a function 3.
static gboolean pci_address_is_valid(const char *text)
{
    static const char form[] = "xxxx:xx:sx.f";
    if (strlen(text) != strlen(form))
        return FALSE;
    for (gsize i = 0; form[i]; i++) {
        gboolean fits = form[i] == 'x'   ? g_ascii_isxdigit(text[i])
                        : form[i] == 's' ? text[i] == '0' || text[i] == '1'
                        : form[i] == 'f' ? text[i] >= '0' && text[i] <= '7'
                                         : text[i] == form[i];
        if (!fits)
            return FALSE;
    }
    return TRUE;
}

static void check_pci_address(const DiskCheck *self)
{
    const char *address = self->disk->disk ? self->disk->disk->pci_address : NULL;
    if (!api_text_is_set(address))
        return;
    if (!pci_address_is_valid(address))
        api_check_error(self->check, self->path, "disk.pciAddress", "write it as 0000:05:00.0",
                        "\"%s\" is not a PCI address", address);
    else if (self->bus != API_DISK_BUS_VIRTIO)
        api_check_error(self->check, self->path, "disk.pciAddress", "set disk.bus to virtio",
                        "only disks on bus virtio have a PCI address");
    else
        api_check_unique(self->check, self->addresses, address, "PCI address", self->path,
                         "disk.pciAddress");
}

static ApiDiskBus bus_of(const ApiDisk *disk)
{
    ApiDiskBus bus = disk->disk    ? disk->disk->bus
                     : disk->cdrom ? disk->cdrom->bus
                     : disk->lun   ? disk->lun->bus
                                   : API_DISK_BUS_UNSET;
    return bus == API_DISK_BUS_UNSET ? API_DISK_BUS_SATA : bus;
}

static gboolean has_volume(const ApiVmiSpec *spec, const char *name)
{
    for (guint i = 0; spec->volumes && i < spec->volumes->len; i++) {
        const ApiVolume *volume = spec->volumes->pdata[i];
        if (g_strcmp0(volume->name, name) == 0)
            return TRUE;
    }
    return FALSE;
}

void api_validate_disks(const ApiCheck *check, const ApiVmiSpec *spec)
{
    static void (*const rules[])(const DiskCheck *self) = {
        check_target, check_volume, check_bus, check_io, check_serial, check_pci_address,
    };
    const GPtrArray *disks = spec->domain->devices ? spec->domain->devices->disks : NULL;
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) addresses = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) serials = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; disks && i < disks->len; i++) {
        const ApiDisk *disk = disks->pdata[i];
        g_autofree char *path = g_strdup_printf("spec.domain.devices.disks[%u]", i);
        const DiskCheck self = {
            .check = check,
            .disk = disk,
            .path = path,
            .bus = bus_of(disk),
            .has_volume = has_volume(spec, disk->name),
            .addresses = addresses,
            .serials = serials,
        };
        if (api_check_name(check, API_NAME_VOLUME, disk->name, path, "name"))
            api_check_unique(check, names, disk->name, "disk name", path, "name");
        for (guint rule = 0; rule < G_N_ELEMENTS(rules); rule++)
            rules[rule](&self);
    }
}

static void check_boot_order(const ApiCheck *check, ApiInt order, const char *base,
                             GHashTable *seen)
{
    if (!order.set)
        return;
    if (order.value < 1)
        api_check_error(check, base, "bootOrder", "count from 1",
                        "%" G_GINT64_FORMAT " is out of range", order.value);
    else if (!g_hash_table_add(seen, GINT_TO_POINTER((int)order.value)))
        api_check_error(check, base, "bootOrder", "give each disk and interface its own",
                        "boot order %" G_GINT64_FORMAT " is already taken", order.value);
}

void api_validate_boot_order(const ApiCheck *check, const ApiDevices *devices)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    for (guint i = 0; devices->disks && i < devices->disks->len; i++) {
        const ApiDisk *disk = devices->disks->pdata[i];
        g_autofree char *base = g_strdup_printf("spec.domain.devices.disks[%u]", i);
        check_boot_order(check, disk->boot_order, base, seen);
    }
    for (guint i = 0; devices->interfaces && i < devices->interfaces->len; i++) {
        const ApiInterface *interface = devices->interfaces->pdata[i];
        g_autofree char *base = g_strdup_printf("spec.domain.devices.interfaces[%u]", i);
        check_boot_order(check, interface->boot_order, base, seen);
    }
}
