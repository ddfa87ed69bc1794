// SPDX-License-Identifier: LGPL-2.1-or-later
// The composition: plan every concern, then write the document from top to bottom. What an element
// looks like is the business of the concern's own file; here is only what belongs to the domain as
// a whole.

#include "domain/builder.h"

#include <string.h>

#include "api/defaults.h"
#include "api/validate.h"
#include "base/error.h"

#define DEFAULT_MACHINE "q35"
#define VMI_NAMESPACE "https://example.org/xmlns/vmi/1"
#define QEMU_NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"

static void disk_plan_free(gpointer data)
{
    DomainDiskPlan *self = data;

    g_free(self->volume);
    g_free(self->target);
    g_free(self->bus);
    g_free(self->serial);
    g_free(self->image);
    g_free(self);
}

static void io_thread_free(gpointer data)
{
    DomainIoThread *self = data;

    g_array_unref(self->cpus);
    g_free(self);
}

static void forward_free(gpointer data)
{
    DomainForward *self = data;

    g_free(self->protocol);
    g_free(self->address);
    g_free(self);
}

static void passt_free(gpointer data)
{
    DomainPasst *self = data;

    g_free(self->socket);
    g_free(self->pid_file);
    g_strfreev(self->arguments);
    g_free(self);
}

static DomainPlan *plan_new(void)
{
    DomainPlan *self = g_new0(DomainPlan, 1);

    self->disks = g_ptr_array_new_with_free_func(disk_plan_free);
    self->iothreads = g_ptr_array_new_with_free_func(io_thread_free);
    self->forwards = g_ptr_array_new_with_free_func(forward_free);
    self->passts = g_ptr_array_new_with_free_func(passt_free);
    self->warnings = g_ptr_array_new_with_free_func(g_free);
    return self;
}

void domain_plan_free(DomainPlan *self)
{
    if (!self)
        return;
    g_free(self->xml);
    g_ptr_array_unref(self->disks);
    g_ptr_array_unref(self->iothreads);
    g_ptr_array_unref(self->forwards);
    g_ptr_array_unref(self->passts);
    g_ptr_array_unref(self->warnings);
    g_free(self);
}

static gboolean check_architecture(const DomainBuilder *b, GError **error)
{
    const char *architecture = b->vmi->spec->architecture;

    if (architecture && strcmp(architecture, "amd64") != 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_UNSUPPORTED,
                    "spec.architecture: \"%s\" is not supported yet; use amd64", architecture);
        return FALSE;
    }
    return TRUE;
}

static gboolean plan_machine(DomainBuilder *b, GError **error)
{
    const char *type = b->domain->machine ? b->domain->machine->type : NULL;
    g_autofree char *known = api_machine_list(b->host->machines);

    b->machine = type ? type : DEFAULT_MACHINE;
    if (!g_str_has_prefix(b->machine, "q35") && !g_str_has_prefix(b->machine, "pc-q35")) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "spec.domain.machine.type: \"%s\" is not a q35 machine; use q35", type);
        return FALSE;
    }
    if (api_machine_is_known(b->host->machines, b->machine))
        return TRUE;
    if (!b->host->replace_machine_type) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "spec.domain.machine.type: this host's QEMU has no \"%s\"; use one of %s", type,
                    known);
        return FALSE;
    }
    domain_warn(
        b->plan,
        "spec.domain.machine.type: this host's QEMU has no \"%s\", the guest has " DEFAULT_MACHINE
        " instead",
        type);
    b->machine = DEFAULT_MACHINE;
    return TRUE;
}

// Everything that can fail, and everything that later elements need to know of each other.
static gboolean plan(DomainBuilder *b, GError **error)
{
    if (!check_architecture(b, error) || !plan_machine(b, error) || !memory_check(b, error) ||
        !io_threads_count(b->vmi->spec, &b->threads, error) || !cpu_check(b, error))
        return FALSE;
    io_threads_plan(b);
    return disks_plan(b, error) && network_plan(b, error);
}

// By this a restarted vmid knows its guests again.
static void write_metadata(const DomainBuilder *b)
{
    const ApiObjectMeta *meta = b->vmi->metadata;

    xml_open(b->xml, "metadata");
    xml_open(b->xml, "vmi:run");
    xml_attribute(b->xml, "xmlns:vmi", VMI_NAMESPACE);
    xml_attribute(b->xml, "uid", b->host->uid_of_object);
    xml_attribute(b->xml, "namespace", meta->namespace);
    xml_attribute(b->xml, "name", meta->name);
    if (b->host->uid != 0)
        xml_attribute_uint(b->xml, "runtimeUser", b->host->uid);
    xml_close(b->xml);
    xml_close(b->xml);
}

static void write_entry(Xml *xml, const char *name, const char *value)
{
    if (!value)
        return;
    xml_open(xml, "entry");
    xml_attribute(xml, "name", name);
    xml_text(xml, value);
    xml_close(xml);
}

