// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl get: a table, names, or the manifests as vmid keeps them.
#include <stdio.h>
#include <string.h>

#include "api/printable.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/get-watch.h"
#include "cli/object-list.h"
#include "cli/verbs.h"

// The manifest of one object, or with an empty name of all of a kind.
static char *get_manifest(Transport *transport, const char *kind, const char *namespace,
                          const char *name, const char *format, GError **error)
{
    g_autoptr(GVariant) reply = transport_call_manager(
        transport, "Get", g_variant_new("(ssss)", kind, namespace, name, format), error);
    char *manifest = NULL;

    if (reply)
        g_variant_get(reply, "(s)", &manifest);
    return manifest;
}

// Each row's object, joined to one List.
static char *get_rows(Transport *transport, const GPtrArray *rows, const char *format,
                      GError **error)
{
    g_autoptr(GPtrArray) objects = g_ptr_array_new_with_free_func((GDestroyNotify)api_object_free);

    for (guint i = 0; i < rows->len; i++) {
        const ObjectRow *row = rows->pdata[i];
        g_autoptr(ApiFindings) findings = api_findings_new(row->name);
        g_autoptr(GPtrArray) parsed = NULL;
        g_autofree char *manifest =
            get_manifest(transport, row->kind, row->namespace, row->name, "json", error);

        if (!manifest)
            return NULL;
        parsed = api_manifest_parse_own(manifest, strlen(manifest), findings);
        if (!api_findings_to_error(findings, error))
            return NULL;
        g_ptr_array_extend_and_steal(objects, g_steal_pointer(&parsed));
    }
    return api_list_print(objects, strcmp(format, "json") == 0 ? API_FORMAT_JSON : API_FORMAT_YAML);
}

static gboolean print_manifests(Transport *transport, const GArray *targets, const Options *options,
                                GError **error)
{
    const Target *first = &g_array_index(targets, Target, 0);
    g_autoptr(GPtrArray) rows = NULL;
    g_autofree char *text = NULL;

    if (targets->len == 1 && first->info && (first->name || !options->selector)) {
        text = get_manifest(transport, first->info->kind, target_namespace(first, options),
                            first->name ? first->name : "", options->output, error);
    } else {
        rows = object_list(transport, targets, options, error);
        if (rows)
            text = get_rows(transport, rows, options->output, error);
    }
    if (text) {
        g_autofree char *shown = api_printable(text, "\n\t");

        printf("%s%s", shown, g_str_has_suffix(shown, "\n") ? "" : "\n");
    }
    return text != NULL;
}

static gboolean print_names(Transport *transport, const GArray *targets, const Options *options,
                            GError **error)
{
    g_autoptr(GPtrArray) rows = object_list(transport, targets, options, error);

    for (guint i = 0; rows && i < rows->len; i++) {
        const ObjectRow *row = rows->pdata[i];
        g_autofree char *label = target_full_label(row->kind, row->name);
        g_autofree char *shown = api_printable(label, "");

        printf("%s\n", shown);
    }
    return rows != NULL;
}

static gboolean print_table(Transport *transport, const GArray *targets, const Options *options,
                            GError **error)
{
    g_autoptr(GPtrArray) rows = object_list(transport, targets, options, error);
    g_autoptr(Table) table = NULL;

    if (!rows)
        return FALSE;
    table = object_list_table(rows, targets, options, g_get_real_time(), NULL);
    table_print(table);
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
    if (options->watch && (print != print_table || options->json)) {
        cli_set_usage_error(error, "--watch prints tables only; drop --json and --output %s",
                            options->output ? options->output : "");
        return FALSE;
    }
    transport = transport_open(options, error);
    if (!transport)
        return FALSE;
    return options->watch ? get_watch(transport, targets, options, error)
                          : print(transport, targets, options, error);
}
