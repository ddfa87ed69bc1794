// SPDX-License-Identifier: LGPL-2.1-or-later
// See object-row.h. Phase and details are the kind's, as the manager knows it.
#include "bus/object-row.h"

#include <string.h>

#include "bus/service-internal.h"

// Of a row but for its texts: their lengths and ends, padding.
#define ROW_SIZE 96

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

    static const struct {
        const char *kind, *prefix;
    } rows[] = {
        { "VirtualMachineInstance", BUS_INSTANCES },
        { "PersistentVolumeClaim", BUS_VOLUMES },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (g_str_equal(rows[i].kind, object->info->kind))
            return object_path_of(rows[i].prefix, meta->namespace, meta->name);
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

static int append_details(sd_bus_message *reply, const ManagerRow *row, const GPtrArray *labels,
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
    g_auto(ManagerRow) row = { 0 };
    int r = sd_bus_message_open_container(reply, 'r', "sssssta{ss}o");

    manager_describe(service->manager, object, &row);
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
