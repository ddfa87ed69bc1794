// SPDX-License-Identifier: LGPL-2.1-or-later
// Network cards on the pod network with masquerade: the guest is alone in a private IPv4 network
// (KubeVirt's addresses: .1 gateway, .2 guest), goes out through the host, and is reached through
// the ports that are listed. Two ways to get there: passt where the host's is new enough, else
// QEMU's own user-mode network. libvirt can set up neither as it is wanted here, so that cards are
// on QEMU's command line.
//
// Listing no ports means "all ports" upstream, where every guest has an address of its own. Here a
// forwarded port is a port of the host, which cannot give all of them to one guest: so nothing is
// forwarded then, and validation warns of it.

#include "domain/builder.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "api/validate.h"
#include "base/error.h"

#define DEFAULT_CIDR "10.0.2.0/24"
#define FIRST_PORT 1024 // the kernel's default for ports that need no privilege
#define RECONNECT_MSEC "1000"
#define UPSTREAM_BRIDGE_MAC "02:00:00:00:00:00"
// libvirt gives pcie.0's slots out from 1 upwards, eight root ports to a slot, and has 0x1f and
// 0x1b for the chipset; 31 root ports reach slot 4.
#define FIRST_SLOT 0x10
#define LAST_SLOT 0x1a

void network_card_free(NetworkCard *self)
{
    if (!self)
        return;
    g_free(self->mac);
    g_free(self->network);
    g_free(self->gateway);
    g_free(self->guest);
    g_free(self->dns);
    g_ptr_array_unref(self->forwards);
    g_free(self);
}

static char *address_text(guint32 address)
{
    struct in_addr in = { .s_addr = htonl(address) };
    char text[INET_ADDRSTRLEN];

    return g_strdup(inet_ntop(AF_INET, &in, text, sizeof(text)));
}

static gboolean set_addresses(NetworkCard *card, const char *cidr, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(cidr, "/", 2);
    struct in_addr in;
    guint64 prefix;
    guint32 network;

    if (!parts[0] || !parts[1] || inet_pton(AF_INET, parts[0], &in) != 1 ||
        !g_ascii_string_to_unsigned(parts[1], 10, API_POD_PREFIX_MIN, API_POD_PREFIX_MAX, &prefix,
                                    NULL)) {
        g_set_error(
            error, VMI_ERROR, VMI_ERROR_INVALID,
            "spec.networks: pod.vmNetworkCIDR \"%s\" of network \"%s\" is not an IPv4 network with "
            "room for a guest; write it as 10.0.2.0/24, with a prefix of %d to %d",
            cidr, card->interface->name, API_POD_PREFIX_MIN, API_POD_PREFIX_MAX);
        return FALSE;
    }
    network = ntohl(in.s_addr) & (G_MAXUINT32 << (32 - prefix));
    card->prefix = prefix;
    g_autofree char *base = address_text(network);
    card->network = g_strdup_printf("%s/%u", base, card->prefix);
    card->gateway = address_text(network + 1);
    card->guest = address_text(network + 2);
    card->dns = address_text(network + 3);
    return TRUE;
}

// Six octets, colon or hyphen between them, as Go's net.ParseMAC takes them. NULL when it is not
// that.
static char *canonical_mac(const char *text)
{
    guint o[6];
    int end = 0;

    for (gsize i = 0; i < strlen(text); i++)
        if (i % 3 == 2 ? text[i] != ':' && text[i] != '-' : !g_ascii_isxdigit(text[i]))
            return NULL;
    if (sscanf(text, "%2x%*c%2x%*c%2x%*c%2x%*c%2x%*c%2x%n", &o[0], &o[1], &o[2], &o[3], &o[4],
               &o[5], &end) != 6 ||
        text[end] != '\0')
        return NULL;
    return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", o[0], o[1], o[2], o[3], o[4], o[5]);
}

