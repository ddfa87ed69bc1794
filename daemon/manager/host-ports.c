// SPDX-License-Identifier: LGPL-2.1-or-later
// See host-ports.h.
#include "manager/host-ports.h"

#include "base/error.h"
#include "guest/ports.h"
#include "manager/instance.h"

typedef struct {
    const Instance *instance;
    const GPtrArray *chosen; // ApiHostPort, of the same object
    ApiPortProtocol protocol;
} Search;

static ApiHostPort *find(const GPtrArray *ports, ApiPortProtocol protocol, gint64 guest_port)
{
    for (guint i = 0; ports && i < ports->len; i++) {
        ApiHostPort *port = g_ptr_array_index(ports, i);

        if (port->protocol == protocol && api_int_or(port->port, 0) == guest_port)
            return port;
    }
    return NULL;
}

static gboolean is_among(const GPtrArray *ports, ApiPortProtocol protocol, guint host_port)
{
    for (guint i = 0; ports && i < ports->len; i++) {
        const ApiHostPort *port = g_ptr_array_index(ports, i);

        if (port->protocol == protocol && api_int_or(port->host_port, 0) == host_port)
            return TRUE;
    }
    return FALSE;
}

// ---- who has which ---------------------------------------------------------------------------------------------

static gpointer owner_key(ApiPortProtocol protocol, guint host_port)
{
    return GUINT_TO_POINTER((guint)protocol << 16 | host_port);
}

static gpointer key_of(const ApiHostPort *port)
{
    return owner_key(port->protocol, (guint)api_int_or(port->host_port, 0));
}

void host_ports_add(Instance *instance)
{
    const GPtrArray *ports = instance_vmi(instance)->status->host_ports;
    GHashTable *counts = instance->manager->host_ports;

    for (guint i = 0; ports && i < ports->len && !instance->undefined; i++) {
        gpointer key = key_of(g_ptr_array_index(ports, i));
        guint n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, key));

        g_hash_table_insert(counts, key, GUINT_TO_POINTER(n + 1));
    }
}

void host_ports_forget(const Instance *instance)
{
    const GPtrArray *ports = instance_vmi(instance)->status->host_ports;
    GHashTable *counts = instance->manager->host_ports;

    for (guint i = 0; ports && i < ports->len && !instance->undefined; i++) {
        gpointer key = key_of(g_ptr_array_index(ports, i));
        guint n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, key));

        if (n > 1)
            g_hash_table_insert(counts, key, GUINT_TO_POINTER(n - 1));
        else
            g_hash_table_remove(counts, key);
    }
}

// ---- choosing --------------------------------------------------------------------------------------------------

static gboolean is_free(guint host_port, gpointer user_data)
{
    const Search *search = user_data;
    const Manager *manager = search->instance->manager;

    return !is_among(search->chosen, search->protocol, host_port) &&
           !g_hash_table_contains(manager->host_ports, owner_key(search->protocol, host_port)) &&
           ports_is_free(search->protocol, manager->config->forward_address, host_port);
}

static ApiHostPort *host_port_new(ApiPortProtocol protocol, gint64 guest_port, guint host_port)
{
    ApiHostPort *port = api_host_port_new();

    port->protocol = protocol;
    port->port = (ApiInt){ .set = TRUE, .value = guest_port };
    port->host_port = (ApiInt){ .set = TRUE, .value = host_port };
    return port;
}

// The one it has, or a new one.
static ApiHostPort *assign(const Instance *instance, const GPtrArray *chosen, const ApiPort *port,
                           GError **error)
{
    Search search = { instance, chosen, domain_port_protocol(port) };
    gint64 guest_port = api_int_or(port->port, 0);
    const ApiHostPort *kept =
        find(instance_vmi(instance)->status->host_ports, search.protocol, guest_port);
    guint host_port = 0;

    if (kept)
        return api_host_port_copy(kept);
    host_port = domain_choose_host_port(ports_first(), (guint)guest_port, is_free, &search);
    if (host_port != 0)
        return host_port_new(search.protocol, guest_port, host_port);
    g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                "the host has no free %s port for port %" G_GINT64_FORMAT
                " of the guest; delete guests that have some, or list fewer ports",
                api_enum_to_string(&api_port_protocol_values, (int)search.protocol), guest_port);
    return NULL;
}

static gboolean assign_card(const Instance *instance, const ApiInterface *card, GPtrArray *chosen,
                            GError **error)
{
    for (guint i = 0; card->ports && i < card->ports->len; i++) {
        const ApiPort *port = g_ptr_array_index(card->ports, i);
        ApiHostPort *host_port = NULL;

        if (find(chosen, domain_port_protocol(port), api_int_or(port->port, 0)))
            continue; // listed twice
        host_port = assign(instance, chosen, port, error);
        if (!host_port)
            return FALSE;
        g_ptr_array_add(chosen, host_port);
    }
    return TRUE;
}

gboolean host_ports_assign(Instance *instance, const ApiVirtualMachineInstance *expanded,
                           GError **error)
{
    const ApiDevices *devices = expanded->spec->domain->devices;
    const GPtrArray *cards = devices ? devices->interfaces : NULL;
    ApiVmiStatus *status = instance_vmi(instance)->status;
    g_autoptr(GPtrArray) chosen = api_list_new(&api_host_port_type);

    for (guint i = 0; cards && i < cards->len; i++)
        if (!assign_card(instance, g_ptr_array_index(cards, i), chosen, error))
            return FALSE;
    host_ports_forget(instance);
    g_clear_pointer(&status->host_ports, g_ptr_array_unref);
    if (chosen->len > 0)
        status->host_ports = g_steal_pointer(&chosen);
    host_ports_add(instance);
    return TRUE;
}

void host_ports_adopt(Instance *instance, const GuestRun *run)
{
    ApiVmiStatus *status = instance_vmi(instance)->status;

    if (status->host_ports || run->forwards->len == 0)
        return;
    status->host_ports = api_list_new(&api_host_port_type);
    for (guint i = 0; i < run->forwards->len; i++) {
        const DomainForward *forward = g_ptr_array_index(run->forwards, i);

        g_ptr_array_add(status->host_ports,
                        host_port_new(g_str_equal(forward->protocol, "udp") ? API_PORT_PROTOCOL_UDP
                                                                            : API_PORT_PROTOCOL_TCP,
                                      forward->guest_port, forward->host_port));
    }
    host_ports_add(instance);
}
