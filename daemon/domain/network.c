// SPDX-License-Identifier: LGPL-2.1-or-later
// Network cards on the pod network with masquerade: the guest is alone in a private IPv4 network
// (KubeVirt's addresses: .1 gateway, .2 guest), goes out through the host, and is reached through
// the ports that are listed. Two ways to get there: passt where libvirt can start it, else QEMU's
// own user-mode network, whose addresses libvirt cannot set: it goes on the command line.
//
// Listing no ports means "all ports" upstream, where every guest has an address of its own. Here a
// forwarded port is a port of the host, which cannot give all of them to one guest: so nothing is
// forwarded then.

#include "domain/builder.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "api/validate.h"
#include "base/error.h"

#define DEFAULT_CIDR "10.0.2.0/24"
#define FIRST_PORT 1024 // the kernel's default for ports that need no privilege
#define PORT_STEP 10000 // 80 -> 10080, 20080, ...
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

static gboolean is_taken(const DomainBuilder *b, const char *protocol, guint port)
{
    for (guint i = 0; i < b->host->n_taken_ports; i++)
        if (b->host->taken_ports[i] == port)
            return TRUE;
    for (guint i = 0; i < b->plan->forwards->len; i++) {
        const DomainForward *other = g_ptr_array_index(b->plan->forwards, i);

        if (other->host_port == port && strcmp(other->protocol, protocol) == 0)
            return TRUE;
    }
    return FALSE;
}

// The guest's own number when QEMU may have it; else one that a person still recognises; when
// many guests have such, any. 0 when none is left.
static guint choose_host_port(const DomainBuilder *b, const char *protocol, guint guest_port)
{
    guint first = b->host->first_port ? b->host->first_port : FIRST_PORT;

    for (guint port = guest_port; port <= G_MAXUINT16; port += PORT_STEP)
        if (port >= first && !is_taken(b, protocol, port))
            return port;
    for (guint port = MAX(first, PORT_STEP + guest_port % PORT_STEP); port <= G_MAXUINT16; port++)
        if (!is_taken(b, protocol, port))
            return port;
    return 0;
}

static gboolean add_forward(DomainBuilder *b, NetworkCard *card, const ApiPort *port,
                            const char *path, GError **error)
{
    const char *protocol = port->protocol == API_PORT_PROTOCOL_UDP ? "udp" : "tcp";
    gint64 number = api_int_or(port->port, 0);
    DomainForward *forward;
    guint host_port;

    if (number < 1 || number > G_MAXUINT16) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "%s.port: %" G_GINT64_FORMAT " is not a port number; use 1 to 65535", path,
                    number);
        return FALSE;
    }
    host_port = choose_host_port(b, protocol, number);
    if (host_port == 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                    "%s.port: the host has no free %s port for port %" G_GINT64_FORMAT
                    " of the guest; stop what uses it, or forward fewer ports",
                    path, protocol, number);
        return FALSE;
    }
    forward = g_new0(DomainForward, 1);
    forward->protocol = g_strdup(protocol);
    forward->address = g_strdup(b->host->forward_address ? b->host->forward_address : "127.0.0.1");
    forward->host_port = host_port;
    forward->guest_port = number;
    g_ptr_array_add(b->plan->forwards, forward);
    g_ptr_array_add(card->forwards, forward);
    if (host_port != number)
        domain_warn(
            b->plan,
            "port %u/%s of the guest is reached at %s port %u: the host's own %u is taken or "
            "reserved",
            forward->guest_port, protocol, forward->address, host_port, forward->guest_port);
    return TRUE;
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

        if (!add_forward(b, card, g_ptr_array_index(interface->ports, i), port_path, error))
            return FALSE;
    }
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

// libvirt takes only these prefixes for a user-mode network.
static gboolean through_passt(const DomainBuilder *b, const NetworkCard *card)
{
    return b->host->passt && card->prefix >= 4 && card->prefix <= 27;
}

guint network_count_passt(const DomainBuilder *b)
{
    guint count = 0;

    for (guint i = 0; i < b->cards->len; i++)
        count += through_passt(b, g_ptr_array_index(b->cards, i)) ? 1 : 0;
    return count;
}

gboolean network_uses_command_line(const DomainBuilder *b)
{
    return network_count_passt(b) < b->cards->len;
}

static gboolean is_virtio(const ApiInterface *interface)
{
    return !interface->model || strcmp(interface->model, "virtio") == 0;
}

// With passt the guest has KubeVirt's address, but the gateway and name server that it is told by
// DHCP are the host's own: libvirt has no element for them. passt runs as the guest's uid, so
// libvirt's state directory for passt must let that uid make a socket.

// ---- passt ----

static void write_forward(const DomainForward *forward, Xml *xml)
{
    xml_open(xml, "portForward");
    xml_attribute(xml, "proto", forward->protocol);
    xml_attribute(xml, "address", forward->address);
    xml_open(xml, "range");
    xml_attribute_uint(xml, "start", forward->host_port);
    if (forward->host_port != forward->guest_port)
        xml_attribute_uint(xml, "to", forward->guest_port);
    xml_close(xml);
    xml_close(xml);
}

static void write_card(const DomainBuilder *b, const NetworkCard *card)
{
    const ApiInterface *interface = card->interface;
    g_autofree char *alias = g_strconcat("ua-", interface->name, NULL);
    Xml *xml = b->xml;

    xml_open(xml, "interface");
    xml_attribute(xml, "type", "user");
    xml_empty(xml, "backend", "type", "passt");
    xml_empty(xml, "mac", "address", card->mac);
    xml_open(xml, "ip");
    xml_attribute(xml, "family", "ipv4");
    xml_attribute(xml, "address", card->guest);
    xml_attribute_uint(xml, "prefix", card->prefix);
    xml_close(xml);
    for (guint i = 0; i < card->forwards->len; i++)
        write_forward(g_ptr_array_index(card->forwards, i), xml);
    xml_empty(xml, "model", "type", is_virtio(interface) ? b->virtio_model : interface->model);
    if (interface->boot_order.set) {
        xml_open(xml, "boot");
        xml_attribute_uint(xml, "order", interface->boot_order.value);
        xml_close(xml);
    } else {
        xml_empty(xml, "rom", "enabled", "no"); // no network boot: saves the guest loading it
    }
    xml_empty(xml, "alias", "name", alias);
    xml_close(xml);
}

void network_write(const DomainBuilder *b)
{
    for (guint i = 0; i < b->cards->len; i++)
        if (through_passt(b, g_ptr_array_index(b->cards, i)))
            write_card(b, g_ptr_array_index(b->cards, i));
}

// ---- QEMU's user-mode network ----

static void write_argument(Xml *xml, const char *value)
{
    xml_empty(xml, "qemu:arg", "value", value);
}

static void write_netdev(const NetworkCard *card, Xml *xml)
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
    write_argument(xml, "-netdev");
    write_argument(xml, netdev->str);
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

        if (through_passt(b, card))
            continue;
        write_netdev(card, b->xml);
        write_device(b, card, FIRST_SLOT + i);
    }
    xml_close(b->xml);
}
