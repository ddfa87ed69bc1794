// SPDX-License-Identifier: LGPL-2.1-or-later
// See run.h.
#include "guest/run.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "guest/cpus.h"
#include "guest/passt.h"
#include "guest/process.h"
#include "guest/xml-read.h"

static void free_disk(gpointer data)
{
    guest_disk_plan_free(data);
}

static void free_io_thread(gpointer data)
{
    GuestIoThread *self = data;

    g_clear_pointer(&self->planned, g_array_unref);
    g_clear_pointer(&self->actual, g_array_unref);
    g_free(self);
}

static void free_forward(gpointer data)
{
    DomainForward *self = data;

    g_free(self->protocol);
    g_free(self->address);
    g_free(self);
}

static void free_volume(gpointer data)
{
    GuestVolume *self = data;

    g_free(self->name);
    g_free(self->place);
    g_free(self);
}

void guest_disk_plan_free(DomainDiskPlan *self)
{
    if (!self)
        return;
    g_free(self->volume);
    g_free(self->target);
    g_free(self->bus);
    g_free(self->serial);
    g_free(self->image);
    g_free(self);
}

GuestRun *run_new(void)
{
    GuestRun *self = g_new0(GuestRun, 1);

    self->disks = g_ptr_array_new_with_free_func(free_disk);
    self->images = g_ptr_array_new_with_free_func(g_free);
    self->bases = g_ptr_array_new_with_free_func(g_free);
    self->iothreads = g_ptr_array_new_with_free_func(free_io_thread);
    self->forwards = g_ptr_array_new_with_free_func(free_forward);
    self->warnings = g_ptr_array_new_with_free_func(g_free);
    self->volumes = g_ptr_array_new_with_free_func(free_volume);
    return self;
}

gboolean guest_run_is_gone(const GuestRun *self)
{
    return self->pid > 0 && kill(self->pid, 0) < 0 && errno == ESRCH;
}

void guest_run_free(GuestRun *self)
{
    if (!self)
        return;
    g_free(self->object_uid);
    g_free(self->namespace);
    g_free(self->name);
    g_free(self->domain_uuid);
    g_free(self->scope);
    g_free(self->machine);
    g_free(self->mac);
    g_free(self->machine_type);
    g_clear_pointer(&self->dedicated_cpus, g_array_unref);
    g_ptr_array_unref(self->disks);
    g_ptr_array_unref(self->images);
    g_ptr_array_unref(self->bases);
    g_ptr_array_unref(self->iothreads);
    g_ptr_array_unref(self->forwards);
    g_ptr_array_unref(self->warnings);
    g_ptr_array_unref(self->volumes);
    g_free(self);
}

GuestIoThread *run_io_thread_new(guint id, gint tid)
{
    GuestIoThread *self = g_new0(GuestIoThread, 1);

    self->id = id;
    self->tid = tid;
    self->planned = cpus_new();
    self->actual = tid > 0 ? cpus_of_thread(tid) : NULL;
    if (!self->actual)
        self->actual = cpus_new();
    return self;
}

// The path that LAYER, a <disk> or a <backingStore>, has as its source.
static void read_image(const xmlNode *layer, GPtrArray *paths)
{
    char *path = xml_read_attribute(xml_read_child(layer, "source"), "file");

    if (path)
        g_ptr_array_add(paths, path);
}

static void read_images(GuestRun *self, const xmlNode *disk)
{
    read_image(disk, self->images);
    for (const xmlNode *base = xml_read_child(disk, "backingStore"); base;
         base = xml_read_child(base, "backingStore"))
        read_image(base, self->bases);
}

static void read_disks(GuestRun *self, const xmlNode *devices)
{
    for (xmlNode *disk = xml_read_child(devices, "disk"); disk; disk = xml_read_next(disk)) {
        DomainDiskPlan *plan = g_new0(DomainDiskPlan, 1);
        xmlNode *driver = xml_read_child(disk, "driver");
        xmlNode *target = xml_read_child(disk, "target");
        g_autofree char *alias = xml_read_attribute(xml_read_child(disk, "alias"), "name");

        plan->volume = g_strdup(alias && g_str_has_prefix(alias, METADATA_DISK_ALIAS)
                                    ? alias + strlen(METADATA_DISK_ALIAS)
                                    : alias);
        plan->target = xml_read_attribute(target, "dev");
        plan->bus = xml_read_attribute(target, "bus");
        plan->serial = xml_read_text(xml_read_child(disk, "serial"));
        plan->iothread = xml_read_number(driver, "iothread");
        plan->image = xml_read_attribute(xml_read_child(disk, "source"), "file");
        plan->mapped = xml_read_child(driver, "iothreads") != NULL;
        g_ptr_array_add(self->disks, plan);
        read_images(self, disk);
    }
}

// CPUs that <cputune> gives IOThread ID; empty when it is not pinned. NULL when the list cannot be read.
static GArray *read_pinning(const xmlNode *root, guint id)
{
    const xmlNode *tune = xml_read_child(root, "cputune");

    for (xmlNode *pin = xml_read_child(tune, "iothreadpin"); pin; pin = xml_read_next(pin)) {
        g_autofree char *cpuset = xml_read_attribute(pin, "cpuset");

        if (xml_read_number(pin, "iothread") == id && cpuset)
            return cpus_parse(cpuset);
    }
    return cpus_new();
}

static void add_pinned(GArray *cpus, const xmlNode *tune, const char *element)
{
    for (xmlNode *pin = xml_read_child(tune, element); pin; pin = xml_read_next(pin)) {
        g_autofree char *cpuset = xml_read_attribute(pin, "cpuset");
        g_autoptr(GArray) list = cpuset ? cpus_parse(cpuset) : NULL;

        if (list)
            g_array_append_vals(cpus, list->data, list->len);
    }
}

