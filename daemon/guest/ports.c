// SPDX-License-Identifier: LGPL-2.1-or-later
// See ports.h. Only a look: between it and QEMU's bind() somebody else may take a port, which start.c finds out by looking again.
#include "guest/ports.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

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

struct PortClaims {
    GMutex mutex;
    GHashTable *keys; // "tcp/127.0.0.1/61022"
};

struct PortClaim {
    PortClaims *claims;
    char *key;
};

PortClaims *port_claims_new(void)
{
    PortClaims *self = g_new0(PortClaims, 1);

    g_mutex_init(&self->mutex);
    self->keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return self;
}

void port_claims_free(PortClaims *self)
{
    if (!self)
        return;
    g_hash_table_unref(self->keys);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

PortClaim *port_claim_take(PortClaims *claims, const char *protocol, const char *address,
                           guint16 port)
{
    g_autofree char *key = g_strdup_printf("%s/%s/%u", protocol, address, port);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&claims->mutex);
    PortClaim *self = NULL;

    if (!g_hash_table_add(claims->keys, g_strdup(key)))
        return NULL;
    self = g_new0(PortClaim, 1);
    self->claims = claims;
    self->key = g_steal_pointer(&key);
    return self;
}

void port_claim_free(gpointer claim)
{
    PortClaim *self = claim;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->claims->mutex);

    g_hash_table_remove(self->claims->keys, self->key);
    g_free(self->key);
    g_free(self);
}

guint ports_first(void)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents("/proc/sys/net/ipv4/ip_unprivileged_port_start", &text, NULL, NULL))
        return DEFAULT_FIRST;
    // 0 would read as "unset".
    return MAX((guint)g_ascii_strtoull(text, NULL, 10), 1);
}
