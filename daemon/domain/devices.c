// SPDX-License-Identifier: LGPL-2.1-or-later
// Everything on the guest's board that is not a disk or a network card: controllers, free slots for
// later devices, serial console, agent channel, source of randomness.

#include "domain/builder.h"

#include "api/defaults.h"

#define ANNOTATION_ON_ROOT_COMPLEX "kubevirt.io/placePCIDevicesOnRootComplex"
#define LAST_ROOT_PORT 31 // PCI bus index
#define LARGE_GUEST (G_GUINT64_CONSTANT(2) << 30)

gboolean devices_annotated(const DomainBuilder *b, const char *annotation)
{
    return g_strcmp0(api_map_get(b->vmi->metadata->annotations, annotation), "true") == 0;
}

static gboolean needs_scsi(const DomainBuilder *b)
{
    return !api_bool_or(b->devices->disable_hotplug, FALSE) ||
           disks_use_bus(b->devices, API_DISK_BUS_SCSI);
}

// Devices that libvirt will put on a root port of their own.
static guint count_ports_in_use(const DomainBuilder *b)
{
    guint count = 1; // virtio-serial

    if (api_bool_or(b->devices->use_virtio_transitional, FALSE))
        return 1; // those are conventional PCI: all behind one bridge
    for (guint i = 0; i < b->disks->len; i++) {
        const DiskElement *disk = &g_array_index(b->disks, DiskElement, i);

        if (disk->bus == API_DISK_BUS_VIRTIO &&
            !(disk->disk->disk && disk->disk->disk->pci_address))
            count++;
    }
    count += needs_scsi(b) ? 1 : 0;
    count += disks_use_bus(b->devices, API_DISK_BUS_USB) ? 1 : 0;
    count += b->devices->rng ? 1 : 0;
    count += api_bool_or(b->devices->autoattach_mem_balloon, TRUE) ? 1 : 0;
    return count;
}

// q35 can hotplug only into root ports that were there at start. KubeVirt's numbers: 8 in all and 3
// free at least, twice that for guests above 2 GiB.
static void write_root_ports(const DomainBuilder *b)
{
    gboolean large = api_vmi_memory(b->vmi->spec) > LARGE_GUEST;
    guint total = large ? 16 : 8, spare = large ? 6 : 3, used, ports;

    if (api_bool_or(b->devices->disable_hotplug, FALSE) ||
        devices_annotated(b, ANNOTATION_ON_ROOT_COMPLEX))
        return;
    used = count_ports_in_use(b);
    ports = MIN(MAX(total, used + spare), LAST_ROOT_PORT);
    xml_empty(b->xml, "controller", "type", "pci", "index", "0", "model", "pcie-root");
    for (guint i = 1; i <= ports; i++) {
        g_autofree char *index = g_strdup_printf("%u", i);

        xml_empty(b->xml, "controller", "type", "pci", "index", index, "model", "pcie-root-port");
    }
}

// Upstream counts only hard disks on usb; a CD-ROM there would be left without a controller, so all
// count here.
void devices_write_controllers(const DomainBuilder *b)
{
    write_root_ports(b);
    xml_empty(b->xml, "controller", "type", "usb", "index", "0", "model",
              disks_use_bus(b->devices, API_DISK_BUS_USB) ? "qemu-xhci" : "none");
    if (needs_scsi(b))
        xml_empty(b->xml, "controller", "type", "scsi", "index", "0", "model", b->virtio_model);
    xml_empty(b->xml, "controller", "type", "virtio-serial", "index", "0", "model",
              b->virtio_model);
}

// vmid is the only client of the socket: it keeps what is printed and serves everyone who wants to
// see or type.
void devices_write_console(const DomainBuilder *b)
{
    g_autofree char *socket =
        layout_console_socket(b->layout, b->vmi->metadata->namespace, b->vmi->metadata->name);

    if (!api_bool_or(b->devices->autoattach_serial_console, TRUE))
        return;
    xml_open(b->xml, "serial");
    xml_attribute(b->xml, "type", "unix");
    xml_empty(b->xml, "source", "mode", "bind", "path", socket);
    xml_empty(b->xml, "target", "type", "isa-serial", "port", "0");
    xml_close(b->xml);
}

// libvirt is the one that talks to the agent. The path that it would choose below its own root is too long for a socket
// where that root is in a user's home.
void devices_write_agent_channel(const DomainBuilder *b)
{
    g_autofree char *socket =
        layout_agent_socket(b->layout, b->vmi->metadata->namespace, b->vmi->metadata->name);

    xml_open(b->xml, "channel");
    xml_attribute(b->xml, "type", "unix");
    xml_empty(b->xml, "source", "mode", "bind", "path", socket);
    xml_empty(b->xml, "target", "type", "virtio", "name", "org.qemu.guest_agent.0");
    xml_close(b->xml);
}

void devices_write_rng(const DomainBuilder *b)
{
    if (!b->devices->rng)
        return;
    xml_open(b->xml, "rng");
    xml_attribute(b->xml, "model", b->virtio_model);
    xml_open(b->xml, "backend");
    xml_attribute(b->xml, "model", "random");
    xml_text(b->xml, "/dev/urandom");
    xml_close(b->xml);
    xml_close(b->xml);
}
