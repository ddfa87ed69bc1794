// SPDX-License-Identifier: LGPL-2.1-or-later
// Rows from the bus to a table. Which columns are shown is a table too.
#include "cli/object-list.h"

#include <string.h>

#include "api/printable.h"
#include "base/error.h"

#define ROW_TYPE "(sssssta{ss}o)"

static void object_row_free(gpointer data)
{
    ObjectRow *self = data;

    g_free(self->kind);
    g_free(self->namespace);
    g_free(self->name);
    g_free(self->phase);
    g_free(self->reason);
    g_free(self->path);
    g_clear_pointer(&self->details, g_variant_unref);
    g_free(self);
}

static ObjectRow *object_row_new(GVariant *tuple)
{
    ObjectRow *self = g_new0(ObjectRow, 1);
    guint64 created;

    g_variant_get(tuple, "(ssssst@a{ss}o)", &self->kind, &self->namespace, &self->name,
                  &self->phase, &self->reason, &created, &self->details, &self->path);
    self->created = (gint64)created;
    return self;
}

const char *object_row_detail(const ObjectRow *self, const char *key)
{
    const char *value = NULL;

    return g_variant_lookup(self->details, key, "&s", &value) ? value : NULL;
}

char *object_row_labels(const ObjectRow *self)
{
    GString *labels = g_string_new(NULL);
    GVariantIter iter;
    const char *key, *value;

    g_variant_iter_init(&iter, self->details);
    while (g_variant_iter_next(&iter, "{&s&s}", &key, &value))
        if (g_str_has_prefix(key, "label:"))
            g_string_append_printf(labels, "%s%s=%s", labels->len ? "," : "",
                                   key + strlen("label:"), value);
    return g_string_free(labels, FALSE);
}

void object_row_set_deleted(ObjectRow *self)
{
    g_free(self->phase);
    self->phase = g_strdup("Deleted");
    g_free(self->reason);
    self->reason = g_strdup("");
}

void object_row_print_name(const ObjectRow *self)
{
    g_autofree char *label = target_full_label(self->kind, self->name);
    g_autofree char *shown = api_printable(label, "");

    printf("%s\n", shown);
}

// Appends the rows of one answer, or only that of TARGET's name.
static void add_rows(GVariant *list, const Target *target, GPtrArray *rows)
{
    for (gsize i = 0; i < g_variant_n_children(list); i++) {
        g_autoptr(GVariant) tuple = g_variant_get_child_value(list, i);
        const char *name;

        g_variant_get_child(tuple, 2, "&s", &name);
        if (!target->name || strcmp(name, target->name) == 0)
            g_ptr_array_add(rows, object_row_new(tuple));
    }
}

// vmid may know why what was named is in no list: its definition could not be read.
static gboolean refuse_missing(Transport *transport, const Target *target, const Options *options,
                               GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(GVariant) late = transport_ask_manager(
        transport, "Get",
        g_variant_new("(ssss)", target->info->kind, target_namespace(target, options), target->name,
                      "json"),
        &failure);

    if (g_error_matches(failure, VMI_ERROR, VMI_ERROR_BUSY))
        g_propagate_error(error, g_steal_pointer(&failure));
    else
        // Also of one that has appeared meanwhile, and of a secret, about which this caller may not ask more.
        g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND, "there is no %s \"%s\"%s%s%s",
                    target->info->kind, target->name,
                    target->info->namespaced ? " in namespace \"" : "",
                    target->info->namespaced ? options_namespace(options) : "",
                    target->info->namespaced ? "\"" : "");
    return FALSE;
}

// One call after the other, for as long as there is more. FALSE when a call failed.
static gboolean list_target(Transport *transport, const Target *target, const Options *options,
                            GPtrArray *rows, GError **error)
{
    g_autofree char *position = g_strdup("");

    do {
        g_autoptr(GVariant) reply = transport_call_manager(
            transport, "ListPage",
            g_variant_new("(ssssu)", target->info ? target->info->kind : "",
                          target_namespace(target, options),
                          options->selector ? options->selector : "", position, 0u),
            error);
        g_autoptr(GVariant) list = NULL;

        if (!reply || !transport_check_type(reply, "(a" ROW_TYPE "s)", error))
            return FALSE;
        g_clear_pointer(&position, g_free);
        g_variant_get(reply, "(@a" ROW_TYPE "s)", &list, &position);
        add_rows(list, target, rows);
    } while (*position);
    return TRUE;
}

