// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl console: bytes between standard input and output and the socket that vmid handed over. The daemon takes no
// part in it, and may even be restarted meanwhile if it lets the socket live.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "cli/cli.h"
#include "cli/target.h"
#include "cli/terminal.h"
#include "cli/transport.h"
#include "cli/verbs.h"

enum {
    CONSOLE_LEAVE_KEY = 0x1d, // ^]
};

// Bytes on their way in one direction. Never more is written at once than a pipe takes without blocking, and only when
// poll() says so: signals are not delivered while we wait elsewhere.
typedef struct {
    int from, to;
    gboolean ended; // nothing more comes from FROM
    gsize n;        // bytes in DATA that TO has not taken yet
    char data[PIPE_BUF];
} Flow;

typedef struct {
    Flow keys, output;
    int signals;
    gboolean interactive; // standard input is a terminal: ^] leaves
    guint64 drain_usec;   // 0: for ever
    gint64 last_output;   // monotonic USec
    const char *label;
} Console;

typedef enum {
    CONSOLE_GOES_ON,
    CONSOLE_LEFT,   // ^], a signal, or silence
    CONSOLE_CLOSED, // by the guest's end
    CONSOLE_BROKEN,
} ConsoleState;

static gboolean is_passing(int errno_code)
{
    return errno_code == EAGAIN || errno_code == EINTR;
}

static gboolean flow_fill(Flow *self, GError **error)
{
    ssize_t n = read(self->from, self->data, sizeof self->data);

    // A peer that was killed resets the connection, a terminal that hangs up gives EIO: ends like any other.
    if (n < 0 && errno != ECONNRESET && errno != EIO && !is_passing(errno)) {
        vmi_set_error_errno(error, errno, "could not read from the %s",
                            self->from == STDIN_FILENO ? "standard input" : "console");
        return FALSE;
    }
    self->ended = n == 0 || (n < 0 && !is_passing(errno));
    self->n = n > 0 ? (gsize)n : 0;
    return TRUE;
}

static gboolean flow_drain(Flow *self, GError **error)
{
    ssize_t n = write(self->to, self->data, self->n);

    if (n < 0 && !is_passing(errno)) {
        vmi_set_error_errno(error, errno, "could not write to the %s",
                            self->to == STDOUT_FILENO ? "standard output" : "console");
        return FALSE;
    }
    self->n -= n > 0 ? (gsize)n : 0;
    memmove(self->data, self->data + MAX(n, 0), self->n);
    return TRUE;
}

static ConsoleState take_keys(Console *self, GError **error)
{
    if (!flow_fill(&self->keys, error))
        return CONSOLE_BROKEN;
    if (self->keys.ended)
        self->last_output = g_get_monotonic_time();
    if (self->interactive &&
        (self->keys.ended || memchr(self->keys.data, CONSOLE_LEAVE_KEY, self->keys.n)))
        return CONSOLE_LEFT;
    return CONSOLE_GOES_ON;
}

// Keys for a guest that has just gone are lost, as on a real line; its last words are still printed.
static ConsoleState send_keys(Console *self)
{
    if (!flow_drain(&self->keys, NULL)) {
        self->keys.n = 0;
        self->keys.ended = TRUE;
    }
    return CONSOLE_GOES_ON;
}

static ConsoleState take_output(Console *self, GError **error)
{
    if (!flow_fill(&self->output, error))
        return CONSOLE_BROKEN;
    self->last_output = g_get_monotonic_time();
    return self->output.ended ? CONSOLE_CLOSED : CONSOLE_GOES_ON;
}

// In ms; -1: nothing but events ends the session.
static int time_left(const Console *self)
{
    gint64 left;

    if (!self->keys.ended || self->drain_usec == 0)
        return -1;
    left = self->last_output + (gint64)MIN(self->drain_usec, G_MAXINT32 * 1000ull) -
           g_get_monotonic_time();
    return left <= 0 ? 0 : (int)MIN(left / 1000 + 1, G_MAXINT);
}

static ConsoleState step(Console *self, GError **error)
{
    Flow *keys = &self->keys, *output = &self->output;
    struct pollfd fds[] = {
        { .fd = self->signals, .events = POLLIN },
        { .fd = output->n ? output->to : -1, .events = POLLOUT },
        { .fd = output->n ? -1 : output->from, .events = POLLIN },
        { .fd = keys->n ? keys->to : -1, .events = POLLOUT },
        { .fd = keys->n || keys->ended ? -1 : keys->from, .events = POLLIN },
    };
    ConsoleState state = CONSOLE_GOES_ON;
    int r = poll(fds, G_N_ELEMENTS(fds), time_left(self));

    if (r < 0 && errno == EINTR)
        return CONSOLE_GOES_ON;
    if (r < 0) {
        vmi_set_error_errno(error, errno, "could not wait for the console");
        return CONSOLE_BROKEN;
    }
    if (r == 0 || fds[0].revents)
        return CONSOLE_LEFT;
    if (fds[1].revents && !flow_drain(output, error))
        return CONSOLE_BROKEN;
    if (fds[2].revents)
        state = take_output(self, error);
    if (fds[3].revents && state == CONSOLE_GOES_ON)
        state = send_keys(self);
    if (fds[4].revents && state == CONSOLE_GOES_ON)
        state = take_keys(self, error);
    return state;
}

static gboolean run(Console *self, GError **error)
{
    ConsoleState state = CONSOLE_GOES_ON;

    if (self->interactive)
        fprintf(stderr, "Connected to the console of %s. ^] leaves.\r\n", self->label);
    self->last_output = g_get_monotonic_time();
    while (state == CONSOLE_GOES_ON)
        state = step(self, error);
    if (self->interactive && state == CONSOLE_LEFT)
        fprintf(stderr, "\r\nLeft the console of %s.\r\n", self->label);
    if (self->interactive && state == CONSOLE_CLOSED)
        fprintf(stderr, "\r\nThe console of %s is closed.\r\n", self->label);
    return state != CONSOLE_BROKEN;
}

gboolean verb_console(const Verb *verb, const Options *options, char **args, GError **error)
{
    const char *name = target_instance(args[0], error);
    g_autoptr(Transport) transport = NULL;
    g_autofree char *label = NULL;
    g_autofree char *path = NULL;
    vmi_autofd int socket = -1;
    vmi_autofd int signals = -1;
    Console console = { .drain_usec = options->timeout };
    g_auto(Terminal) terminal = { .changed = FALSE };

    if (!name || !target_check_here(options, "file descriptors cannot travel over ssh", "ssh -t",
                                    "console", name, error))
        return FALSE;
    transport = transport_open(options, error);
    if (!transport)
        return FALSE;
    path = transport_instance(transport, options_namespace(options), name, error);
    if (!path)
        return FALSE;
    socket = transport_call_fd(transport, path, CLI_INSTANCE_INTERFACE, "OpenConsole", error);
    if (socket < 0)
        return FALSE;
    g_clear_pointer(&transport, transport_free); // the password agent must not share the terminal
    signals = transport_signals(error);          // before raw mode: no signal may end us in it
    signal(SIGPIPE, SIG_IGN);
    if (signals < 0 || !terminal_make_raw(&terminal, error))
        return FALSE;
    label = target_label("VirtualMachineInstance", name);
    console.keys.from = STDIN_FILENO;
    console.keys.to = socket;
    console.output.from = socket;
    console.output.to = STDOUT_FILENO;
    console.signals = signals;
    console.interactive = terminal.changed;
    console.label = label;
    return run(&console, error);
}
