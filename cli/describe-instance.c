// SPDX-License-Identifier: LGPL-2.1-or-later
// A guest: every property of org.example.Vmi1.Instance that says something, in sections.
#include <stdio.h>

#include "api/printable.h"
#include "cli/cli.h"
#include "cli/describe.h"

static const char *lookup_string(GVariant *properties, const char *name)
{
    const char *value = NULL;

    return g_variant_lookup(properties, name, "&s", &value) ? value : "";
}

// A property of TYPE, or an empty array of it.
static GVariant *lookup_rows(GVariant *properties, const char *name, const char *type)
{
    GVariant *rows = g_variant_lookup_value(properties, name, G_VARIANT_TYPE(type));

    return rows ? rows : g_variant_ref_sink(g_variant_new_array(G_VARIANT_TYPE(type + 1), NULL, 0));
}

// "TIME; AGE ago".
static char *format_since(guint64 usec)
{
    g_autofree char *time = output_time((gint64)usec);
    g_autofree char *age = output_age((gint64)usec, g_get_real_time());

    return g_strdup_printf("since %s; %s ago", time, age);
}

static void print_phase(GVariant *properties)
{
    const char *phase = lookup_string(properties, "Phase");
    const char *message = lookup_string(properties, "Message");
    const char *reason = lookup_string(properties, "Reason");
    g_autofree char *line = NULL;
    g_autofree char *why = NULL;
    g_autofree char *phase_since = NULL;
    g_autofree char *paused_since = NULL;
    gboolean paused = FALSE;
    guint64 since = 0;

    (void)g_variant_lookup(properties, "Paused", "b", &paused);
    if (g_variant_lookup(properties, "PhaseSinceUSec", "t", &since) && since)
        phase_since = format_since(since);
    if (g_variant_lookup(properties, "PausedSinceUSec", "t", &since) && since)
        paused_since = format_since(since);
    line = g_strdup_printf("%s%s%s%s%s%s", output_begin(output_phase_style(phase)), phase,
                           paused ? " (paused)" : "", output_end(), phase_since ? " " : "",
                           phase_since ? phase_since : "");
    why = g_strdup_printf("%s%s%s", reason, *reason && *message ? ": " : "", message);
    describe_line("Phase", line);
    describe_line("Paused", paused_since);
    describe_line("Why", why);
}

static void print_process(GVariant *properties)
{
    const char *unit = lookup_string(properties, "Unit");
    g_autofree char *leader = NULL;
    guint32 pid = 0, user = 0;

    (void)g_variant_lookup(properties, "Leader", "u", &pid);
    (void)g_variant_lookup(properties, "RuntimeUser", "u", &user);
    if (pid)
        leader = g_strdup_printf("%u, as user %u", pid, user);
    describe_line("Machine", lookup_string(properties, "MachineType"));
    describe_line("Scope", unit);
    describe_line("QEMU", leader);
    describe_line("Uid", lookup_string(properties, "Uid"));
}

static void print_volumes(GVariant *properties)
{
    static const TableColumn columns[] = {
        { "VOLUME" }, { "TARGET" }, { "BUS" }, { "IOTHREAD", TRUE }, { "WHERE" },
    };
    g_autoptr(GVariant) rows = lookup_rows(properties, "Volumes", "a(sssus)");
    g_autoptr(Table) table = table_new("volumes", TABLE_TEXT, columns, G_N_ELEMENTS(columns));
    const char *volume, *target, *bus, *where;
    guint32 iothread;
    GVariantIter iter;

    g_variant_iter_init(&iter, rows);
    while (g_variant_iter_next(&iter, "(&s&s&su&s)", &volume, &target, &bus, &iothread, &where)) {
        table_add_row(table);
        table_set(table, 0, volume);
        table_set(table, 1, target);
        table_set(table, 2, bus);
        table_take(table, 3, iothread ? g_strdup_printf("%u", iothread) : g_strdup("main"));
        table_set(table, 4, where);
    }
    if (table_rows(table) == 0)
        return;
    describe_title("Volumes");
    table_set_indent(table, "  ");
    table_print(table);
}

