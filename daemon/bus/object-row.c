// SPDX-License-Identifier: LGPL-2.1-or-later
// See object-row.h. Each kind says its phase and details in one function; kinds without one have
// none.
#include "bus/object-row.h"

#include <string.h>

#include "api/quantity.h"
#include "bus/service-internal.h"

// Of a row but for its texts: their lengths and ends, padding.
#define ROW_SIZE 96

typedef struct {
    const char *phase, *reason;
    char *details[8]; // key, value, ..., NULL; values owned, keys literals
    guint n_details;
} Row;

static void row_clear(Row *self)
{
    for (guint i = 1; i < self->n_details; i += 2)
        g_free(self->details[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Row, row_clear)

static void row_add(Row *self, const char *key, const char *value)
{
    if (!value || !*value)
        return;
    g_assert(self->n_details + 2 <= G_N_ELEMENTS(self->details));
    self->details[self->n_details++] = (char *)key;
    self->details[self->n_details++] = g_strdup(value);
}

// "10022:22/tcp,8080/tcp": a number that is the same on both sides is there once.
static char *ports_text(const GPtrArray *ports)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; ports && i < ports->len; i++) {
        const ApiHostPort *port = ports->pdata[i];
        gint64 host = api_int_or(port->host_port, 0), guest = api_int_or(port->port, 0);

        if (i > 0)
            g_string_append_c(text, ',');
        if (host != guest)
            g_string_append_printf(text, "%" G_GINT64_FORMAT ":", host);
        g_string_append_printf(text, "%" G_GINT64_FORMAT "/%s", guest,
                               port->protocol == API_PORT_PROTOCOL_UDP ? "udp" : "tcp");
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void fill_vmi(Row *row, BusService *service, const ApiObject *object)
{
    const ApiVmiStatus *status = api_object_vmi(object)->status;
    const ApiObjectMeta *meta = api_object_meta(object);
    const ManagerInstance *instance =
        manager_instance(service->manager, meta->namespace, meta->name);

    g_autofree char *ports = status ? ports_text(status->host_ports) : NULL;

    if (instance && instance->run)
        row_add(row, "unit", instance->run->scope);
    if (!status)
        return;
    row->phase = api_enum_to_string(&api_vmi_phase_values, status->phase);
    row->reason = status->reason;
    if (instance && instance->run && instance->run->paused)
        row_add(row, "paused", "yes");
    if (status->interfaces && status->interfaces->len > 0)
        row_add(row, "ip", ((const ApiInterfaceStatus *)status->interfaces->pdata[0])->ip_address);
    row_add(row, "ports", ports);
}

static void fill_pvc(Row *row, BusService *service, const ApiObject *object)
{
    const ApiPersistentVolumeClaim *claim = api_object_pvc(object);

    if (claim->spec)
        row_add(row, "pool", claim->spec->storage_class_name);
    if (!claim->status)
        return;
    row->phase = claim->metadata->deletion_timestamp
                     ? "Terminating"
                     : api_enum_to_string(&api_pvc_phase_values, claim->status->phase);
    row->reason = claim->status->reason;
    row_add(row, "capacity", api_map_get(claim->status->capacity, "storage"));
}

static guint64 created_usec(const ApiObjectMeta *meta)
{
    g_autoptr(GDateTime) time = meta->creation_timestamp
                                    ? g_date_time_new_from_iso8601(meta->creation_timestamp, NULL)
                                    : NULL;
    gint64 usec =
        time ? g_date_time_to_unix(time) * G_USEC_PER_SEC + g_date_time_get_microsecond(time) : 0;

    return (guint64)MAX(usec, 0);
}

char *object_row_path(const ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);

    if (api_object_vmi(object))
        return object_path_of(BUS_INSTANCES, meta->namespace, meta->name);
    if (api_object_pvc(object))
        return object_path_of(BUS_VOLUMES, meta->namespace, meta->name);
    return g_strdup("/");
}

static gsize text_length(const char *text)
{
    return text ? strlen(text) : 0;
}

static int append_detail(sd_bus_message *reply, const char *key, const char *value, gsize *bytes)
{
    *bytes += strlen(key) + strlen(value) + WIRE_PAIR_SIZE;
    return sd_bus_message_append(reply, "{ss}", key, value);
}

static int append_details(sd_bus_message *reply, const Row *row, const GPtrArray *labels,
                          gsize *bytes)
{
    int r = sd_bus_message_open_container(reply, 'a', "{ss}");

    for (guint i = 0; r >= 0 && i < row->n_details; i += 2)
        r = append_detail(reply, row->details[i], row->details[i + 1], bytes);
    for (guint i = 0; r >= 0 && labels && i < labels->len; i++) {
        const ApiPair *label = labels->pdata[i];
        g_autofree char *key = g_strconcat("label:", label->key, NULL);

        r = append_detail(reply, key, label->value, bytes);
    }
    return r < 0 ? r : sd_bus_message_close_container(reply);
}

int object_row_append(sd_bus_message *reply, BusService *service, const ApiObject *object,
                      gsize *bytes)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_autofree char *path = object_row_path(object);
    g_auto(Row) row = { 0 };
    int r = sd_bus_message_open_container(reply, 'r', "sssssta{ss}o");

    if (api_object_vmi(object))
        fill_vmi(&row, service, object);
    else if (api_object_pvc(object))
        fill_pvc(&row, service, object);
    *bytes += ROW_SIZE + strlen(object->info->kind) + text_length(meta->namespace) +
              strlen(meta->name) + text_length(row.phase) + text_length(row.reason) + strlen(path);
    if (r >= 0)
        r = sd_bus_message_append(reply, "ssss", object->info->kind, meta->namespace, meta->name,
                                  row.phase);
    if (r >= 0)
        r = wire_append_text(reply, row.reason);
    if (r >= 0)
        r = sd_bus_message_append(reply, "t", created_usec(meta));
    if (r >= 0)
        r = append_details(reply, &row, meta->labels, bytes);
    if (r >= 0)
        r = sd_bus_message_append(reply, "o", path);
    return r < 0 ? r : sd_bus_message_close_container(reply);
}
