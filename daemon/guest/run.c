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

#define GROUP "Run"

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
    self->files = g_array_new(FALSE, FALSE, sizeof(GuestFile));
    self->iothreads = g_ptr_array_new_with_free_func(free_io_thread);
    self->forwards = g_ptr_array_new_with_free_func(free_forward);
    self->warnings = g_ptr_array_new_with_free_func(g_free);
    self->volumes = g_ptr_array_new_with_free_func(g_free);
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
    g_array_unref(self->files);
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

static char *record_path(const GuestRun *self, const Layout *layout)
{
    g_autofree char *dir = layout_guest_run_dir(layout, self->namespace, self->name);

    return g_build_filename(dir, "run", NULL);
}

static void save_list(GKeyFile *file, const char *key, const GPtrArray *texts)
{
    g_key_file_set_string_list(file, GROUP, key, (const char *const *)texts->pdata, texts->len);
}

static GPtrArray *format_files(const GArray *files)
{
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < files->len; i++) {
        const GuestFile *file = &g_array_index(files, GuestFile, i);

        g_ptr_array_add(texts,
                        g_strdup_printf("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s",
                                        file->device, file->inode, file->writes ? "rw" : "ro"));
    }
    return texts;
}

gboolean run_save(const GuestRun *self, const Layout *layout, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GPtrArray) forwards = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) files = format_files(self->files);
    g_autofree char *path = record_path(self, layout);

    for (guint i = 0; i < self->forwards->len; i++) {
        const DomainForward *forward = g_ptr_array_index(self->forwards, i);

        g_ptr_array_add(forwards,
                        g_strdup_printf("%s %s %u %u", forward->protocol, forward->address,
                                        forward->host_port, forward->guest_port));
    }
    g_key_file_set_string(file, GROUP, "UID", self->object_uid);
    g_key_file_set_boolean(file, GROUP, "Begun", self->begun);
    g_key_file_set_integer(file, GROUP, "Pid", self->pid);
    if (self->machine)
        g_key_file_set_string(file, GROUP, "Machine", self->machine);
    save_list(file, "Files", files);
    save_list(file, "Forwards", forwards);
    save_list(file, "Warnings", self->warnings);
    save_list(file, "Volumes", self->volumes);
    return g_key_file_save_to_file(file, path, error);
}

static void load_list(GKeyFile *file, const char *key, GPtrArray *texts)
{
    g_auto(GStrv) list = g_key_file_get_string_list(file, GROUP, key, NULL, NULL);

    for (guint i = 0; list && list[i]; i++)
        g_ptr_array_add(texts, g_strdup(list[i]));
}

static void load_forward(GuestRun *self, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", 4);
    DomainForward *forward;

    if (g_strv_length(words) != 4)
        return;
    forward = g_new0(DomainForward, 1);
    forward->protocol = g_strdup(words[0]);
    forward->address = g_strdup(words[1]);
    forward->host_port = (guint16)g_ascii_strtoull(words[2], NULL, 10);
    forward->guest_port = (guint16)g_ascii_strtoull(words[3], NULL, 10);
    g_ptr_array_add(self->forwards, forward);
}

static void load_file(GuestRun *self, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", 3);
    GuestFile file = { 0 };

    if (g_strv_length(words) != 3)
        return;
    file.device = g_ascii_strtoull(words[0], NULL, 10);
    file.inode = g_ascii_strtoull(words[1], NULL, 10);
    file.writes = g_str_equal(words[2], "rw");
    g_array_append_val(self->files, file);
}

gboolean run_forget(const GuestRun *self, const Layout *layout, GError **error)
{
    g_autofree char *path = record_path(self, layout);

    if (unlink(path) == 0 || errno == ENOENT)
        return TRUE;
    vmi_set_error_errno(error, errno, "cannot remove \"%s\"", path);
    return FALSE;
}

gboolean run_load(GuestRun *self, const Layout *layout, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) forwards = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *path = record_path(self, layout);
    g_autofree char *uid = NULL;

    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, error))
        return FALSE;
    uid = g_key_file_get_string(file, GROUP, "UID", error);
    if (!uid)
        return FALSE;
    if (!self->object_uid)
        self->object_uid = g_strdup(uid);
    if (g_strcmp0(uid, self->object_uid) != 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                    "\"%s\" is of another run, of the object with uid \"%s\"", path, uid);
        return FALSE;
    }
    self->begun = g_key_file_get_boolean(file, GROUP, "Begun", NULL);
    self->pid = g_key_file_get_integer(file, GROUP, "Pid", NULL);
    self->machine = g_key_file_get_string(file, GROUP, "Machine", NULL);
    load_list(file, "Files", files);
    load_list(file, "Forwards", forwards);
    load_list(file, "Warnings", self->warnings);
    load_list(file, "Volumes", self->volumes);
    for (guint i = 0; i < files->len; i++)
        load_file(self, g_ptr_array_index(files, i));
    for (guint i = 0; i < forwards->len; i++)
        load_forward(self, g_ptr_array_index(forwards, i));
    return TRUE;
}

gboolean run_make_dir(const Layout *layout, const char *namespace, const char *name, GError **error)
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
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *entry;

    while (dir && (entry = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(path, entry, NULL);

        (void)unlink(file);
    }
    if (!passt_remove_dir(layout, namespace, name, error))
        return FALSE;
    if (rmdir(path) == 0 || errno == ENOENT)
        return TRUE;
    vmi_set_error_errno(error, errno, "cannot remove the directory \"%s\"", path);
    return FALSE;
}
