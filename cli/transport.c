// SPDX-License-Identifier: LGPL-2.1-or-later
// Opens one connection and makes calls on it. Knows no method of vmid but GetInstance.
#include "cli/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/autoptr.h"
#include "base/error.h"
#include "base/fd.h"
#include "cli/ask-password.h"
#include "cli/cli.h"
#include "cli/variant.h"

enum {
    // A person may be typing a password into polkit's prompt meanwhile.
    CALL_TIMEOUT_USEC = 300 * G_USEC_PER_SEC,
};

struct Transport {
    sd_bus *bus;
    gboolean user;      // the caller's own bus
    AskPassword *agent; // NULL: not needed, or not wanted
};

void transport_free(Transport *self)
{
    if (!self)
        return;
    ask_password_stop(self->agent);
    sd_bus_flush_close_unref(self->bus);
    g_free(self);
}

static void set_unreachable(GError **error, const Options *options, int errno_code)
{
    if (options->host)
        g_set_error(error, CLI_ERROR, CLI_EXIT_UNREACHABLE,
                    "could not reach the bus of \"%s\" over ssh: %s; check that `ssh %s "
                    "systemd-stdio-bridge` connects",
                    options->host, g_strerror(errno_code), options->host);
    else
        g_set_error(error, CLI_ERROR, CLI_EXIT_UNREACHABLE,
                    "could not connect to the %s bus: %s; check that %s is running",
                    options->user ? "session" : "system", g_strerror(errno_code),
                    options->user ? "a session bus" : "dbus.service");
}

static int open_bus(const Options *options, sd_bus **ret_bus)
{
    if (options->host)
        return sd_bus_open_system_remote(ret_bus, options->host);
    return options->user ? sd_bus_open_user(ret_bus) : sd_bus_open_system(ret_bus);
}

Transport *transport_open(const Options *options, GError **error)
{
    g_autoptr(Transport) self = g_new0(Transport, 1);
    int r;

    if (options->host && options->user) {
        cli_set_usage_error(error, "--host and --user exclude each other; drop one");
        return NULL;
    }
    self->user = options->user;
    r = open_bus(options, &self->bus);
    if (r >= 0 && options->host) // ssh may fail only now
        r = sd_bus_get_unique_name(self->bus, &(const char *){ NULL });
    if (r < 0) {
        set_unreachable(error, options, -r);
        return NULL;
    }
    if (!options->no_ask_password) {
        (void)sd_bus_set_allow_interactive_authorization(self->bus, TRUE);
        if (!options->host && !options->user)
            self->agent = ask_password_start();
    }
    return g_steal_pointer(&self);
}

