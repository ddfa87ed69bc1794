// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules for spec.networks and spec.domain.devices.interfaces, and for how they refer to each other.
#include "api/validate-internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "api/defaults.h"

enum {
    MAX_PORT = 65535,
};

static const char *const models[] = {
    "virtio", "e1000", "e1000e", "igb", "ne2k_pci", "pcnet", "rtl8139", NULL,
};

// The network card's own bridge has this address upstream.
static const guint8 reserved_mac[] = { 0x02, 0, 0, 0, 0, 0 };

static const ApiNetwork *find_network(const ApiVmiSpec *spec, const char *name)
{
    for (guint i = 0; spec->networks && i < spec->networks->len; i++) {
        const ApiNetwork *network = spec->networks->pdata[i];
        if (g_strcmp0(network->name, name) == 0)
            return network;
    }
    return NULL;
}

static gboolean has_interface(const ApiVmiSpec *spec, const char *name)
{
    const GPtrArray *list = spec->domain->devices ? spec->domain->devices->interfaces : NULL;
    for (guint i = 0; list && i < list->len; i++) {
        const ApiInterface *interface = list->pdata[i];
        if (g_strcmp0(interface->name, name) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean interface_name_is_valid(const char *name)
{
    for (const char *c = name; *c; c++) {
        if (!g_ascii_isalnum(*c) && *c != '-' && *c != '_')
            return FALSE;
    }
    return name[0] != '\0' && strlen(name) <= 63;
}

static void check_interface_name(const ApiCheck *check, const char *name, GHashTable *seen,
                                 const char *path)
{
    if (!name || !interface_name_is_valid(name))
        api_check_error(check, path, "name", "use at most 63 letters, digits, '-' and '_'",
                        "\"%s\" cannot be a name here", name ? name : "");
    else
        api_check_unique(check, seen, name, "name", path, "name");
}

static void check_binding(const ApiCheck *check, const ApiInterface *interface,
                          const ApiNetwork *network, const char *path)
{
    g_autoptr(GPtrArray) set = api_check_union(&api_interface_type, interface, "binding");
    if (set->len == 0)
        api_check_error(check, path, NULL, "add masquerade: {}",
                        "interface \"%s\" does not say how it is connected", interface->name);
    else if (set->len > 1)
        api_check_error(check, path, NULL, "keep one of them",
                        "an interface has one binding; this has \"%s\" and \"%s\"",
                        (const char *)set->pdata[0], (const char *)set->pdata[1]);
    if (!network)
        api_check_error(check, path, "name", "add a network of that name to spec.networks",
                        "interface \"%s\" has no network of its name", interface->name);
    else if (interface->masquerade && !network->pod)
        api_check_error(check, path, "masquerade", "give the network pod: {}",
                        "masquerade works on the pod network only");
}

static void check_model(const ApiCheck *check, const ApiInterface *interface, const char *path)
{
    if (!api_text_is_set(interface->model) || g_strv_contains(models, interface->model))
        return;
    g_autofree char *list = g_strjoinv(", ", (char **)models);
    g_autofree char *remedy = g_strconcat("use one of ", list, NULL);
    api_check_error(check, path, "model", remedy, "model \"%s\" is not supported",
                    interface->model);
}

// Six hexadecimal pairs with ':' or '-' between them.
static gboolean parse_mac(const char *text, guint8 ret_mac[6])
{
    if (strlen(text) != 17 || (text[2] != ':' && text[2] != '-'))
        return FALSE;
    for (guint i = 0; i < 6; i++) {
        const char *pair = text + 3 * i;
        if (!g_ascii_isxdigit(pair[0]) || !g_ascii_isxdigit(pair[1]) ||
            (i < 5 && pair[2] != text[2]))
            return FALSE;
        ret_mac[i] = (guint8)(g_ascii_xdigit_value(pair[0]) << 4 | g_ascii_xdigit_value(pair[1]));
    }
    return TRUE;
}

static void check_mac(const ApiCheck *check, const ApiInterface *interface, const char *path)
{
    guint8 mac[6];
    if (!api_text_is_set(interface->mac_address))
        return;
    if (!parse_mac(interface->mac_address, mac))
        api_check_error(check, path, "macAddress", "write it as de:ad:00:00:be:af",
                        "\"%s\" is not a hardware address", interface->mac_address);
    else if (mac[0] & 1)
        api_check_error(check, path, "macAddress", "make the first pair an even number",
                        "\"%s\" is a multicast address", interface->mac_address);
    else if (interface->masquerade && memcmp(mac, reserved_mac, sizeof mac) == 0)
        api_check_error(check, path, "macAddress", "take another, or leave it out",
                        "\"%s\" is reserved for the host's side of masquerade",
                        interface->mac_address);
}

static void check_ports(const ApiCheck *check, const ApiInterface *interface, const char *path)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; interface->ports && i < interface->ports->len; i++) {
        const ApiPort *port = interface->ports->pdata[i];
        g_autofree char *base = g_strdup_printf("%s.ports[%u]", path, i);
        gint64 number = api_int_or(port->port, 0);
        if (number < 1 || number > MAX_PORT)
            api_check_error(check, base, "port", "give from 1 to 65535",
                            "%" G_GINT64_FORMAT " is out of range", number);
        if (api_text_is_set(port->name) &&
            api_check_name(check, API_NAME_PORT, port->name, base, "name"))
            api_check_unique(check, names, port->name, "port name", base, "name");
    }
}

gboolean api_interface_lists_no_port(const ApiInterface *interface)
{
    return interface->masquerade && (!interface->ports || interface->ports->len == 0);
}

static void validate_interfaces(const ApiCheck *check, const ApiVmiSpec *spec)
{
    const GPtrArray *list = spec->domain->devices ? spec->domain->devices->interfaces : NULL;
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; list && i < list->len; i++) {
        const ApiInterface *interface = list->pdata[i];
        g_autofree char *path = g_strdup_printf("spec.domain.devices.interfaces[%u]", i);
        check_interface_name(check, interface->name, names, path);
        check_binding(check, interface, find_network(spec, interface->name), path);
        check_model(check, interface, path);
        check_mac(check, interface, path);
        check_ports(check, interface, path);
        if (api_interface_lists_no_port(interface))
            api_check_warning(check, path, "ports", API_NO_PORTS_REMEDY,
                              "no port is listed: nothing reaches the guest through this "
                              "interface, where a cluster would open all its ports");
    }
}

