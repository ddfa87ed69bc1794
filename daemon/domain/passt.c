// SPDX-License-Identifier: LGPL-2.1-or-later
// The passt(1) of one network card, which vmid starts itself: libvirt has no words for most of these options. The guest has
// KubeVirt's addresses, and no way to the host's loopback: --no-map-gw takes away the gateway's address for it, and of the name
// server's address only what is sent to DNS' ports goes to the host's resolver.
#include "domain/builder.h"

#include <string.h>

static void add(GPtrArray *arguments, const char *option, const char *value)
{
    g_ptr_array_add(arguments, g_strdup(option));
    if (value)
        g_ptr_array_add(arguments, g_strdup(value));
}

static void add_number(GPtrArray *arguments, const char *option, guint value)
{
    g_ptr_array_add(arguments, g_strdup(option));
    g_ptr_array_add(arguments, g_strdup_printf("%u", value));
}

// It drops its privileges when socket, pid file and ports are open.
static void add_process(const DomainBuilder *b, const DomainPasst *passt, GPtrArray *arguments)
{
    g_autofree char *user = g_strdup_printf("%u:%u", b->host->uid, b->host->gid);

    if (b->host->uid != 0)
        add(arguments, "--runas", user);
    add(arguments, "--quiet", NULL);
    add(arguments, "--one-off", NULL); // it ends with its QEMU
    add(arguments, "--pid", passt->pid_file);
    add(arguments, "--socket", passt->socket);
}

static void add_resolver(const DomainBuilder *b, const NetworkCard *card, GPtrArray *arguments)
{
    const char *resolver = b->host->resolver;

    // Without one of IPv4, what passt finds in resolv.conf by itself and the guest can reach.
    if (!resolver || !g_hostname_is_ip_address(resolver) || strchr(resolver, ':'))
        return;
    add(arguments, "--dns", card->dns);
    add(arguments, "--dns-forward", card->dns);
    add(arguments, "--dns-host", resolver);
}

static void add_forwards(const NetworkCard *card, GPtrArray *arguments)
{
    for (guint i = 0; i < card->forwards->len; i++) {
        const DomainForward *forward = g_ptr_array_index(card->forwards, i);
        g_autofree char *spec =
            g_strdup_printf("%s/%u:%u", forward->address, forward->host_port, forward->guest_port);

        add(arguments, g_str_equal(forward->protocol, "udp") ? "--udp-ports" : "--tcp-ports", spec);
    }
}

const DomainPasst *passt_plan(DomainBuilder *b, const NetworkCard *card)
{
    const ApiObjectMeta *meta = b->vmi->metadata;
    DomainPasst *self = g_new0(DomainPasst, 1);
    GPtrArray *arguments = g_ptr_array_new();

    self->socket =
        layout_passt_file(b->layout, meta->namespace, meta->name, b->plan->passts->len, ".sock");
    self->pid_file =
        layout_passt_file(b->layout, meta->namespace, meta->name, b->plan->passts->len, ".pid");
    add(arguments, "passt", NULL);
    add_process(b, self, arguments);
    add(arguments, "--no-map-gw", NULL);
    add(arguments, "--address", card->guest);
    add_number(arguments, "--netmask", card->prefix);
    add(arguments, "--gateway", card->gateway);
    add_resolver(b, card, arguments);
    add_forwards(card, arguments);
    g_ptr_array_add(arguments, NULL);
    self->arguments = (char **)g_ptr_array_free(arguments, FALSE);
    g_ptr_array_add(b->plan->passts, self);
    return self;
}
