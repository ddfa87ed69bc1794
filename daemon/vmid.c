// SPDX-License-Identifier: LGPL-2.1-or-later
// vmid: options, the main loop, and what the service manager wants to hear. Everything else is in
// the libraries.
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "api/printable.h"
#include "base/autoptr.h"
#include "base/error.h"
#include "bus/glib-source.h"
#include "bus/log-control.h"
#include "bus/service.h"

// Callers that a bus activation keeps waiting get an answer before the bus gives up on us (25 s),
// if need be that we are still busy.
#define PUBLISH_TIMEOUT_SECONDS 15

typedef struct {
    gboolean user, version, debug;
    char *config;
} Options;

typedef struct {
    GMainLoop *loop;
    Config *config;
    sd_bus *bus;
    GSource *bus_source;
    Manager *manager;
    BusService *service;
    sd_bus_slot *log_slot;
    guint publish_timer, watchdog_timer, term_source, int_source;
    gboolean published;
    int exit_status;
} Daemon;

static void daemon_clear(Daemon *self)
{
    g_clear_handle_id(&self->publish_timer, g_source_remove);
    g_clear_handle_id(&self->watchdog_timer, g_source_remove);
    g_clear_handle_id(&self->term_source, g_source_remove);
    g_clear_handle_id(&self->int_source, g_source_remove);
    g_clear_pointer(&self->service, bus_service_free);
    g_clear_pointer(&self->manager, manager_free);
    self->log_slot = sd_bus_slot_unref(self->log_slot);
    if (self->bus_source) {
        g_source_destroy(self->bus_source);
        g_clear_pointer(&self->bus_source, g_source_unref);
    }
    self->bus = sd_bus_flush_close_unref(self->bus);
    g_clear_pointer(&self->config, config_free);
    g_clear_pointer(&self->loop, g_main_loop_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Daemon, daemon_clear)

static gboolean parse_options(int argc, char **argv, Options *options, GError **error)
{
    const GOptionEntry entries[] = {
        { "user", 0, 0, G_OPTION_ARG_NONE, &options->user, "Serve the user's session bus", NULL },
        { "config", 0, 0, G_OPTION_ARG_FILENAME, &options->config,
          "Read this file instead of vmid.conf and its drop-ins", "FILE" },
        { "debug", 0, 0, G_OPTION_ARG_NONE, &options->debug, "Log debug messages as well", NULL },
        { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version and exit",
          NULL },
        { 0 },
    };
    g_autoptr(GOptionContext) context =
        g_option_context_new("- run virtual machines from KubeVirt manifests");

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, error))
        return FALSE;
    if (argc <= 1)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "unexpected argument \"%s\"; see --help",
                argv[1]);
    return FALSE;
}

// Scopes are the system manager's for root and the user manager's for everybody else: a mixture would lose them.
static gboolean check_user(const Options *options, GError **error)
{
    if (options->user == (geteuid() != 0))
        return TRUE;
    g_set_error_literal(error, VMI_ERROR, VMI_ERROR_DENIED,
                        options->user
                            ? "--user is not for root; root's guests belong to vmid.service"
                            : "vmid needs root; `vmid --user` runs guests without");
    return FALSE;
}

static Config *load_config(const Options *options, GError **error)
{
    g_autoptr(GPtrArray) warnings = NULL;
    Config *config = config_load(options->config, options->user, &warnings, error);

    for (guint i = 0; warnings && i < warnings->len; i++)
        g_warning("%s", (const char *)warnings->pdata[i]);
    return config;
}

// ---- the service manager ----

// Of a problem the first line, as text: the next line would be another assignment, such as MAINPID=, and problems quote names of files
// and what others say.
static void tell_status(const Daemon *self)
{
    const GPtrArray *problems = manager_problems(self->manager);
    const char *problem = problems && problems->len > 0 ? problems->pdata[0] : "";
    g_autofree char *line = g_strndup(problem, strcspn(problem, "\n"));
    g_autofree char *text = api_printable(line, "");

    sd_notifyf(FALSE, "STATUS=%s%s%s", manager_state(self->manager), *text ? ": " : "", text);
}

static gboolean on_watchdog(gpointer user_data)
{
    sd_notify(FALSE, "WATCHDOG=1");
    return G_SOURCE_CONTINUE;
}

static void on_drained(gpointer user_data)
{
    Daemon *self = user_data;

    g_main_loop_quit(self->loop);
}

// Guests that go on running are nothing to wait for; one that has just ended is.
static gboolean on_terminate(gpointer user_data)
{
    Daemon *self = user_data;

    sd_notify(FALSE, "STOPPING=1\nSTATUS=stopping; guests go on running");
    manager_drain(self->manager, on_drained, self);
    return G_SOURCE_CONTINUE;
}

