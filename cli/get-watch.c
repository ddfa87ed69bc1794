// SPDX-License-Identifier: LGPL-2.1-or-later
// Waits for any signal that vmid sends about its objects, lists again, and prints the rows that differ.
#include "cli/get-watch.h"

#include <string.h>

#include "cli/cli.h"

typedef struct {
    gboolean stale;    // something happened since the last list
    GHashTable *known; // "kind/namespace/name" -> what was last printed of it
} Watch;

static int on_signal(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
    ((Watch *)user_data)->stale = TRUE;
    return 0;
}

static gboolean subscribe(Watch *self, Transport *transport, GError **error)
{
    static const char *const rules[] = {
        "type='signal',sender='" CLI_BUS_NAME "',interface='org.freedesktop.DBus.Properties',"
        "path_namespace='" CLI_ROOT_PATH "'",
        "type='signal',sender='" CLI_BUS_NAME "',interface='org.freedesktop.DBus.ObjectManager'",
        "type='signal',sender='" CLI_BUS_NAME "',interface='" CLI_MANAGER_INTERFACE "'",
        "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" CLI_BUS_NAME
        "'",
    };

    for (guint i = 0; i < G_N_ELEMENTS(rules); i++)
        if (!transport_subscribe(transport, rules[i], on_signal, self, error))
            return FALSE;
    return TRUE;
}

static char *row_key(const ObjectRow *row)
{
    return g_strdup_printf("%s/%s/%s", row->kind, row->namespace, row->name);
}

// Everything that a table may show of it, except its age.
static char *row_content(const ObjectRow *row)
{
    g_autofree char *details = g_variant_print(row->details, FALSE);

    return g_strdup_printf("%s\n%s\n%" G_GINT64_FORMAT "\n%s", row->phase, row->reason,
                           row->created, details);
}

// Those of ROWS that differ from what was printed; remembers them. An object that is gone is forgotten and not
// printed again: its end was a phase before.
static GPtrArray *changed_rows(Watch *self, const GPtrArray *rows)
{
    GPtrArray *changed = g_ptr_array_new();
    g_autoptr(GHashTable) now = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    for (guint i = 0; i < rows->len; i++) {
        g_autofree char *key = row_key(rows->pdata[i]);
        g_autofree char *content = row_content(rows->pdata[i]);

        if (g_strcmp0(g_hash_table_lookup(self->known, key), content) != 0)
            g_ptr_array_add(changed, rows->pdata[i]);
        g_hash_table_replace(now, g_steal_pointer(&key), g_steal_pointer(&content));
    }
    g_hash_table_unref(self->known);
    self->known = g_steal_pointer(&now);
    return changed;
}

static gboolean watch_loop(Watch *self, Transport *transport, const GArray *targets,
                           const Options *options, GError **error)
{
    g_autoptr(Table) first = NULL;

    for (;;) {
        if (self->stale) {
            g_autoptr(GPtrArray) rows = NULL;
            g_autoptr(GPtrArray) changed = NULL;
            g_autoptr(Table) table = NULL;

            self->stale = FALSE;
            rows = object_list(transport, targets, options, error);
            if (!rows)
                return FALSE;
            changed = changed_rows(self, rows);
            table = object_list_table(changed, targets, options, g_get_real_time(), first);
            table_print(table);
            if (!first && changed->len > 0)
                first = g_steal_pointer(&table);
        }
        if (transport_wait(transport, -1, error) == TRANSPORT_FAILED)
            return FALSE;
    }
}

gboolean get_watch(Transport *transport, const GArray *targets, const Options *options,
                   GError **error)
{
    Watch watch = { .stale = TRUE };
    gboolean ok;

    watch.known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    ok = subscribe(&watch, transport, error) &&
         watch_loop(&watch, transport, targets, options, error);
    g_hash_table_unref(watch.known);
    return ok;
}