// Errors of the bus itself, and what they mean for a person. Ours carry their own text.
static void set_bus_error(const Transport *self, const sd_bus_error *bus_error, const char *method,
                          GError **error)
{
    static const struct {
        const char *name;
        int code;            // of VMI_ERROR, or -1: unreachable
        const char *message; // NULL: the bus's own, or of unreachable: that it is not there
    } rows[] = {
        { SD_BUS_ERROR_SERVICE_UNKNOWN, -1, NULL },
        { SD_BUS_ERROR_NAME_HAS_NO_OWNER, -1, NULL },
        { "org.freedesktop.DBus.Error.Spawn.ChildExited", -1, NULL },
        { "org.freedesktop.DBus.Error.Spawn.ServiceNotFound", -1, NULL },
        { "org.freedesktop.DBus.Error.TimedOut", -1, NULL }, // of activation
        { "org.freedesktop.systemd1.NoSuchUnit", -1, NULL },
        { "org.freedesktop.systemd1.UnitMasked", -1, NULL },
        { SD_BUS_ERROR_TIMEOUT, VMI_ERROR_TIMEOUT, "vmid did not answer in time" },
        { SD_BUS_ERROR_NO_REPLY, -1,
          "vmid went away before it answered; look at `journalctl -u vmid`" },
        { SD_BUS_ERROR_DISCONNECTED, -1, "the bus closed the connection" },
        { SD_BUS_ERROR_ACCESS_DENIED, VMI_ERROR_DENIED, NULL },
        { SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, VMI_ERROR_DENIED,
          "permission denied; run it as root, or without --no-ask-password on a terminal" },
        { SD_BUS_ERROR_INVALID_ARGS, VMI_ERROR_INVALID, NULL },
        { SD_BUS_ERROR_UNKNOWN_OBJECT, VMI_ERROR_NOT_FOUND, "it is not there any more" },
        { SD_BUS_ERROR_UNKNOWN_METHOD, VMI_ERROR_UNSUPPORTED, NULL },
        { SD_BUS_ERROR_UNKNOWN_INTERFACE, VMI_ERROR_UNSUPPORTED, NULL },
    };
    const char *text =
        bus_error->message && *bus_error->message ? bus_error->message : bus_error->name;
    const char *absent =
        self->user
            ? "your vmid is not running and could not be started; try `systemctl --user start "
              "vmid` and look at `journalctl --user -u vmid`"
            : "vmid is not running and could not be started; try `systemctl start vmid` and "
              "look at `journalctl -u vmid`";

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (sd_bus_error_has_name(bus_error, rows[i].name)) {
            g_set_error_literal(error, rows[i].code < 0 ? CLI_ERROR : VMI_ERROR,
                                rows[i].code < 0 ? CLI_EXIT_UNREACHABLE : rows[i].code,
                                rows[i].message ? rows[i].message
                                                : (rows[i].code < 0 ? absent : text));
            return;
        }
    if (g_str_has_prefix(bus_error->name, CLI_BUS_NAME ".Error."))
        g_set_error_literal(error, VMI_ERROR, vmi_error_from_bus_name(bus_error->name), text);
    else
        g_set_error(error, VMI_ERROR, VMI_ERROR_FAILED, "%s failed: %s (%s)", method, text,
                    bus_error->name);
}

static sd_bus_message *call(Transport *self, const char *path, const char *interface,
                            const char *method, GVariant *args, GError **error)
{
    g_autoptr(sd_bus_message) message = NULL;
    g_auto(sd_bus_error) bus_error = SD_BUS_ERROR_NULL;
    sd_bus_message *reply = NULL;
    int r =
        sd_bus_message_new_method_call(self->bus, &message, CLI_BUS_NAME, path, interface, method);

    if (r >= 0 && args)
        r = variant_append(message, args);
    if (r < 0) {
        vmi_set_error_errno(error, -r, "could not compose a call of %s", method);
        return NULL;
    }
    r = sd_bus_call(self->bus, message, CALL_TIMEOUT_USEC, &bus_error, &reply);
    if (r < 0) {
        if (!sd_bus_error_is_set(&bus_error))
            (void)sd_bus_error_set_errno(&bus_error, r);
        set_bus_error(self, &bus_error, method, error);
        return NULL;
    }
    return reply;
}

GVariant *transport_call(Transport *self, const char *path, const char *interface,
                         const char *method, GVariant *args, GError **error)
{
    g_autoptr(GVariant) owned = args ? g_variant_ref_sink(args) : NULL;
    g_autoptr(sd_bus_message) reply = call(self, path, interface, method, owned, error);
    GVariant *tuple = NULL;
    int r;

    if (!reply)
        return NULL;
    r = variant_read(reply, &tuple);
    if (r < 0) {
        vmi_set_error_errno(error, -r, "could not read the answer to %s", method);
        return NULL;
    }
    return tuple;
}

GVariant *transport_call_manager(Transport *self, const char *method, GVariant *args,
                                 GError **error)
{
    return transport_call(self, CLI_ROOT_PATH, CLI_MANAGER_INTERFACE, method, args, error);
}

GVariant *transport_ask_manager(Transport *self, const char *method, GVariant *args, GError **error)
{
    int allowed = sd_bus_get_allow_interactive_authorization(self->bus);
    GVariant *tuple = NULL;

    (void)sd_bus_set_allow_interactive_authorization(self->bus, FALSE);
    tuple = transport_call_manager(self, method, args, error);
    (void)sd_bus_set_allow_interactive_authorization(self->bus, allowed);
    return tuple;
}

gboolean transport_check_type(GVariant *tuple, const char *type, GError **error)
{
    if (g_variant_is_of_type(tuple, G_VARIANT_TYPE(type)))
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_FAILED,
                "vmid answered with \"%s\" instead of \"%s\"; are vmictl and vmid of one version?",
                g_variant_get_type_string(tuple), type);
    return FALSE;
}

