// SPDX-License-Identifier: LGPL-2.1-or-later
// The host: one connection to libvirt's embedded QEMU driver, what it can do, and the CPUs there are. Opening the driver while its state
// directory is full kills every guest (libvirt gitlab #549), so everything that could fail is tried before.
#include "guest/host.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "guest/birth-access.h"
#include "guest/birth-watch.h"
#include "guest/cpus.h"
#include "guest/driver-state.h"
#include "guest/passt.h"
#include "guest/process.h"
#include "guest/qemu-conf.h"

#define VERSION(major, minor) ((major)*1000000ul + (minor)*1000ul)

static void be_quiet(void *user_data, virErrorPtr error)
{
    // Errors are returned to our callers; libvirt's default handler would print each to stderr as well.
}

gboolean guest_host_init(GError **error)
{
    virSetErrorFunc(NULL, be_quiet);
    // Each start would log two warnings that a domain is "tainted" by what we ask for on purpose. An administrator's setting wins.
    g_setenv("LIBVIRT_LOG_FILTERS", "4:qemu 4:security", FALSE);
    // A privileged driver that finds systemd-machined on the bus registers each QEMU there and has it put in a scope of machined's, whatever
    // qemu.conf says of cgroups. Our own registration then fails because QEMU has one already, and machined answers that by
    // stopping the unit QEMU is in by then: ours. No setting turns this off, so libvirt gets no bus; unit_bus_open() has another way.
    if (geteuid() == 0)
        g_setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/dev/null", TRUE);
    if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0) {
        virt_set_error(error, "cannot initialize libvirt");
        return FALSE;
    }
    return TRUE;
}

// Without an answer each CPU is a core of its own, and QEMU itself refuses machine types.
static void read_capabilities(GuestHost *self)
{
    g_autofree char *text = virConnectGetCapabilities(self->conn);

    if (text)
        capabilities_parse(text, &self->capabilities);
}

// Also fills libvirt's capability cache: the first probe of a QEMU takes seconds, and no user should wait for it.
static gboolean warm_up(GuestHost *self, GError **error)
{
    g_autofree char *capabilities = virConnectGetDomainCapabilities(
        self->conn, self->emulator, "x86_64", "q35", self->use_emulation ? "qemu" : "kvm", 0);

    if (!capabilities) {
        virt_set_error(error, "this host cannot run guests with %s%s",
                       self->use_emulation ? "software emulation"
                                           : "KVM (UseEmulation=yes in vmid.conf does without)",
                       self->emulator ? "" : "; is QEMU for x86_64 installed");
        return FALSE;
    }
    if (virConnectGetLibVersion(self->conn, &self->libvirt_version) < 0 ||
        virConnectGetVersion(self->conn, &self->qemu_version) < 0) {
        virt_set_error(error, "cannot ask for the versions of libvirt and QEMU");
        return FALSE;
    }
    read_capabilities(self);
    return TRUE;
}

static guint32 find_probe_user(void)
{
    struct passwd entry, *found = NULL;
    char buffer[1024];

    if (geteuid() != 0 || getpwnam_r(QEMU_CONF_USER, &entry, buffer, sizeof(buffer), &found) != 0 ||
        !found)
        return 0;
    return found->pw_uid;
}

static gboolean open_driver(GuestHost *self, gboolean *ret_final, GError **error)
{
    g_autofree char *escaped = g_uri_escape_string(self->root, "/", FALSE);
    g_autofree char *uri = g_strconcat("qemu:///embed?root=", escaped, NULL);

    self->conn = virConnectOpen(uri);
    if (!self->conn) {
        *ret_final = TRUE;
        virt_set_error(error, "cannot open libvirt's driver in \"%s\"", self->root);
        return FALSE;
    }
    return warm_up(self, error);
}

// Both of them may ask QEMU what it can do.
static gboolean open_watched(GuestHost *self, gboolean *ret_final, GError **error)
{
    BirthWatch *watch = birth_watch_begin(self, NULL, NULL);
    g_autoptr(GError) failure = NULL, silence = NULL;
    gboolean opened = open_driver(self, ret_final, &failure);

    if (!birth_watch_end(watch, opened, &silence) && !opened) {
        g_clear_error(&failure);
        g_propagate_error(error, g_steal_pointer(&silence));
    }
    if (failure)
        g_propagate_error(error, g_steal_pointer(&failure));
    return opened;
}