GPtrArray *object_list(Transport *transport, const GArray *targets, const Options *options,
                       GError **error)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(object_row_free);

    for (guint i = 0; i < targets->len; i++) {
        const Target *target = &g_array_index(targets, Target, i);
        guint before = rows->len;

        if (!list_target(transport, target, options, rows, error) ||
            (target->name && rows->len == before &&
             !refuse_missing(transport, target, options, error)))
            return NULL;
    }
    return g_steal_pointer(&rows);
}

GPtrArray *object_list_present(Transport *transport, const GArray *targets, const Options *options,
                               GError **error)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(object_row_free);

    for (guint i = 0; i < targets->len; i++)
        if (!list_target(transport, &g_array_index(targets, Target, i), options, rows, error))
            return NULL;
    return g_steal_pointer(&rows);
}

// ---- columns ----

typedef enum {
    SHOW_NAMESPACE = 1 << 0, // with -A
    SHOW_KIND = 1 << 1,      // of several kinds
    SHOW_INSTANCE = 1 << 2,  // of VMIs
    SHOW_CLAIM = 1 << 3,     // of claims
    SHOW_WIDE = 1 << 4,      // with -o wide
    SHOW_TEXT = 1 << 5,
    SHOW_JSON = 1 << 6,
    SHOW_NAME = 1 << 7,
    SHOW_FULL_NAME = 1 << 8, // with the kind before it
} Show;

typedef struct {
    const char *heading;
    guint all_of, any_of;
    const char *detail; // key in details, or
    char *(*cell)(const ObjectRow *row, gint64 now);
} ListColumn;

static char *cell_kind(const ObjectRow *row, gint64 now)
{
    return g_strdup(row->kind);
}

static char *cell_namespace(const ObjectRow *row, gint64 now)
{
    return g_strdup(row->namespace);
}

static char *cell_name(const ObjectRow *row, gint64 now)
{
    return g_strdup(row->name);
}

static char *cell_full_name(const ObjectRow *row, gint64 now)
{
    return target_full_label(row->kind, row->name);
}

static char *cell_phase(const ObjectRow *row, gint64 now)
{
    return g_strconcat(row->phase, object_row_detail(row, "paused") ? " (paused)" : "", NULL);
}

static char *cell_plain_phase(const ObjectRow *row, gint64 now)
{
    return g_strdup(row->phase);
}

static char *cell_reason(const ObjectRow *row, gint64 now)
{
    return g_strdup(row->reason);
}

static char *cell_age(const ObjectRow *row, gint64 now)
{
    return output_age(row->created, now);
}

static char *cell_created(const ObjectRow *row, gint64 now)
{
    return output_timestamp(row->created);
}

static char *cell_labels(const ObjectRow *row, gint64 now)
{
    return object_row_labels(row);
}

static const ListColumn columns[] = {
    { "KIND", 0, SHOW_KIND | SHOW_JSON, NULL, cell_kind },
    { "NAMESPACE", 0, SHOW_NAMESPACE | SHOW_JSON, NULL, cell_namespace },
    { "NAME", 0, SHOW_NAME | SHOW_JSON, NULL, cell_name },
    { "NAME", 0, SHOW_FULL_NAME, NULL, cell_full_name },
    { "PHASE", 0, SHOW_TEXT, NULL, cell_phase },
    { "PHASE", 0, SHOW_JSON, NULL, cell_plain_phase },
    { "PAUSED", SHOW_INSTANCE, SHOW_JSON, "paused" },
    { "AGE", 0, SHOW_TEXT, NULL, cell_age },
    { "CREATED", 0, SHOW_JSON, NULL, cell_created },
    { "IP", SHOW_INSTANCE, SHOW_TEXT | SHOW_JSON, "ip" },
    { "PORTS", SHOW_INSTANCE, SHOW_TEXT | SHOW_JSON, "ports" },
    { "CAPACITY", SHOW_CLAIM, SHOW_TEXT | SHOW_JSON, "capacity" },
    { "REASON", 0, SHOW_WIDE | SHOW_JSON, NULL, cell_reason },
    { "UNIT", SHOW_INSTANCE, SHOW_WIDE | SHOW_JSON, "unit" },
    { "LABELS", 0, SHOW_WIDE | SHOW_JSON, NULL, cell_labels },
};