// The same words as under KubeVirt, not ours: guests and their tools look for them, and a guest
// that moves to a cluster one day must not find itself on different hardware.
static void write_sysinfo(const DomainBuilder *b)
{
    const ApiFirmware *firmware = b->domain->firmware;

    xml_open(b->xml, "sysinfo");
    xml_attribute(b->xml, "type", "smbios");
    xml_open(b->xml, "system");
    write_entry(b->xml, "manufacturer", "KubeVirt");
    write_entry(b->xml, "product", "None");
    write_entry(b->xml, "serial", firmware ? firmware->serial : NULL);
    write_entry(b->xml, "uuid", firmware ? firmware->uuid : NULL);
    write_entry(b->xml, "family", "KubeVirt");
    xml_close(b->xml);
    xml_close(b->xml);
}

static void write_os(const DomainBuilder *b)
{
    xml_open(b->xml, "os");
    xml_open(b->xml, "type");
    xml_attribute(b->xml, "arch", "x86_64");
    xml_attribute(b->xml, "machine", b->machine);
    xml_text(b->xml, "hvm");
    xml_close(b->xml);
    xml_empty(b->xml, "smbios", "mode", "sysinfo");
    xml_close(b->xml);
}

// The end of QEMU is the end of the run: vmid decides whether there is another one.
static void write_lifecycle(const DomainBuilder *b)
{
    xml_text_element(b->xml, "on_poweroff", "destroy");
    xml_text_element(b->xml, "on_reboot", "restart");
    xml_text_element(b->xml, "on_crash", "destroy");
}

static void write_devices(const DomainBuilder *b)
{
    xml_open(b->xml, "devices");
    if (b->host->emulator)
        xml_text_element(b->xml, "emulator", b->host->emulator);
    devices_write_controllers(b);
    disks_write(b);
    devices_write_console(b);
    devices_write_agent_channel(b);
    devices_write_rng(b);
    memory_write_balloon(b);
    xml_close(b->xml);
}

// relabel stays on for images that libvirt opens by path; those handed over as descriptors it
// leaves alone anyway, when the guest starts and when it stops.
static void write_seclabel(const DomainBuilder *b)
{
    g_autofree char *label = g_strdup_printf("+%u:+%u", b->host->uid, b->host->gid);

    if (b->host->uid == 0)
        return;
    xml_open(b->xml, "seclabel");
    xml_attribute(b->xml, "type", "static");
    xml_attribute(b->xml, "model", "dac");
    xml_attribute(b->xml, "relabel", "yes");
    xml_text_element(b->xml, "label", label);
    xml_close(b->xml);
}

static void write_qemu_namespace(const DomainBuilder *b)
{
    network_write_command_line(b);
    if (!b->host->lean_cpu_probe)
        return;
    xml_open(b->xml, "qemu:capabilities");
    xml_empty(b->xml, "qemu:del", "capability", "cpu-unavailable-features");
    xml_close(b->xml);
}

static void write_domain(const DomainBuilder *b)
{
    const ApiObjectMeta *meta = b->vmi->metadata;
    const ApiFirmware *firmware = b->domain->firmware;
    g_autofree char *name = layout_domain_name(meta->namespace, meta->name);

    xml_open(b->xml, "domain");
    xml_attribute(b->xml, "type", b->host->use_emulation ? "qemu" : "kvm");
    if (b->host->lean_cpu_probe || network_uses_command_line(b))
        xml_attribute(b->xml, "xmlns:qemu", QEMU_NAMESPACE);
    xml_text_element(b->xml, "name", name);
    if (firmware && firmware->uuid) // libvirt wants it equal to the one in sysinfo
        xml_text_element(b->xml, "uuid", firmware->uuid);
    write_metadata(b);
    memory_write(b);
    cpu_write_count(b);
    io_threads_write(b);
    cpu_write_tune(b);
    write_sysinfo(b);
    write_os(b);
    cpu_write_features(b);
    cpu_write_model(b);
    write_lifecycle(b);
    write_devices(b);
    write_seclabel(b);
    write_qemu_namespace(b);
    xml_close(b->xml);
}

DomainPlan *domain_build(const ApiVirtualMachineInstance *vmi, const GArray *volumes,
                         const DomainHost *host, const Layout *layout, GError **error)
{
    static const ApiDevices no_devices;
    g_autoptr(DomainPlan) result = plan_new();
    g_autoptr(Xml) xml = xml_new();
    g_autoptr(GArray) disks = g_array_new(FALSE, TRUE, sizeof(DiskElement));
    g_autoptr(GPtrArray) cards = g_ptr_array_new_with_free_func((GDestroyNotify)network_card_free);
    DomainBuilder b = {
        .vmi = vmi,
        .domain = vmi->spec->domain,
        .devices = vmi->spec->domain->devices ? vmi->spec->domain->devices : &no_devices,
        .volumes = volumes,
        .host = host,
        .layout = layout,
        .vcpus = api_vmi_vcpus(vmi->spec),
        .disks = disks,
        .cards = cards,
        .plan = result,
        .xml = xml,
    };

    b.virtio_model = api_bool_or(b.devices->use_virtio_transitional, FALSE)
                         ? "virtio-transitional"
                         : "virtio-non-transitional";
    if (!plan(&b, error))
        return NULL;
    write_domain(&b);
    result->xml = xml_finish(xml, error);
    return result->xml ? g_steal_pointer(&result) : NULL;
}
