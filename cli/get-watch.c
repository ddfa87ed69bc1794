// SPDX-License-Identifier: LGPL-2.1-or-later
// Waits for an ObjectChanged of what was asked for, or for a vmid that was restarted; then looks again and prints what differs. Signals
// say only when and where to look, never what is to be seen.
#include "cli/get-watch.h"

#include <stdio.h>
#include <string.h>

#include "api/yaml.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/object-documents.h"
#include "cli/object-list.h"

// More calls than this for one look, and one that lists is cheaper.
#define NAMED_MAX 16

// An object as it was last seen.
typedef struct {
    char *key;      // "kind/namespace/name"
    char *content;  // what is compared; of a document, its text
    ObjectRow *row; // NULL of a document; borrowed from Snapshot.rows
} Item;

typedef struct {
    GPtrArray *items;   // Item, in the order in which they are listed
    GHashTable *by_key; // borrowed from `items`
    GPtrArray *rows;    // ObjectRow; NULL with documents
} Snapshot;

typedef struct {
    Transport *transport;
    const GArray *targets;
    const Options *options;
    gboolean documents; // and not rows
    gboolean stale;     // something has happened since the last look
    gboolean restarted; // and nobody knows what
    GHashTable *named;  // char * key of what has changed -> char ** kind, namespace, name
    Snapshot *seen;     // NULL before the first look
    Table *first;       // with the headings; NULL before it
    gboolean separate;  // a YAML document was printed
} Watch;

static void item_free(gpointer data)
{
    Item *self = data;

    g_free(self->key);
    g_free(self->content);
    g_free(self);
}

static Snapshot *snapshot_new(void)
{
    Snapshot *self = g_new0(Snapshot, 1);

    self->items = g_ptr_array_new_with_free_func(item_free);
    self->by_key = g_hash_table_new(g_str_hash, g_str_equal);
    return self;
}

static void snapshot_free(Snapshot *self)
{
    if (!self)
        return;
    g_hash_table_unref(self->by_key);
    g_ptr_array_unref(self->items);
    g_clear_pointer(&self->rows, g_ptr_array_unref);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Snapshot, snapshot_free)

// Takes KEY and CONTENT. What is named twice on the command line is there once.
static void snapshot_add(Snapshot *self, char *key, char *content, ObjectRow *row)
{
    Item *item = g_new0(Item, 1);

    *item = (Item){ .key = key, .content = content, .row = row };
    if (g_hash_table_contains(self->by_key, key)) {
        item_free(item);
        return;
    }
    g_ptr_array_add(self->items, item);
    g_hash_table_insert(self->by_key, item->key, item);
}

// ---- signals ----

static gboolean is_asked_for(const Watch *self, const char *kind, const char *namespace,
                             const char *name)
{
    for (guint i = 0; i < self->targets->len; i++) {
        const Target *target = &g_array_index(self->targets, Target, i);
        const char *wanted = target_namespace(target, self->options);

        if ((!target->info || strcmp(target->info->kind, kind) == 0) &&
            (!*wanted || !*namespace || strcmp(wanted, namespace) == 0) &&
            (!target->name || strcmp(target->name, name) == 0))
            return TRUE;
    }
    return FALSE;
}

static void name_object(GHashTable *named, const char *kind, const char *namespace,
                        const char *name)
{
    const char *const words[] = { kind, namespace, name, NULL };

    g_hash_table_replace(named, g_strjoinv("/", (char **)words), g_strdupv((char **)words));
}

static int on_changed(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
    Watch *self = user_data;
    const char *kind = NULL, *namespace = NULL, *name = NULL;

    if (sd_bus_message_read(message, "sss", &kind, &namespace, &name) < 0 ||
        !is_asked_for(self, kind, namespace, name))
        return 0;
    self->stale = TRUE;
    name_object(self->named, kind, namespace, name);
    return 0;
}

// Not when vmid ends: asking would start it, against the wish of who has stopped it.
static int on_owner(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
    Watch *self = user_data;
    const char *name = NULL, *before = NULL, *now = NULL;

    if (sd_bus_message_read(message, "sss", &name, &before, &now) >= 0 && *now)
        self->stale = self->restarted = TRUE;
    return 0;
}