// The same for every run of one instance, different between instances; locally administered, not
// multicast.
static char *made_mac(const DomainBuilder *b, const ApiInterface *interface)
{
    const ApiObjectMeta *meta = b->vmi->metadata;
    const char *uid = b->host->uid_of_object ? b->host->uid_of_object : meta->uid;
    g_autofree char *identity = g_strdup_printf("%s/%s/%s/%s", meta->namespace, meta->name,
                                                uid ? uid : "", interface->name);
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    guint8 h[32];
    gsize length = sizeof(h);

    g_checksum_update(checksum, (const guchar *)identity, strlen(identity));
    g_checksum_get_digest(checksum, h, &length);
    return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", (h[0] & 0xfc) | 0x02, h[1], h[2], h[3],
                           h[4], h[5] ? h[5] : 1);
}

static gboolean set_mac(const DomainBuilder *b, NetworkCard *card, const char *path, GError **error)
{
    const char *given = card->interface->mac_address;

    card->mac = given ? canonical_mac(given) : made_mac(b, card->interface);
    if (card->mac && strcmp(card->mac, UPSTREAM_BRIDGE_MAC) != 0)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                "%s.macAddress: \"%s\" is not a usable hardware address; write six octets as "
                "de:ad:00:00:be:af, not " UPSTREAM_BRIDGE_MAC,
                path, given);
    return FALSE;
}

ApiPortProtocol domain_port_protocol(const ApiPort *port)
{
    return port->protocol == API_PORT_PROTOCOL_UDP ? API_PORT_PROTOCOL_UDP : API_PORT_PROTOCOL_TCP;
}

static const DomainForward *find_forward(const DomainBuilder *b, const char *protocol,
                                         guint guest_port)
{
    for (guint i = 0; i < b->plan->forwards->len; i++) {
        const DomainForward *forward = g_ptr_array_index(b->plan->forwards, i);

        if (forward->guest_port == guest_port && strcmp(forward->protocol, protocol) == 0)
            return forward;
    }
    return NULL;
}

typedef struct {
    const DomainBuilder *b;
    const char *protocol;
} PortSearch;

static gboolean is_unplanned(guint port, gpointer user_data)
{
    const PortSearch *search = user_data;

    for (guint i = 0; i < search->b->plan->forwards->len; i++) {
        const DomainForward *forward = g_ptr_array_index(search->b->plan->forwards, i);

        if (forward->host_port == port && strcmp(forward->protocol, search->protocol) == 0)
            return FALSE;
    }
    return TRUE;
}

// The one that the object was given; in render, which knows of no host, the one it would be given first.
static guint host_port_of(const DomainBuilder *b, const ApiPort *port, const char *protocol)
{
    guint guest_port = (guint)api_int_or(port->port, 0);
    PortSearch search = { b, protocol };

    for (guint i = 0; b->host->host_ports && i < b->host->host_ports->len; i++) {
        const ApiHostPort *given = g_ptr_array_index(b->host->host_ports, i);

        if (given->protocol == domain_port_protocol(port) &&
            api_int_or(given->port, 0) == guest_port)
            return (guint)api_int_or(given->host_port, 0);
    }
    return domain_choose_host_port(FIRST_PORT, guest_port, is_unplanned, &search);
}

static void add_forward(DomainBuilder *b, NetworkCard *card, const ApiPort *port)
{
    const char *protocol = domain_port_protocol(port) == API_PORT_PROTOCOL_UDP ? "udp" : "tcp";
    guint guest_port = (guint)api_int_or(port->port, 0);
    DomainForward *forward;

    if (find_forward(b, protocol, guest_port))
        return; // listed twice
    forward = g_new0(DomainForward, 1);
    forward->protocol = g_strdup(protocol);
    forward->address = g_strdup(b->host->forward_address ? b->host->forward_address : "127.0.0.1");
    forward->host_port = (guint16)host_port_of(b, port, protocol);
    forward->guest_port = (guint16)guest_port;
    g_ptr_array_add(b->plan->forwards, forward);
    g_ptr_array_add(card->forwards, forward);
    if (forward->host_port != guest_port)
        domain_warn(b->plan,
                    "port %u/%s of the guest is reached at %s port %u, as the host's own %u was "
                    "taken or is reserved",
                    forward->guest_port, protocol, forward->address, forward->host_port,
                    forward->guest_port);
}

