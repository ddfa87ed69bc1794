// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl get: a table, names, or the manifests as vmid keeps them.
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/get-watch.h"
#include "cli/object-documents.h"
#include "cli/object-list.h"
#include "cli/verbs.h"

// The text that becomes a List.
typedef struct {
    ApiFormat format;
    GString *text;
} Listing;

static void add_document(const char *document, gpointer user_data)
{
    Listing *self = user_data;

    api_list_add_printed(self->text, document, self->format);
}

static char *get_list(Transport *transport, const GArray *targets, const Options *options,
                      GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Listing list = {
        .format = strcmp(options->output, "json") == 0 ? API_FORMAT_JSON : API_FORMAT_YAML,
        .text = text,
    };

    if (!object_documents(transport, targets, options, add_document, &list, error))
        return NULL;
    api_list_end_printed(text, list.format);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static gboolean print_manifests(Transport *transport, const GArray *targets, const Options *options,
                                GError **error)
{
    const Target *first = &g_array_index(targets, Target, 0);
    g_autofree char *text =
        targets->len == 1 && first->name
            ? object_document(transport, first->info->kind, target_namespace(first, options),
                              first->name, options->output, error)
            : get_list(transport, targets, options, error);

    if (text)
        object_document_print(text);
    return text != NULL;
}

static gboolean print_names(Transport *transport, const GArray *targets, const Options *options,
                            GError **error)
{
    g_autoptr(GPtrArray) rows = object_list(transport, targets, options, error);

    for (guint i = 0; rows && i < rows->len; i++)
        object_row_print_name(rows->pdata[i]);
    return rows != NULL;
}

// As kubectl has it: each kind has its own columns.
static void print_tables(const GPtrArray *rows, const GArray *targets, const Options *options)
{
    g_autoptr(GPtrArray) tables = object_list_tables(rows, targets, options, g_get_real_time());

    for (guint i = 0; i < tables->len; i++) {
        if (i > 0)
            printf("\n");
        table_print(tables->pdata[i]);
    }
}

static gboolean print_table(Transport *transport, const GArray *targets, const Options *options,
                            GError **error)
{
    g_autoptr(GPtrArray) rows = object_list(transport, targets, options, error);
    g_autoptr(Table) table = NULL;

    if (!rows)
        return FALSE;
    if (!options->json && object_list_is_of_several_kinds(targets)) {
        print_tables(rows, targets, options);
    } else {
        table = object_list_table(rows, targets, options, g_get_real_time(), NULL);
        table_print(table);
    }
    if (rows->len == 0 && !options->json)
        fprintf(stderr, "There are no such objects.\n");
    return TRUE;
}

typedef gboolean (*Print)(Transport *, const GArray *, const Options *, GError **);

static Print find_print(const Options *options, GError **error)
{
    static const struct {
        const char *output;
        Print print;
    } rows[] = {
        { "wide", print_table },
        { "yaml", print_manifests },
        { "json", print_manifests },
        { "name", print_names },
    };

    if (!options->output)
        return print_table;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].output, options->output) == 0)
            return rows[i].print;
    cli_set_usage_error(error,
                        "unknown output format \"%s\"; wide, yaml, json and name are formats",
                        options->output);
    return NULL;
}

gboolean verb_get(const Verb *verb, const Options *options, char **args, GError **error)
{
    g_autoptr(GArray) targets = targets_parse(args, error);
    Print print = targets ? find_print(options, error) : NULL;
    g_autoptr(Transport) transport = NULL;

    if (!print)
        return FALSE;
    transport = transport_open(options, error);
    if (!transport)
        return FALSE;
    return options->watch ? get_watch(transport, targets, options, error)
                          : print(transport, targets, options, error);
}
