// SPDX-License-Identifier: LGPL-2.1-or-later
// Which name server the guests' DNS ends at, and whether it may be one of the host's loopback; see domain.h.
#include "domain/domain.h"

#include <arpa/inet.h>
#include <string.h>

// At which a host's own services are: to open it for one is to open it for all.
#define COMMON_LOOPBACK "127.0.0.1"

static gboolean is_ipv4(const char *address)
{
    struct in_addr in;

    return inet_pton(AF_INET, address, &in) == 1;
}

char *domain_find_resolver(const char *resolv_conf)
{
    g_auto(GStrv) lines = g_strsplit(resolv_conf, "\n", -1);
    g_autofree char *other = NULL;

    for (guint i = 0; lines[i]; i++) {
        g_auto(GStrv) words = g_strsplit_set(lines[i], " \t", -1);
        guint n = 1;

        if (!words[0] || strcmp(words[0], "nameserver") != 0)
            continue;
        while (words[n] && !*words[n])
            n++;
        if (!words[n] || !g_hostname_is_ip_address(words[n]))
            continue;
        if (is_ipv4(words[n]))
            return g_strdup(words[n]);
        if (!other)
            other = g_strdup(words[n]);
    }
    return g_steal_pointer(&other);
}

gboolean domain_resolver_is_loopback(const char *address)
{
    struct in6_addr in6;

    if (is_ipv4(address))
        return g_str_has_prefix(address, "127.");
    return inet_pton(AF_INET6, address, &in6) == 1 && IN6_IS_ADDR_LOOPBACK(&in6);
}

const char *domain_allowed_resolver(const DomainHost *host)
{
    const char *resolver = host->resolver;

    if (!resolver || !is_ipv4(resolver) || !domain_resolver_is_loopback(resolver))
        return NULL;
    return host->passt || strcmp(resolver, COMMON_LOOPBACK) != 0 ? resolver : NULL;
}