static gboolean cidr_is_valid(const char *text)
{
    const char *slash = strchr(text, '/');
    struct in_addr address;
    guint64 prefix;
    if (!slash || !g_ascii_string_to_unsigned(slash + 1, 10, API_POD_PREFIX_MIN, API_POD_PREFIX_MAX,
                                              &prefix, NULL))
        return FALSE;
    g_autofree char *network = g_strndup(text, (gsize)(slash - text));
    return inet_pton(AF_INET, network, &address) == 1;
}

static void check_network(const ApiCheck *check, const ApiNetwork *network, const char *path)
{
    g_autoptr(GPtrArray) set = api_check_union(&api_network_type, network, "source");
    if (set->len == 0)
        api_check_error(check, path, NULL, "add pod: {}", "network \"%s\" does not say what it is",
                        network->name);
    else if (set->len > 1)
        api_check_error(check, path, NULL, "keep one of them",
                        "a network is one thing; this has \"%s\" and \"%s\"",
                        (const char *)set->pdata[0], (const char *)set->pdata[1]);
    const char *cidr = network->pod ? network->pod->vm_network_cidr : NULL;
    if (api_text_is_set(cidr) && !cidr_is_valid(cidr))
        api_check_error(check, path, "pod.vmNetworkCIDR",
                        "write it as 10.0.2.0/24, with a prefix of 8 to 29",
                        "\"%s\" is not an IPv4 network", cidr);
}

static void validate_networks(const ApiCheck *check, const ApiVmiSpec *spec)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    guint pods = 0;
    for (guint i = 0; spec->networks && i < spec->networks->len; i++) {
        const ApiNetwork *network = spec->networks->pdata[i];
        g_autofree char *path = g_strdup_printf("spec.networks[%u]", i);
        check_interface_name(check, network->name, names, path);
        check_network(check, network, path);
        if (!has_interface(spec, network->name))
            api_check_error(check, path, "name",
                            "add an interface of that name to spec.domain.devices.interfaces",
                            "network \"%s\" has no interface of its name", network->name);
        if (network->pod && ++pods == 2)
            api_check_error(check, path, "pod", "keep one of them",
                            "there is more than one pod network");
    }
}

void api_validate_network(const ApiCheck *check, const ApiVmiSpec *spec)
{
    validate_interfaces(check, spec);
    validate_networks(check, spec);
    if (api_vmi_is_given_interface(spec))
        api_check_warning(check, "spec.domain.devices", "interfaces", API_NO_INTERFACE_REMEDY,
                          "no interface is listed: nothing reaches the guest through the one that "
                          "it is given, where a cluster would open all its ports");
}