// Before the first look, so that what changes after it is heard.
static gboolean subscribe(Watch *self, GError **error)
{
    return transport_subscribe(self->transport,
                               "type='signal',sender='" CLI_BUS_NAME
                               "',interface='" CLI_MANAGER_INTERFACE "',member='ObjectChanged'",
                               on_changed, self, error) &&
           transport_subscribe(self->transport,
                               "type='signal',sender='org.freedesktop.DBus',"
                               "member='NameOwnerChanged',arg0='" CLI_BUS_NAME "'",
                               on_owner, self, error);
}

// ---- looking ----

// Everything that a table may show of it, except its age.
static char *row_content(const ObjectRow *row)
{
    g_autofree char *details = g_variant_print(row->details, FALSE);

    return g_strdup_printf("%s\n%s\n%" G_GINT64_FORMAT "\n%s", row->phase, row->reason,
                           row->created, details);
}

static Snapshot *look_at_rows(const Watch *self, GError **error)
{
    g_autoptr(Snapshot) snapshot = snapshot_new();

    snapshot->rows = (self->seen ? object_list_present : object_list)(
        self->transport, self->targets, self->options, error);
    if (!snapshot->rows)
        return NULL;
    for (guint i = 0; i < snapshot->rows->len; i++) {
        ObjectRow *row = snapshot->rows->pdata[i];

        snapshot_add(snapshot, g_strjoin("/", row->kind, row->namespace, row->name, NULL),
                     row_content(row), row);
    }
    return g_steal_pointer(&snapshot);
}

static const char *text_of(const ApiNode *map, const char *key)
{
    const ApiNode *node = map ? api_node_get(map, key) : NULL;

    return node && node->kind == API_NODE_SCALAR ? node->text : "";
}

static void add_document(const char *document, gpointer user_data)
{
    g_autoptr(ApiFindings) findings = api_findings_new("-");
    g_autoptr(GPtrArray) roots = api_yaml_parse(document, strlen(document), findings);
    const ApiNode *root = roots && roots->len > 0 ? roots->pdata[0] : NULL;
    const ApiNode *meta = root ? api_node_get(root, "metadata") : NULL;

    snapshot_add(user_data,
                 g_strjoin("/", text_of(root, "kind"), text_of(meta, "namespace"),
                           text_of(meta, "name"), NULL),
                 g_strdup(document), NULL);
}

// Looks only at what was named: vmid prints no thousand documents because one has changed.
static Snapshot *look_at_named(const Watch *self, GError **error)
{
    g_autoptr(Snapshot) snapshot = snapshot_new();
    GHashTableIter iter;
    gpointer words;

    for (guint i = 0; i < self->seen->items->len; i++) {
        const Item *item = self->seen->items->pdata[i];

        if (!g_hash_table_contains(self->named, item->key))
            snapshot_add(snapshot, g_strdup(item->key), g_strdup(item->content), NULL);
    }
    g_hash_table_iter_init(&iter, self->named);
    while (g_hash_table_iter_next(&iter, NULL, &words)) {
        char **word = words;
        g_autoptr(GError) failure = NULL;
        g_autofree char *document = object_document(self->transport, word[0], word[1], word[2],
                                                    self->options->output, &failure);

        if (document) {
            add_document(document, snapshot);
        } else if (!g_error_matches(failure, VMI_ERROR, VMI_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return NULL;
        }
    }
    return g_steal_pointer(&snapshot);
}

// Whether the selector still matches is for vmid to say, of all at once.
static gboolean can_look_at_named(const Watch *self)
{
    return self->seen && !self->restarted && !self->options->selector &&
           g_hash_table_size(self->named) <= NAMED_MAX;
}

static Snapshot *look_at_documents(const Watch *self, GError **error)
{
    g_autoptr(Snapshot) snapshot = NULL;

    if (can_look_at_named(self))
        return look_at_named(self, error);
    snapshot = snapshot_new();

    if (!(self->seen ? object_documents_present : object_documents)(
            self->transport, self->targets, self->options, add_document, snapshot, error))
        return NULL;
    return g_steal_pointer(&snapshot);
}

// ---- printing ----

static void print_rows(Watch *self, const GPtrArray *items)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    g_autoptr(Table) table = NULL;

    for (guint i = 0; i < items->len; i++)
        g_ptr_array_add(rows, ((const Item *)items->pdata[i])->row);
    table = object_list_table(rows, self->targets, self->options, g_get_real_time(), self->first);
    table_print(table);
    if (!self->first && rows->len > 0 && !self->options->json)
        self->first = g_steal_pointer(&table);
}