// Whether all that is listed is of KIND.
static gboolean is_of_kind(const GArray *targets, const char *kind)
{
    for (guint i = 0; i < targets->len; i++) {
        const ApiKindInfo *info = g_array_index(targets, Target, i).info;

        if (!info || strcmp(info->kind, kind) != 0)
            return FALSE;
    }
    return TRUE;
}

static gboolean is_of_one_kind(const GArray *targets)
{
    const ApiKindInfo *first = g_array_index(targets, Target, 0).info;

    return first && is_of_kind(targets, first->kind);
}

// What is wanted, of which a column's masks select.
static guint wanted(const GArray *targets, const Options *options)
{
    guint show = options->json ? SHOW_JSON : SHOW_TEXT | SHOW_NAME;

    if (options->all_namespaces)
        show |= SHOW_NAMESPACE;
    if (!is_of_one_kind(targets))
        show |= SHOW_KIND;
    if (options->json || is_of_kind(targets, "VirtualMachineInstance"))
        show |= SHOW_INSTANCE;
    if (options->json || is_of_kind(targets, "PersistentVolumeClaim"))
        show |= SHOW_CLAIM;
    if (g_strcmp0(options->output, "wide") == 0)
        show |= SHOW_WIDE;
    return show;
}

static void fill_row(Table *table, const ObjectRow *row, const ListColumn *const *shown,
                     guint n_shown, gint64 now)
{
    table_add_row(table);
    for (guint i = 0; i < n_shown; i++) {
        if (shown[i]->cell)
            table_take(table, i, shown[i]->cell(row, now));
        else
            table_set(table, i, object_row_detail(row, shown[i]->detail));
        if (shown[i]->cell == cell_phase)
            table_set_style(table, i, output_phase_style(row->phase));
    }
}

static Table *make_table(const GPtrArray *rows, guint show, const Options *options, gint64 now,
                         const Table *headings_of)
{
    const ListColumn *shown[G_N_ELEMENTS(columns)];
    TableColumn headings[G_N_ELEMENTS(columns)] = { { NULL } };
    guint n = 0;
    Table *table;

    for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
        if ((columns[i].any_of & show) && (columns[i].all_of & show) == columns[i].all_of) {
            headings[n].heading = columns[i].heading;
            shown[n++] = &columns[i];
        }
    table = table_new("objects", options->json ? TABLE_JSON : TABLE_TEXT, headings, n);
    if (headings_of)
        table_align_with(table, headings_of);
    table_set_headings(table, !options->no_legend && !headings_of);
    for (guint i = 0; i < rows->len; i++)
        fill_row(table, rows->pdata[i], shown, n, now);
    return table;
}

Table *object_list_table(const GPtrArray *rows, const GArray *targets, const Options *options,
                         gint64 now, const Table *headings_of)
{
    return make_table(rows, wanted(targets, options), options, now, headings_of);
}

gboolean object_list_is_of_several_kinds(const GArray *targets)
{
    for (guint i = 0; i < targets->len; i++)
        if (!g_array_index(targets, Target, i).info)
            return FALSE;
    return !is_of_one_kind(targets);
}

static GPtrArray *rows_of(const GPtrArray *rows, const char *kind)
{
    GPtrArray *found = g_ptr_array_new();

    for (guint i = 0; i < rows->len; i++)
        if (strcmp(((const ObjectRow *)rows->pdata[i])->kind, kind) == 0)
            g_ptr_array_add(found, rows->pdata[i]);
    return found;
}

GPtrArray *object_list_tables(const GPtrArray *rows, const GArray *targets, const Options *options,
                              gint64 now)
{
    GPtrArray *tables = g_ptr_array_new_with_free_func((GDestroyNotify)table_free);
    g_autoptr(GHashTable) done = g_hash_table_new(NULL, NULL); // kinds

    for (guint i = 0; i < targets->len; i++) {
        const Target *target = &g_array_index(targets, Target, i);
        g_autoptr(GPtrArray) own = rows_of(rows, target->info->kind);
        g_autoptr(GArray) kind = g_array_new(FALSE, FALSE, sizeof(Target));

        if (own->len == 0 || !g_hash_table_add(done, (gpointer)target->info))
            continue;
        g_array_append_val(kind, *target);
        g_ptr_array_add(tables,
                        make_table(own, (wanted(kind, options) & ~SHOW_NAME) | SHOW_FULL_NAME,
                                   options, now, NULL));
    }
    return tables;
}