GVariant *transport_properties(Transport *self, const char *path, const char *interface,
                               GError **error)
{
    g_autoptr(GVariant) reply = transport_call(self, path, "org.freedesktop.DBus.Properties",
                                               "GetAll", g_variant_new("(s)", interface), error);

    if (!reply || !transport_check_type(reply, "(a{sv})", error))
        return NULL;
    return g_variant_get_child_value(reply, 0);
}

char *transport_instance(Transport *self, const char *namespace, const char *name, GError **error)
{
    g_autoptr(GVariant) reply =
        transport_call_manager(self, "GetInstance", g_variant_new("(ss)", namespace, name), error);
    char *path = NULL;

    if (!reply || !transport_check_type(reply, "(o)", error))
        return NULL;
    g_variant_get(reply, "(o)", &path);
    return path;
}

int transport_call_fd(Transport *self, const char *path, const char *interface, const char *method,
                      GError **error)
{
    g_autoptr(GVariant) args = g_variant_ref_sink(g_variant_new("(a{sv})", NULL));
    g_autoptr(sd_bus_message) reply = NULL;
    int fd = -1, r;

    if (sd_bus_can_send(self->bus, SD_BUS_TYPE_UNIX_FD) <= 0) {
        g_set_error_literal(error, VMI_ERROR, VMI_ERROR_UNSUPPORTED,
                            "this connection to the bus cannot carry file descriptors; use one "
                            "over a local socket");
        return -1;
    }
    reply = call(self, path, interface, method, args, error);
    if (!reply)
        return -1;
    r = sd_bus_message_read(reply, "h", &fd);
    if (r >= 0)
        fd = fcntl(fd, F_DUPFD_CLOEXEC, 3); // the message owns its own
    if (r < 0 || fd < 0) {
        vmi_set_error_errno(error, r < 0 ? -r : errno, "could not take the descriptor from %s",
                            method);
        return -1;
    }
    return fd;
}

gboolean transport_subscribe(Transport *self, const char *rule, sd_bus_message_handler_t callback,
                             gpointer user_data, GError **error)
{
    int r = sd_bus_add_match(self->bus, NULL, rule, callback, user_data);

    if (r < 0)
        vmi_set_error_errno(error, -r, "could not subscribe to vmid's signals");
    return r >= 0;
}

int transport_signals(GError **error)
{
    sigset_t set;
    int fd;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        vmi_set_error_errno(error, errno, "could not watch for signals");
    return fd;
}

// How long poll() may sleep for the bus's own timers, in ms.
static int poll_timeout(sd_bus *bus)
{
    guint64 until = G_MAXUINT64;
    gint64 now = g_get_monotonic_time();

    if (sd_bus_get_timeout(bus, &until) < 0 || until == G_MAXUINT64)
        return -1;
    return until <= (guint64)now ? 0 : (int)MIN((until - now) / 1000 + 1, G_MAXINT);
}

TransportEvent transport_wait(Transport *self, int signal_fd, GError **error)
{
    struct pollfd fds[2] = { { .fd = sd_bus_get_fd(self->bus) },
                             { .fd = signal_fd, .events = POLLIN } };
    gboolean dispatched = FALSE;
    int r;

    while ((r = sd_bus_process(self->bus, NULL)) > 0) // a burst counts as one event
        dispatched = TRUE;
    if (r == 0 && dispatched)
        return TRANSPORT_EVENT;
    if (r == 0) {
        r = sd_bus_get_events(self->bus);
        fds[0].events = (short)MAX(r, 0);
        r = r < 0 ? r : poll(fds, G_N_ELEMENTS(fds), poll_timeout(self->bus));
        if (r < 0 && errno == EINTR)
            return TRANSPORT_EVENT;
    }
    if (r < 0) {
        g_set_error_literal(error, CLI_ERROR, CLI_EXIT_UNREACHABLE,
                            "lost the connection to the bus");
        return TRANSPORT_FAILED;
    }
    return fds[1].revents ? TRANSPORT_INTERRUPTED : TRANSPORT_EVENT;
}
