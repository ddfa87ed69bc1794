// SPDX-License-Identifier: LGPL-2.1-or-later
// See ports.h. Whether a port is free is the kernel's answer to bind(2): its tables would have to be read whole, and are of a moment ago
// then. Who has it is only for people to read.
#include "guest/ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/fd.h"
#include "guest/process.h"

#define TCP_LISTEN_STATE 0x0a
#define DEFAULT_FIRST 1024

gboolean ports_is_free(ApiPortProtocol protocol, const char *address, guint port)
{
    gboolean udp = protocol == API_PORT_PROTOCOL_UDP;
    vmi_autofd int fd = socket(AF_INET, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((guint16)port) };
    int on = 1;

    if (fd < 0 || inet_pton(AF_INET, address, &in.sin_addr) != 1)
        return TRUE; // whoever is to listen there will say what is wrong
    // As they do: connections that are over do not count.
    if (!udp)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    return bind(fd, (const struct sockaddr *)&in, sizeof(in)) == 0 ||
           (errno != EADDRINUSE && errno != EACCES);
}

// ---- who has it ------------------------------------------------------------------------------------------------

// The kernel prints addresses as 32-bit words in host byte order of a big-endian value, so that the word is s_addr.
static gboolean concerns(const char *hex, guint32 address_be)
{
    gsize length = strlen(hex);

    // IPv6: all addresses (then IPv4 comes in too), or an IPv4 address mapped into it.
    if (length == 32 && strspn(hex, "0") == 32)
        return TRUE;
    if (length == 32 && g_ascii_strncasecmp(hex, "0000000000000000FFFF0000", 24) != 0)
        return FALSE;
    guint32 word = (guint32)g_ascii_strtoull(hex + length - 8, NULL, 16);

    return word == 0 || word == address_be;
}

guint64 ports_find_socket(const char *table, gboolean udp, guint32 address_be, guint port)
{
    g_auto(GStrv) lines = g_strsplit(table, "\n", -1);

    for (guint i = 0; lines[i]; i++) {
        char local[33];
        unsigned port_read, state;
        unsigned long long inode;

        if (sscanf(lines[i],
                   " %*u: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %llu",
                   local, &port_read, &state, &inode) == 4 &&
            strlen(local) >= 8 && (udp || state == TCP_LISTEN_STATE) && port_read == port &&
            concerns(local, address_be))
            return inode;
    }
    return 0;
}

static guint64 find_socket(gboolean udp, const char *address, guint port)
{
    static const char *const tables[][2] = {
        { "/proc/net/tcp", "/proc/net/tcp6" },
        { "/proc/net/udp", "/proc/net/udp6" },
    };
    struct in_addr in = { 0 };
    guint64 inode = 0;

    (void)inet_pton(AF_INET, address, &in);
    for (guint i = 0; i < G_N_ELEMENTS(tables[0]) && inode == 0; i++) {
        g_autofree char *text = NULL;

        if (g_file_get_contents(tables[udp][i], &text, NULL, NULL))
            inode = ports_find_socket(text, udp, in.s_addr, port);
    }
    return inode;
}

// In words: a guest of ours, which its scope tells, else a process.
static char *describe_holder(gboolean udp, const char *address, guint port)
{
    guint64 inode = find_socket(udp, address, port);
    gint pid = inode ? process_of_socket(inode) : 0;
    g_autofree char *unit = pid > 0 ? process_unit(pid) : NULL;
    g_autofree char *program = pid > 0 ? process_name(pid) : NULL;
    g_auto(GStrv) owner = unit ? layout_scope_owner(unit) : NULL;

    if (owner)
        return g_strdup_printf("the guest \"%s/%s\"", owner[0], owner[1]);
    if (program)
        return g_strdup_printf("process %d (%s)", pid, program);
    return g_strdup("a process that vmid cannot see");
}

gboolean ports_check_free(const GPtrArray *forwards, GError **error)
{
    for (guint i = 0; i < forwards->len; i++) {
        const DomainForward *forward = g_ptr_array_index(forwards, i);
        gboolean udp = strcmp(forward->protocol, "udp") == 0;
        g_autofree char *holder = NULL;

        if (ports_is_free(udp ? API_PORT_PROTOCOL_UDP : API_PORT_PROTOCOL_TCP, forward->address,
                          forward->host_port))
            continue;
        holder = describe_holder(udp, forward->address, forward->host_port);
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                    "%s port %u of %s, at which port %u of this guest is reached, is in use by %s; "
                    "end that and start the guest again",
                    udp ? "UDP" : "TCP", forward->host_port, forward->address, forward->guest_port,
                    holder);
        return FALSE;
    }
    return TRUE;
}

guint ports_first(void)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents("/proc/sys/net/ipv4/ip_unprivileged_port_start", &text, NULL, NULL))
        return DEFAULT_FIRST;
    return (guint)g_ascii_strtoull(text, NULL, 10);
}
