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

static char *get_manifest(Transport *transport, const char *kind, const char *namespace,
                          const char *name, const char *format, GError **error)
{
    g_autoptr(GVariant) reply = transport_call_manager(
        transport, "Get", g_variant_new("(ssss)", kind, namespace, name, format), error);
    char *manifest = NULL;

    if (reply && transport_check_type(reply, "(s)", error))
        g_variant_get(reply, "(s)", &manifest);
    return manifest;
}

// The text that becomes a List, and how it is got.
typedef struct {
    Transport *transport;
    const Options *options;
    ApiFormat format;
    GString *list;
} Listing;

// All objects of a kind, one call after the other for as long as there are more.
static gboolean add_kind(Listing *self, const char *kind, const char *namespace, GError **error)
{
    const char *selector = self->options->selector ? self->options->selector : "";
    g_autofree char *position = g_strdup("");

    do {
        g_autoptr(GVariant) reply =
            transport_call_manager(self->transport, "GetPage",
                                   g_variant_new("(sssssu)", kind, namespace, selector,
                                                 self->options->output, position, 0u),
                                   error);
        g_autoptr(GVariantIter) manifests = NULL;
        const char *manifest;

        if (!reply || !transport_check_type(reply, "(ass)", error))
            return FALSE;
        g_clear_pointer(&position, g_free);
        g_variant_get(reply, "(ass)", &manifests, &position);
        while (g_variant_iter_next(manifests, "&s", &manifest))
            api_list_add_printed(self->list, manifest, self->format);
    } while (*position);
    return TRUE;
}

// Only of kinds that are there: reading Secrets takes a permission of its own.
static gboolean add_all_kinds(Listing *self, const GArray *targets, GError **error)
{
    g_autoptr(GPtrArray) rows = object_list(self->transport, targets, self->options, error);
    const char *kind = "";

    for (guint i = 0; rows && i < rows->len; i++) {
        const ObjectRow *row = rows->pdata[i];
        const Target target = { .info = api_kind_find(row->kind) };

        if (strcmp(row->kind, kind) == 0)
            continue; // sorted by kind
        kind = row->kind;
        if (!add_kind(self, kind, target_namespace(&target, self->options), error))
            return FALSE;
    }
    return rows != NULL;
}

static gboolean add_target(Listing *self, const Target *target, GError **error)
{
    const char *namespace = target_namespace(target, self->options);
    g_autofree char *manifest = NULL;

    if (!target->name)
        return add_kind(self, target->info->kind, namespace, error);
    manifest = get_manifest(self->transport, target->info->kind, namespace, target->name,
                            self->options->output, error);
    if (manifest)
        api_list_add_printed(self->list, manifest, self->format);
    return manifest != NULL;
}

static char *get_list(Transport *transport, const GArray *targets, const Options *options,
                      GError **error)
{
    g_autoptr(GString) list = g_string_new(NULL);
    Listing self = {
        .transport = transport,
        .options = options,
        .format = strcmp(options->output, "json") == 0 ? API_FORMAT_JSON : API_FORMAT_YAML,
        .list = list,
    };

    if (!g_array_index(targets, Target, 0).info && !add_all_kinds(&self, targets, error))
        return NULL;
    for (guint i = 0; i < targets->len; i++) {
        const Target *target = &g_array_index(targets, Target, i);

        if (target->info && !add_target(&self, target, error))
            return NULL;
    }
    api_list_end_printed(list, self.format);
    return g_string_free(g_steal_pointer(&list), FALSE);
}

static gboolean print_manifests(Transport *transport, const GArray *targets, const Options *options,
                                GError **error)
{
    const Target *first = &g_array_index(targets, Target, 0);
    g_autofree char *text =
        targets->len == 1 && first->name
            ? get_manifest(transport, first->info->kind, target_namespace(first, options),
                           first->name, options->output, error)
            : get_list(transport, targets, options, error);

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
