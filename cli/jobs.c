// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl jobs: what vmid is doing now.
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/transport.h"
#include "cli/verbs.h"

static const TableColumn columns[] = {
    { "JOB", TRUE }, { "TYPE" }, { "OBJECT" }, { "STATE" }, { "STEP" }
};

// "/org/example/Vmi1/instance/default/web_2d1" -> "default/web-1"
static char *object_name(const char *path)
{
    g_autofree char *namespace = NULL;
    g_autofree char *name = NULL;

    if (sd_bus_path_decode_many(path, CLI_ROOT_PATH "/instance/%/%", &namespace, &name) > 0) {
        g_autofree char *joined = g_strdup_printf("%s/%s", namespace, name);

        return g_steal_pointer(&joined);
    }
    return g_strdup(path);
}

static char *job_step(Transport *transport, const char *job)
{
    g_autoptr(GVariant) properties = transport_properties(transport, job, CLI_JOB_INTERFACE, NULL);
    const char *step = "";
    guint number = 0, total = 0;

    if (!properties || !g_variant_lookup(properties, "Step", "&s", &step) || !*step)
        return NULL;
    (void)g_variant_lookup(properties, "StepNumber", "u", &number);
    (void)g_variant_lookup(properties, "StepTotal", "u", &total);
    return total ? g_strdup_printf("%s (%u/%u)", step, number, total) : g_strdup(step);
}

static void add_row(Table *table, Transport *transport, GVariant *row)
{
    const char *type, *object, *state, *job;
    guint id;

    g_variant_get(row, "(u&s&o&s&o)", &id, &type, &object, &state, &job);
    table_add_row(table);
    table_take(table, 0, g_strdup_printf("%u", id));
    table_set(table, 1, type);
    table_take(table, 2, object_name(object));
    table_set(table, 3, state);
    table_take(table, 4, job_step(transport, job));
}

gboolean verb_jobs(const Verb *verb, const Options *options, char **args, GError **error)
{
    g_autoptr(Transport) transport = transport_open(options, error);
    g_autoptr(GVariant) reply = NULL;
    g_autoptr(GVariant) rows = NULL;
    g_autoptr(Table) table = NULL;

    if (!transport)
        return FALSE;
    reply = transport_call_manager(transport, "ListJobs", NULL, error);
    if (!reply)
        return FALSE;
    if (!g_variant_is_of_type(reply, G_VARIANT_TYPE("(a(usoso))"))) {
        g_set_error_literal(error, VMI_ERROR, VMI_ERROR_FAILED,
                            "vmid gave an answer of another version");
        return FALSE;
    }
    rows = g_variant_get_child_value(reply, 0);
    table =
        table_new("jobs", options->json ? TABLE_JSON : TABLE_TEXT, columns, G_N_ELEMENTS(columns));
    table_set_headings(table, !options->no_legend);
    for (gsize i = 0; i < g_variant_n_children(rows); i++) {
        g_autoptr(GVariant) row = g_variant_get_child_value(rows, i);

        add_row(table, transport, row);
    }
    table_print(table);
    if (table_rows(table) == 0 && !options->json)
        fprintf(stderr, "There are no jobs.\n");
    return TRUE;
}