GuestHost *guest_host_open(const GuestHostConfig *config, gboolean *ret_final, GError **error)
{
    g_autoptr(GuestHost) self = g_new0(GuestHost, 1);

    self->state = g_strdup(config->layout.state);
    self->run = g_strdup(config->layout.run);
    self->layout = (Layout){ .state = self->state, .run = self->run };
    self->root = g_build_filename(self->state, "libvirt", NULL);
    self->use_emulation = config->use_emulation;
    self->emulator = g_strdup(config->emulator);
    self->replace_machine_type = config->replace_machine_type;
    for (gsize i = 0; i < G_N_ELEMENTS(self->callbacks); i++)
        self->callbacks[i] = -1;
    g_mutex_init(&self->access_lock);

    if (!driver_state_move_in(self->root, error) || !driver_state_check(self->root, error) ||
        !qemu_conf_write(self->root, error) || !driver_state_forget_old_boot(self->root, error) ||
        !driver_state_forget_unborn(self->root, error))
        return NULL;
    self->probe_user = find_probe_user();
    if (!open_watched(self, ret_final, error))
        return NULL;
    // Since 9.2 QEMU connects again to a passt that somebody started anew.
    self->passt = self->qemu_version >= VERSION(9, 2) && passt_is_usable();
    if (!birth_access_reset(self, config->uid_first, config->uid_count, error))
        return NULL;
    return g_steal_pointer(&self);
}

static void on_scope_ending(const char *scope, GuestScopeEvent event, gpointer user_data)
{
    GuestHost *self = user_data;

    if (self->events.scope_ending)
        self->events.scope_ending(scope, event, self->events_data);
}

gboolean guest_host_watch(GuestHost *self, sd_bus *bus, const GuestHostEvents *events,
                          gpointer user_data, GError **error)
{
    self->events = *events;
    self->events_data = user_data;
    if (!events_subscribe(self, error))
        return FALSE;
    if (bus)
        self->scope_watch = scope_watch_new(bus, on_scope_ending, self, error);
    return !bus || self->scope_watch;
}

void guest_host_close(GuestHost *self)
{
    if (!self)
        return;
    g_clear_pointer(&self->scope_watch, scope_watch_free);
    if (self->conn) {
        events_unsubscribe(self);
        (void)virConnectClose(self->conn);
    }
    capabilities_clear(&self->capabilities);
    g_mutex_clear(&self->access_lock);
    g_free(self->root);
    g_free(self->state);
    g_free(self->run);
    g_free(self->emulator);
    g_free(self);
}

void guest_host_facts(GuestHost *self, DomainHost *ret_host)
{
    ret_host->use_emulation = self->use_emulation;
    // Measured to pay with libvirt 9.0 and 11.3 alike (docs/architecture.md, "One start").
    ret_host->lean_cpu_probe = TRUE;
    ret_host->queue_mapping =
        self->libvirt_version >= VERSION(10, 0) && self->qemu_version >= VERSION(9, 0);
    ret_host->passt = self->passt;
    ret_host->emulator = self->emulator;
    ret_host->machines = guest_host_machines(self);
    ret_host->replace_machine_type = self->replace_machine_type;
}

// What libvirt says is of the QEMU that it finds.
const char *const *guest_host_machines(const GuestHost *self)
{
    return self->emulator ? NULL : (const char *const *)self->capabilities.machines;
}

guint guest_host_core(const GuestHost *self, guint cpu)
{
    const GArray *cores = self->capabilities.cores;

    return cores && cpu < cores->len ? g_array_index(cores, guint, cpu) : cpu;
}

gboolean host_attaches_by_fd(const GuestHost *self)
{
    return self->libvirt_version >= VERSION(11, 0);
}

// One group of one descriptor per image of the chain.
gboolean host_hand_over(virDomainPtr domain, const StorageVolume *volume, GError **error)
{
    const DomainImage *image = volume->volume.image;

    for (guint n = 0; image && volume->fds && n < volume->fds->len; n++, image = image->backing) {
        int fd = g_array_index(volume->fds, int, n);

        if (image->fdgroup && virDomainFDAssociate(domain, image->fdgroup, 1, &fd, 0) < 0) {
            virt_set_error(error, "cannot hand the image of volume \"%s\" to QEMU", volume->name);
            return FALSE;
        }
    }
    return TRUE;
}

GArray *guest_host_cpus(GuestHost *self)
{
    g_autofree char *text = NULL;
    GArray *cpus = NULL;

    if (g_file_get_contents("/sys/devices/system/cpu/online", &text, NULL, NULL))
        cpus = cpus_parse(text);
    return cpus ? cpus : cpus_of_thread(0);
}

gint host_read_pid(const GuestHost *self, const char *domain_name)
{
    g_autofree char *file = g_strconcat(domain_name, ".pid", NULL);
    g_autofree char *path = g_build_filename(self->root, "run", "qemu", file, NULL);

    return process_read_pid_file(path);
}