static void on_bus_lost(int errno_code, gpointer user_data)
{
    Daemon *self = user_data;

    g_warning("lost the connection to the bus: %s; guests go on running", g_strerror(errno_code));
    self->exit_status = EXIT_FAILURE;
    manager_drain(self->manager, on_drained, self);
}

// Once: takes the name and says READY=1.
static void publish(Daemon *self)
{
    g_autoptr(GError) error = NULL;

    g_clear_handle_id(&self->publish_timer, g_source_remove);
    if (self->published)
        return;
    self->published = TRUE;
    if (!bus_service_publish(self->service, &error)) {
        g_warning("%s", error->message);
        self->exit_status = EXIT_FAILURE;
        g_main_loop_quit(self->loop);
        return;
    }
    sd_notify(FALSE, "READY=1");
}

static gboolean on_publish_timeout(gpointer user_data)
{
    Daemon *self = user_data;

    self->publish_timer = 0;
    publish(self);
    return G_SOURCE_REMOVE;
}

static void on_state_changed(gpointer user_data)
{
    Daemon *self = user_data;

    tell_status(self);
    if (!g_str_equal(manager_state(self->manager), "starting"))
        publish(self);
}

// ---- life ----

static gboolean open_bus(Daemon *self, const Options *options, LogControl *log, GError **error)
{
    int r = options->user ? sd_bus_open_user_with_description(&self->bus, "vmid")
                          : sd_bus_open_system_with_description(&self->bus, "vmid");

    if (r >= 0)
        r = log_control_register(log, self->bus, &self->log_slot);
    if (r >= 0) {
        self->bus_source = bus_source_attach(self->bus, on_bus_lost, self);
        return TRUE;
    }
    g_set_error(error, VMI_ERROR, VMI_ERROR_FAILED, "cannot connect to the %s bus: %s",
                options->user ? "session" : "system", g_strerror(-r));
    return FALSE;
}

static gboolean start(Daemon *self, const Options *options, LogControl *log, GError **error)
{
    uint64_t watchdog_usec = 0;

    self->loop = g_main_loop_new(NULL, FALSE);
    if (!check_user(options, error))
        return FALSE;
    self->config = load_config(options, error);
    // The bus first: guest_host_init() hides it from libvirt.
    if (!self->config || !open_bus(self, options, log, error) || !guest_host_init(error))
        return FALSE;
    self->manager = manager_new(self->config);
    manager_open_host(self->manager);
    if (!manager_load(self->manager, error))
        return FALSE;
    self->service = bus_service_new(self->bus, self->manager, self->config, error);
    if (!self->service)
        return FALSE;
    bus_service_on_state(self->service, on_state_changed, self);
    self->term_source = g_unix_signal_add(SIGTERM, on_terminate, self);
    self->int_source = g_unix_signal_add(SIGINT, on_terminate, self);
    if (sd_watchdog_enabled(FALSE, &watchdog_usec) > 0)
        self->watchdog_timer = g_timeout_add((guint)(watchdog_usec / 2000), on_watchdog, self);
    self->publish_timer = g_timeout_add_seconds(PUBLISH_TIMEOUT_SECONDS, on_publish_timeout, self);
    manager_start(self->manager, self->bus);
    on_state_changed(self);
    return TRUE;
}

// A thread that waits for something that hangs needs all that the others would free.
static void leave_now_if_stuck(Daemon *self)
{
    if (manager_close(self->manager))
        return;
    g_warning("a guest's QEMU or a disk does not answer, and is waited for no longer");
    (void)sd_bus_flush(self->bus);
    _exit(self->exit_status);
}

int main(int argc, char **argv)
{
    LogControl log = { .max_level = LOG_INFO };
    g_auto(Daemon) daemon = { .exit_status = EXIT_SUCCESS };
    g_autoptr(GError) error = NULL;
    Options options = { 0 };

    setlocale(LC_ALL, "");
    g_set_prgname("vmid");
    if (!parse_options(argc, argv, &options, &error)) {
        g_printerr("vmid: %s\n", error->message);
        return 2;
    }
    if (options.version) {
        g_print("vmid %s\n", VMI_VERSION);
        return EXIT_SUCCESS;
    }
    if (options.debug)
        log.max_level = LOG_DEBUG;
    log_control_install(&log);
    signal(SIGPIPE, SIG_IGN);
    if (!start(&daemon, &options, &log, &error)) {
        g_warning("%s", error->message);
        g_free(options.config);
        return EXIT_FAILURE;
    }
    g_main_loop_run(daemon.loop);
    leave_now_if_stuck(&daemon);
    g_free(options.config);
    return daemon.exit_status;
}
