// SPDX-License-Identifier: LGPL-2.1-or-later
// See changes.h.
#include "bus/changes.h"

#define INTERVAL_MS 250

struct BusChanges {
    sd_bus *bus;
    GHashTable *dirty; // path -> interface
    guint timer;
    gint64 last_flush; // monotonic USec
};

BusChanges *bus_changes_new(sd_bus *bus)
{
    BusChanges *self = g_new0(BusChanges, 1);

    *self = (BusChanges){
        .bus = bus,
        .dirty = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .last_flush = -G_USEC_PER_SEC,
    };
    return self;
}

void bus_changes_free(BusChanges *self)
{
    if (!self)
        return;
    g_clear_handle_id(&self->timer, g_source_remove);
    g_hash_table_unref(self->dirty);
    g_free(self);
}

static gboolean on_timer(gpointer user_data)
{
    BusChanges *self = user_data;

    self->timer = 0;
    bus_changes_flush(self);
    return G_SOURCE_REMOVE;
}

void bus_changes_mark(BusChanges *self, const char *path, const char *interface)
{
    gint64 since;

    g_hash_table_replace(self->dirty, g_strdup(path), (gpointer)interface);
    if (self->timer)
        return;
    since = (g_get_monotonic_time() - self->last_flush) / 1000;
    self->timer = g_timeout_add((guint)CLAMP(INTERVAL_MS - since, 0, INTERVAL_MS), on_timer, self);
}

void bus_changes_forget(BusChanges *self, const char *path)
{
    g_hash_table_remove(self->dirty, path);
}

void bus_changes_flush(BusChanges *self)
{
    g_autoptr(GHashTable) dirty = g_steal_pointer(&self->dirty);
    GHashTableIter iter;
    gpointer path, interface;

    self->dirty = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_clear_handle_id(&self->timer, g_source_remove);
    if (g_hash_table_size(dirty) > 0)
        self->last_flush = g_get_monotonic_time();
    g_hash_table_iter_init(&iter, dirty);
    while (g_hash_table_iter_next(&iter, &path, &interface)) {
        int r = sd_bus_emit_properties_changed_strv(self->bus, path, interface, NULL);

        if (r < 0)
            g_debug("cannot announce changes of %s: %s", (char *)path, g_strerror(-r));
    }
}