static void print_names(const GPtrArray *items)
{
    for (guint i = 0; i < items->len; i++)
        object_row_print_name(((const Item *)items->pdata[i])->row);
}

static void print_documents(Watch *self, const GPtrArray *items)
{
    gboolean yaml = strcmp(self->options->output, "yaml") == 0;

    for (guint i = 0; i < items->len; i++) {
        if (yaml && self->separate)
            printf("---\n");
        self->separate = TRUE;
        object_document_print(((const Item *)items->pdata[i])->content);
    }
}

static gboolean print(Watch *self, const GPtrArray *items, GError **error)
{
    if (self->documents)
        print_documents(self, items);
    else if (g_strcmp0(self->options->output, "name") == 0)
        print_names(items);
    else
        print_rows(self, items);
    if (fflush(stdout) == 0)
        return TRUE;
    g_set_error_literal(error, CLI_ERROR, CLI_EXIT_FAILED, "could not write to standard output");
    return FALSE;
}

// Those of NOW that differ from what was seen; then those that are gone, as they were last seen. Borrowed from both.
static GPtrArray *differences(const Watch *self, const Snapshot *now)
{
    GPtrArray *items = g_ptr_array_new();

    for (guint i = 0; i < now->items->len; i++) {
        Item *item = now->items->pdata[i];
        const Item *before = self->seen ? g_hash_table_lookup(self->seen->by_key, item->key) : NULL;

        if (!before || strcmp(before->content, item->content) != 0)
            g_ptr_array_add(items, item);
    }
    for (guint i = 0; self->seen && i < self->seen->items->len; i++) {
        Item *item = self->seen->items->pdata[i];

        if (g_hash_table_contains(now->by_key, item->key))
            continue;
        if (item->row)
            object_row_set_deleted(item->row);
        g_ptr_array_add(items, item);
    }
    return items;
}

// Looks, and prints what differs from what was seen.
static gboolean look(Watch *self, GError **error)
{
    g_autoptr(Snapshot) now =
        self->documents ? look_at_documents(self, error) : look_at_rows(self, error);
    g_autoptr(GPtrArray) items = NULL;

    if (!now)
        return FALSE;
    items = differences(self, now);
    if ((items->len > 0 || !self->seen) && !print(self, items, error))
        return FALSE;
    snapshot_free(self->seen);
    self->seen = g_steal_pointer(&now);
    self->restarted = FALSE;
    g_hash_table_remove_all(self->named);
    return TRUE;
}

// A vmid that ends while it is asked is one that a signal of its next owner follows.
static gboolean look_again(Watch *self, GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (look(self, &failure))
        return TRUE;
    if (self->seen && g_error_matches(failure, CLI_ERROR, CLI_EXIT_UNREACHABLE))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean watch_loop(Watch *self, GError **error)
{
    for (;;) {
        if (self->stale) {
            self->stale = FALSE;
            if (!look_again(self, error))
                return FALSE;
        }
        if (transport_wait(self->transport, -1, error) == TRANSPORT_FAILED)
            return FALSE;
    }
}

gboolean get_watch(Transport *transport, const GArray *targets, const Options *options,
                   GError **error)
{
    Watch watch = {
        .transport = transport,
        .targets = targets,
        .options = options,
        .documents = options->output &&
                     (strcmp(options->output, "json") == 0 || strcmp(options->output, "yaml") == 0),
        .stale = TRUE,
    };
    gboolean ok;

    watch.named =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_strfreev);
    ok = subscribe(&watch, error) && watch_loop(&watch, error);
    g_hash_table_unref(watch.named);
    snapshot_free(watch.seen);
    g_clear_pointer(&watch.first, table_free);
    return ok;
}