static gboolean check_port(const ApiPort *port, const char *path, GError **error)
{
    gint64 number = api_int_or(port->port, 0);

    if (number >= 1 && number <= G_MAXUINT16)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                "%s.port: %" G_GINT64_FORMAT " is not a port number; use 1 to 65535", path, number);
    return FALSE;
}

static const ApiNetwork *find_network(const DomainBuilder *b, const char *name)
{
    const GPtrArray *networks = b->vmi->spec->networks;

    for (guint i = 0; networks && i < networks->len; i++) {
        const ApiNetwork *network = g_ptr_array_index(networks, i);

        if (g_strcmp0(network->name, name) == 0)
            return network;
    }
    return NULL;
}

static gboolean check_binding(const DomainBuilder *b, const ApiInterface *interface,
                              const char *path, GError **error)
{
    const ApiNetwork *network = find_network(b, interface->name);

    if (!network) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "%s.name: no network is called \"%s\"; add it to spec.networks", path,
                    interface->name);
        return FALSE;
    }
    if (!network->pod || !interface->masquerade) {
        g_set_error(
            error, VMI_ERROR, VMI_ERROR_UNSUPPORTED,
            "%s: only masquerade on the pod network is supported yet; use masquerade: {} and "
            "pod: {}",
            path);
        return FALSE;
    }
    return TRUE;
}

// What the filter of its scope cannot keep from a guest that QEMU's own network serves: sockets that listen were made before they came
// into it.
static void warn_of_udp(DomainBuilder *b, const NetworkCard *card)
{
    for (guint i = 0; i < card->forwards->len; i++) {
        const DomainForward *forward = g_ptr_array_index(card->forwards, i);

        if (strcmp(forward->protocol, "udp") == 0)
            domain_warn(b->plan,
                        "port %u/udp is forwarded by QEMU's own network: from that port the guest "
                        "can send to every UDP port of the host's loopback; a host with QEMU 10 "
                        "and a passt that has --dns-host does not need that network",
                        forward->guest_port);
    }
}

static void warn_of_resolver(DomainBuilder *b)
{
    const char *resolver = b->host->resolver;

    if (resolver && domain_resolver_is_loopback(resolver) && !domain_allowed_resolver(b->host))
        domain_warn(b->plan,
                    "names do not resolve in the guest: the host's name server is at %s, and to "
                    "open that to the guest would open other services of the host to it; let the "
                    "name server listen at an address such as 127.0.0.53, and /etc/resolv.conf "
                    "name that",
                    resolver);
}

static gboolean plan_card(DomainBuilder *b, const ApiInterface *interface, const char *path,
                          GError **error)
{
    NetworkCard *card;
    const char *cidr;

    if (!check_binding(b, interface, path, error))
        return FALSE;
    card = g_new0(NetworkCard, 1);
    card->interface = interface;
    card->forwards = g_ptr_array_new();
    g_ptr_array_add(b->cards, card);
    cidr = find_network(b, interface->name)->pod->vm_network_cidr;
    if (!set_addresses(card, cidr ? cidr : DEFAULT_CIDR, error) || !set_mac(b, card, path, error))
        return FALSE;
    for (guint i = 0; interface->ports && i < interface->ports->len; i++) {
        g_autofree char *port_path = g_strdup_printf("%s.ports[%u]", path, i);

        if (!check_port(g_ptr_array_index(interface->ports, i), port_path, error))
            return FALSE;
        add_forward(b, card, g_ptr_array_index(interface->ports, i));
    }
    if (b->host->passt)
        card->passt = passt_plan(b, card);
    else
        warn_of_udp(b, card);
    warn_of_resolver(b);
    return TRUE;
}

