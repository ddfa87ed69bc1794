// SPDX-License-Identifier: LGPL-2.1-or-later
// See ports.h. Only a look: between it and QEMU's bind() somebody else may take a port, which start.c finds out by looking again.
#include "guest/ports.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"

#define TCP_LISTEN_STATE 0x0a
#define DEFAULT_FIRST 1024

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

void ports_parse(const char *table, gboolean udp, guint32 address_be, GArray *ports)
{
    g_auto(GStrv) lines = g_strsplit(table, "\n", -1);

    for (guint i = 0; lines[i]; i++) {
        char local[33];
        unsigned port_read, state;

        if (sscanf(lines[i], " %*u: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", local, &port_read,
                   &state) != 3 ||
            strlen(local) < 8 || (!udp && state != TCP_LISTEN_STATE) ||
            !concerns(local, address_be))
            continue;

        guint16 port = (guint16)port_read;

        g_array_append_val(ports, port);
    }
}

GArray *ports_taken(const char *address)
{
    static const struct {
        const char *path;
        gboolean udp;
    } tables[] = {
        { "/proc/net/tcp", FALSE },
        { "/proc/net/tcp6", FALSE },
        { "/proc/net/udp", TRUE },
        { "/proc/net/udp6", TRUE },
    };
    GArray *ports = g_array_new(FALSE, FALSE, sizeof(guint16));
    struct in_addr in = { 0 };

    (void)inet_pton(AF_INET, address ? address : "127.0.0.1", &in);
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autofree char *text = NULL;

        if (g_file_get_contents(tables[i].path, &text, NULL, NULL))
            ports_parse(text, tables[i].udp, in.s_addr, ports);
    }
    return ports;
}

int ports_claim(const char *protocol, const char *address, guint16 port)
{
    // A name that only one socket can have, and that is free again however its owner ends: what a port is, without being one.
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    vmi_autofd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int length = g_snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "vmi/port/%s/%s/%u",
                            protocol, address, port);

    if (fd < 0 || bind(fd, (struct sockaddr *)&name,
                       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (gsize)length)) < 0)
        return -1;
    return vmi_steal_fd(&fd);
}

guint ports_first(void)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents("/proc/sys/net/ipv4/ip_unprivileged_port_start", &text, NULL, NULL))
        return DEFAULT_FIRST;
    // 0 would read as "unset".
    return MAX((guint)g_ascii_strtoull(text, NULL, 10), 1);
}
