// SPDX-License-Identifier: LGPL-2.1-or-later
// The one reader of a guest's serial socket, on the main loop. Nothing here waits: what a client or the guest does not take is kept up to
// a bound; a client over it is dropped, and the guest's input is not read from clients while QEMU does not take it.
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-journal.h>

#include "base/error.h"
#include "base/fd.h"
#include "guest/guest.h"
#include "guest/line-log.h"

// Output a client may be behind by: a full boot's messages.
#define CLIENT_BACKLOG_MAX (256 * 1024)
// Input typed or pasted that QEMU has not taken yet.
#define INPUT_BACKLOG_MAX (64 * 1024)
#define CHUNK 8192
// Each of them costs descriptors of vmid's, and may be behind by its backlog.
#define CLIENTS_MAX 32
// What a new client is shown of the past.
#define HISTORY_MAX (16 * 1024)

typedef struct {
    GuestConsole *console;
    int fd; // our end; -1 once dropped
    GByteArray *backlog;
    guint read_source, write_source;
} ConsoleClient;

struct GuestConsole {
    char *namespace, *name;
    int fd; // QEMU's socket; -1 once the guest is gone
    guint read_source, write_source;
    GByteArray *input;   // for the guest, not taken yet
    GByteArray *history; // the last output
    GPtrArray *clients;  // ConsoleClient
    LineLog log;
    GuestConsoleLine line_func; // NULL: the journal
    gpointer line_data;
};

static void start_reading(ConsoleClient *client);

static void clear_source(guint *source)
{
    if (*source > 0)
        g_source_remove(*source);
    *source = 0;
}

static void client_free(gpointer data)
{
    ConsoleClient *client = data;

    clear_source(&client->read_source);
    clear_source(&client->write_source);
    if (client->fd >= 0)
        close(client->fd);
    g_byte_array_unref(client->backlog);
    g_free(client);
}

static void log_line(const char *line, gpointer user_data)
{
    GuestConsole *self = user_data;

    if (self->line_func) {
        self->line_func(line, self->line_data);
        return;
    }
    (void)sd_journal_send("MESSAGE=%s", line, "PRIORITY=6", "SYSLOG_IDENTIFIER=vmi-console",
                          "VMI_NAMESPACE=%s", self->namespace, "VMI_NAME=%s", self->name, NULL);
}