gboolean network_plan(DomainBuilder *b, GError **error)
{
    const GPtrArray *interfaces = b->devices->interfaces;

    for (guint i = 0; interfaces && i < interfaces->len; i++) {
        g_autofree char *path = g_strdup_printf(BUILDER_INTERFACES "[%u]", i);

        if (!plan_card(b, g_ptr_array_index(interfaces, i), path, error))
            return FALSE;
    }
    if (b->cards->len > LAST_SLOT - FIRST_SLOT + 1) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_UNSUPPORTED,
                    BUILDER_INTERFACES ": %u network cards; at most %d fit", b->cards->len,
                    LAST_SLOT - FIRST_SLOT + 1);
        return FALSE;
    }
    return TRUE;
}

gboolean network_uses_command_line(const DomainBuilder *b)
{
    return b->cards->len > 0;
}

static gboolean is_virtio(const ApiInterface *interface)
{
    return !interface->model || strcmp(interface->model, "virtio") == 0;
}

static void write_argument(Xml *xml, const char *value)
{
    xml_empty(xml, "qemu:arg", "value", value);
}

// Nothing starts a passt that died anew yet; whoever does so by hand has QEMU connect to it.
static char *passt_netdev(const NetworkCard *card)
{
    return g_strdup_printf("stream,id=hostua-%s,server=off,addr.type=unix,addr.path=%s,"
                           "reconnect-ms=" RECONNECT_MSEC,
                           card->interface->name, card->passt->socket);
}

static char *user_netdev(const NetworkCard *card)
{
    g_autoptr(GString) netdev = g_string_new("user");

    g_string_append_printf(netdev, ",id=hostua-%s,net=%s,host=%s,dhcpstart=%s,dns=%s",
                           card->interface->name, card->network, card->gateway, card->guest,
                           card->dns);
    for (guint i = 0; i < card->forwards->len; i++) {
        const DomainForward *forward = g_ptr_array_index(card->forwards, i);

        g_string_append_printf(netdev, ",hostfwd=%s:%s:%u-%s:%u", forward->protocol,
                               forward->address, forward->host_port, card->guest,
                               forward->guest_port);
    }
    return g_string_free(g_steal_pointer(&netdev), FALSE);
}

static void write_netdev(const NetworkCard *card, Xml *xml)
{
    g_autofree char *netdev = card->passt ? passt_netdev(card) : user_netdev(card);

    write_argument(xml, "-netdev");
    write_argument(xml, netdev);
}

// libvirt numbers bootindex itself and does not know of this card. When a disk has a bootOrder it
// uses those numbers as they are; when none has, it boots the first disk with index 1, so a card
// that is to be first takes 0.
static guint boot_index(const DomainBuilder *b, const ApiInterface *interface)
{
    for (guint i = 0; i < b->disks->len; i++)
        if (g_array_index(b->disks, DiskElement, i).disk->boot_order.set)
            return interface->boot_order.value;
    return 0;
}

static void write_device(const DomainBuilder *b, const NetworkCard *card, guint slot)
{
    const ApiInterface *interface = card->interface;
    g_autofree char *model = is_virtio(interface)
                                 ? g_strdup_printf("virtio-net-pci%s", strchr(b->virtio_model, '-'))
                                 : g_strdup(interface->model);
    g_autoptr(GString) device = g_string_new(model);

    g_string_append_printf(device, ",netdev=hostua-%s,id=ua-%s,mac=%s,bus=pcie.0,addr=0x%x",
                           interface->name, interface->name, card->mac, slot);
    if (interface->boot_order.set)
        g_string_append_printf(device, ",bootindex=%u", boot_index(b, interface));
    else
        g_string_append(device, ",romfile="); // no network boot: saves the guest loading it
    write_argument(b->xml, "-device");
    write_argument(b->xml, device->str);
}

void network_write_command_line(const DomainBuilder *b)
{
    if (!network_uses_command_line(b))
        return;
    xml_open(b->xml, "qemu:commandline");
    for (guint i = 0; i < b->cards->len; i++) {
        const NetworkCard *card = g_ptr_array_index(b->cards, i);

        write_netdev(card, b->xml);
        write_device(b, card, FIRST_SLOT + i);
    }
    xml_close(b->xml);
}