static void print_iothreads(GVariant *properties)
{
    static const TableColumn columns[] = {
        { "IOTHREAD", TRUE }, { "TID", TRUE }, { "PLANNED CPUS" }, { "ACTUAL CPUS" }, { "" },
    };
    g_autoptr(GVariant) rows = lookup_rows(properties, "IOThreads", "a(uuauau)");
    g_autoptr(Table) table = table_new("iothreads", TABLE_TEXT, columns, G_N_ELEMENTS(columns));

    for (gsize i = 0; i < g_variant_n_children(rows); i++) {
        g_autoptr(GVariant) row = g_variant_get_child_value(rows, i);
        g_autoptr(GVariant) planned = NULL;
        g_autoptr(GVariant) actual = NULL;
        guint32 id, tid;
        gboolean differs;

        g_variant_get(row, "(uu@au@au)", &id, &tid, &planned, &actual);
        differs = g_variant_n_children(planned) > 0 && !g_variant_equal(planned, actual);
        table_add_row(table);
        table_take(table, 0, g_strdup_printf("%u", id));
        table_take(table, 1, tid ? g_strdup_printf("%u", tid) : NULL);
        table_take(table, 2, output_cpus(planned));
        table_take(table, 3, tid ? output_cpus(actual) : NULL);
        table_set(table, 4, tid && differs ? "differs" : " ");
        table_set_style(table, 4, OUTPUT_BAD);
    }
    if (table_rows(table) == 0)
        return;
    describe_title("IOThreads");
    table_set_indent(table, "  ");
    table_print(table);
}

static void print_forwards(GVariant *properties)
{
    g_autoptr(GVariant) rows = lookup_rows(properties, "Forwards", "a(ssqq)");
    const char *protocol, *address;
    guint16 host, guest;
    GVariantIter iter;

    if (g_variant_n_children(rows) > 0)
        describe_title("Forwarded ports");
    g_variant_iter_init(&iter, rows);
    while (g_variant_iter_next(&iter, "(&s&sqq)", &protocol, &address, &host, &guest))
        printf("  %s:%u -> %u/%s\n", address, host, guest, protocol);
}

static void print_warnings(GVariant *properties)
{
    g_autoptr(GVariant) rows = lookup_rows(properties, "Warnings", "as");
    const char *warning;
    GVariantIter iter;

    if (g_variant_n_children(rows) > 0)
        describe_title("Warnings");
    g_variant_iter_init(&iter, rows);
    while (g_variant_iter_next(&iter, "&s", &warning)) {
        g_autofree char *shown = api_printable(warning, "");

        printf("  %s%s%s\n", output_begin(OUTPUT_WAITING), shown, output_end());
    }
}

// "5s", or "5s (x3 over 2m)" as kubectl has it.
static char *event_age(gint64 last, gint64 first, guint count, gint64 now)
{
    g_autofree char *age = output_age(last, now);
    g_autofree char *over = output_age(first, now);

    return count > 1 ? g_strdup_printf("%s (x%u over %s)", age, count, over)
                     : g_steal_pointer(&age);
}

static void print_events(GVariant *properties)
{
    static const TableColumn columns[] = { { "AGE" }, { "TYPE" }, { "REASON" }, { "MESSAGE" } };
    g_autoptr(GVariant) rows = lookup_rows(properties, "Events", "a(tsssut)");
    g_autoptr(Table) table = table_new("events", TABLE_TEXT, columns, G_N_ELEMENTS(columns));
    const char *type, *reason, *message;
    gint64 now = g_get_real_time();
    guint64 last, first;
    guint32 count;
    GVariantIter iter;

    g_variant_iter_init(&iter, rows);
    while (g_variant_iter_next(&iter, "(t&s&s&sut)", &last, &type, &reason, &message, &count,
                               &first)) {
        table_add_row(table);
        table_take(table, 0, event_age((gint64)last, (gint64)first, count, now));
        table_set(table, 1, type);
        table_set(table, 2, reason);
        table_set(table, 3, message);
        table_set_style(table, 1, g_str_equal(type, "Warning") ? OUTPUT_WAITING : OUTPUT_NORMAL);
    }
    if (table_rows(table) == 0)
        return;
    describe_title("Events");
    table_set_indent(table, "  ");
    table_print(table);
}

gboolean describe_instance(Transport *transport, const ObjectRow *row, GError **error)
{
    g_autoptr(GVariant) properties =
        transport_properties(transport, row->path, CLI_INSTANCE_INTERFACE, error);

    if (!properties)
        return FALSE;
    print_phase(properties);
    print_process(properties);
    print_volumes(properties);
    print_iothreads(properties);
    print_forwards(properties);
    print_warnings(properties);
    print_events(properties);
    return TRUE;
}