// Writes as much of BUFFER as the other side takes now. FALSE when it is gone.
static gboolean write_some(int fd, GByteArray *buffer)
{
    while (buffer->len > 0) {
        ssize_t n = send(fd, buffer->data, buffer->len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        g_byte_array_remove_range(buffer, 0, (guint)n);
    }
    return TRUE;
}

static void drop_client(ConsoleClient *client)
{
    g_ptr_array_remove_fast(client->console->clients, client);
}

static gboolean on_client_writable(int fd, GIOCondition condition, gpointer user_data)
{
    ConsoleClient *client = user_data;

    if (!write_some(fd, client->backlog)) {
        client->write_source = 0;
        drop_client(client);
        return G_SOURCE_REMOVE;
    }
    if (client->backlog->len > 0)
        return G_SOURCE_CONTINUE;
    client->write_source = 0;
    return G_SOURCE_REMOVE;
}

// FALSE when the client is too slow or gone.
static gboolean give_client(ConsoleClient *client, const guint8 *data, gsize length)
{
    if (client->backlog->len + length > CLIENT_BACKLOG_MAX)
        return FALSE;
    g_byte_array_append(client->backlog, data, (guint)length);
    if (!write_some(client->fd, client->backlog))
        return FALSE;
    if (client->backlog->len > 0 && client->write_source == 0)
        client->write_source = g_unix_fd_add(client->fd, G_IO_OUT, on_client_writable, client);
    return TRUE;
}

static gboolean on_guest_writable(int fd, GIOCondition condition, gpointer user_data)
{
    GuestConsole *self = user_data;

    // A guest that is gone shows itself to the reader.
    if (write_some(fd, self->input) && self->input->len > 0)
        return G_SOURCE_CONTINUE;
    self->write_source = 0;
    for (guint i = 0; i < self->clients->len; i++)
        start_reading(g_ptr_array_index(self->clients, i));
    return G_SOURCE_REMOVE;
}

static gboolean on_client_readable(int fd, GIOCondition condition, gpointer user_data)
{
    ConsoleClient *client = user_data;
    GuestConsole *self = client->console;
    guint8 data[CHUNK];
    ssize_t n = recv(fd, data, sizeof(data), MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return G_SOURCE_CONTINUE;
    if (n <= 0) {
        client->read_source = 0;
        drop_client(client);
        return G_SOURCE_REMOVE;
    }
    g_byte_array_append(self->input, data, (guint)n);
    (void)write_some(self->fd, self->input);
    if (self->input->len > 0 && self->write_source == 0)
        self->write_source = g_unix_fd_add(self->fd, G_IO_OUT, on_guest_writable, self);
    if (self->input->len < INPUT_BACKLOG_MAX)
        return G_SOURCE_CONTINUE;
    client->read_source = 0; // until the guest has taken it
    return G_SOURCE_REMOVE;
}

static void start_reading(ConsoleClient *client)
{
    if (client->read_source == 0)
        client->read_source =
            g_unix_fd_add(client->fd, G_IO_IN | G_IO_HUP, on_client_readable, client);
}

static void remember(GuestConsole *self, const guint8 *data, gsize length)
{
    g_byte_array_append(self->history, data, (guint)length);
    if (self->history->len > HISTORY_MAX)
        g_byte_array_remove_range(self->history, 0, self->history->len - HISTORY_MAX);
}

static void guest_gone(GuestConsole *self)
{
    line_log_flush(&self->log, g_get_monotonic_time(), log_line, self);
    clear_source(&self->write_source);
    self->read_source = 0; // removed by the caller's return value
    close(vmi_steal_fd(&self->fd));
    // Each client sees the end of its stream.
    g_ptr_array_set_size(self->clients, 0);
}

static gboolean on_guest_readable(int fd, GIOCondition condition, gpointer user_data)
{
    GuestConsole *self = user_data;
    guint8 data[CHUNK];
    ssize_t n = recv(fd, data, sizeof(data), MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return G_SOURCE_CONTINUE;
    if (n <= 0) {
        guest_gone(self);
        return G_SOURCE_REMOVE;
    }
    remember(self, data, (gsize)n);
    line_log_feed(&self->log, (const char *)data, (gsize)n, g_get_monotonic_time(), log_line, self);
    // From the end, as dropping one moves the last into its place.
    for (guint i = self->clients->len; i > 0; i--) {
        ConsoleClient *client = g_ptr_array_index(self->clients, i - 1);

        if (!give_client(client, data, (gsize)n))
            drop_client(client);
    }
    return G_SOURCE_CONTINUE;
}

static int connect_to(const char *path, GError **error)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    vmi_autofd int fd = -1;

    if (strlen(path) >= sizeof(address.sun_path)) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_TOO_LARGE,
                    "the path \"%s\" is too long for a socket; use shorter names", path);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        vmi_set_error_errno(error, errno, "cannot connect to the console \"%s\"", path);
        return -1;
    }
    return vmi_steal_fd(&fd);
}

GuestConsole *guest_console_open(const char *socket_path, const char *namespace, const char *name,
                                 GError **error)
{
    int fd = connect_to(socket_path, error);

    return fd < 0 ? NULL : guest_console_new(fd, namespace, name, NULL, NULL);
}

GuestConsole *guest_console_new(int fd, const char *namespace, const char *name,
                                GuestConsoleLine line, gpointer user_data)
{
    GuestConsole *self = g_new0(GuestConsole, 1);

    self->namespace = g_strdup(namespace);
    self->name = g_strdup(name);
    self->fd = fd;
    self->input = g_byte_array_new();
    self->history = g_byte_array_new();
    self->clients = g_ptr_array_new_with_free_func(client_free);
    self->line_func = line;
    self->line_data = user_data;
    line_log_init(&self->log);
    self->read_source = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP, on_guest_readable, self);
    return self;
}

void guest_console_free(GuestConsole *self)
{
    if (!self)
        return;
    clear_source(&self->read_source);
    clear_source(&self->write_source);
    g_ptr_array_unref(self->clients);
    line_log_flush(&self->log, g_get_monotonic_time(), log_line, self);
    line_log_done(&self->log);
    if (self->fd >= 0)
        close(self->fd);
    g_byte_array_unref(self->input);
    g_byte_array_unref(self->history);
    g_free(self->namespace);
    g_free(self->name);
    g_free(self);
}

int guest_console_attach(GuestConsole *self, GError **error)
{
    ConsoleClient *client;
    int pair[2];

    if (self->fd < 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_RUNNING, "the guest \"%s\" is gone",
                    self->name);
        return -1;
    }
    if (self->clients->len >= CLIENTS_MAX) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_BUSY,
                    "the console of \"%s\" is open %d times already; close one of them first",
                    self->name, CLIENTS_MAX);
        return -1;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        vmi_set_error_errno(error, errno, "cannot make a console for \"%s\"", self->name);
        return -1;
    }
    client = g_new0(ConsoleClient, 1);
    client->console = self;
    client->fd = pair[0];
    client->backlog = g_byte_array_new();
    g_ptr_array_add(self->clients, client);
    start_reading(client);
    (void)give_client(client, self->history->data, self->history->len);
    return pair[1];
}