// Only a guest with CPUs of its own has its vCPUs pinned; the threads of its supplemental pool have further ones.
static void read_dedicated_cpus(GuestRun *self, const xmlNode *root)
{
    const xmlNode *tune = xml_read_child(root, "cputune");

    g_clear_pointer(&self->dedicated_cpus, g_array_unref);
    if (!xml_read_child(tune, "vcpupin"))
        return;
    self->dedicated_cpus = cpus_new();
    add_pinned(self->dedicated_cpus, tune, "vcpupin");
    add_pinned(self->dedicated_cpus, tune, "iothreadpin");
}

static void read_io_threads(GuestRun *self, const xmlNode *root)
{
    g_autofree char *count = xml_read_text(xml_read_child(root, "iothreads"));
    guint n = count ? (guint)g_ascii_strtoull(count, NULL, 10) : 0;

    for (guint id = 1; id <= n; id++) {
        g_autofree char *comm = g_strdup_printf("IO iothread%u", id);
        gint tid = self->pid > 0 ? process_find_thread(self->pid, comm) : 0;
        GuestIoThread *thread = run_io_thread_new(id, tid);
        g_autoptr(GArray) planned = read_pinning(root, id);

        if (planned)
            g_array_append_vals(thread->planned, planned->data, planned->len);
        g_ptr_array_add(self->iothreads, thread);
    }
}

// From <interface>, or from the command line where libvirt has no words for the network (domain/network.c).
static char *read_mac(xmlNode *root)
{
    xmlNode *arg = xml_read_descend(root, "commandline", "arg", NULL);
    char *mac =
        xml_read_attribute(xml_read_descend(root, "devices", "interface", "mac", NULL), "address");

    for (; arg && !mac; arg = xml_read_next(arg)) {
        g_autofree char *value = xml_read_attribute(arg, "value");
        const char *found = value ? strstr(value, ",mac=") : NULL;

        if (found)
            mac = g_strndup(found + strlen(",mac="), strcspn(found + strlen(",mac="), ","));
    }
    return mac;
}

gboolean run_read_xml(GuestRun *self, const char *text, GError **error)
{
    g_autoptr(xmlDoc) doc = xml_read_document(text);
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    xmlNode *devices = xml_read_child(root, "devices");

    if (!devices) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_HOST, "libvirt described a domain without devices");
        return FALSE;
    }
    g_free(self->domain_uuid);
    g_free(self->machine_type);
    g_free(self->mac);
    self->domain_uuid = xml_read_text(xml_read_child(root, "uuid"));
    self->machine_type = xml_read_attribute(xml_read_descend(root, "os", "type", NULL), "machine");
    self->mac = read_mac(root);
    g_ptr_array_set_size(self->disks, 0);
    g_ptr_array_set_size(self->images, 0);
    g_ptr_array_set_size(self->bases, 0);
    g_ptr_array_set_size(self->iothreads, 0);
    read_disks(self, devices);
    read_io_threads(self, root);
    read_dedicated_cpus(self, root);
    return TRUE;
}

gboolean run_read_domain(GuestRun *self, virDomainPtr domain, GError **error)
{
    g_autofree char *text = virDomainGetXMLDesc(domain, 0);
    int state, reason;

    if (!text || virDomainGetState(domain, &state, &reason, 0) < 0) {
        virt_set_error(error, "cannot read the domain");
        return FALSE;
    }
    self->paused = state == VIR_DOMAIN_PAUSED;
    self->paused_by_error = self->paused && reason == VIR_DOMAIN_PAUSED_IOERROR;
    return run_read_xml(self, text, error);
}

void run_check_pinning(GuestRun *self)
{
    for (guint i = 0; i < self->iothreads->len; i++) {
        const GuestIoThread *thread = g_ptr_array_index(self->iothreads, i);
        g_autofree char *planned = cpus_format(thread->planned);
        g_autofree char *actual = cpus_format(thread->actual);

        if (thread->planned->len > 0 && !cpus_equal(thread->planned, thread->actual))
            g_ptr_array_add(self->warnings,
                            g_strdup_printf("IOThread %u was to run on CPUs %s, the kernel lets it "
                                            "run on %s",
                                            thread->id, planned, actual));
    }
}

gboolean guest_make_run_dir(const Layout *layout, const char *namespace, const char *name,
                            GError **error)
{
    g_autofree char *dir = layout_guest_run_dir(layout, namespace, name);

    // 0711: QEMU may reach its sockets here, and list or make nothing.
    if (g_mkdir_with_parents(dir, 0711) == 0)
        return TRUE;
    vmi_set_error_errno(error, errno, "cannot make the directory \"%s\"", dir);
    return FALSE;
}

gboolean run_remove_dir(const Layout *layout, const char *namespace, const char *name,
                        GError **error)
{
    g_autofree char *path = layout_guest_run_dir(layout, namespace, name);
    g_autofree char *record = layout_run_record(layout, namespace, name);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *entry = NULL;

    while (dir && (entry = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(path, entry, NULL);

        // Nor what is about to become the record: it is saved at any time, by another thread.
        if (!g_str_has_prefix(file, record))
            (void)unlink(file);
    }
    if (!passt_remove_dir(layout, namespace, name, error))
        return FALSE;
    // With the record in it, it goes when that does.
    if (rmdir(path) == 0 || errno == ENOENT || errno == ENOTEMPTY)
        return TRUE;
    vmi_set_error_errno(error, errno, "cannot remove the directory \"%s\"", path);
    return FALSE;
}
