// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl describe: the lines that every kind has, then the kind's own sections.
#include "cli/describe.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"

// The kinds that know more about themselves than a row says.
static gboolean describe_kind(Transport *transport, const ObjectRow *row, GError **error)
{
    static const struct {
        const char *kind;
        gboolean (*describe)(Transport *, const ObjectRow *, GError **);
    } kinds[] = {
        { "VirtualMachineInstance", describe_instance },
        { "PersistentVolumeClaim", describe_volume },
    };

    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kinds[i].kind, row->kind) == 0 && strcmp(row->path, "/") != 0)
            return kinds[i].describe(transport, row, error);
    describe_line("Phase", row->phase);
    describe_line("Reason", row->reason);
    return TRUE;
}

static gboolean describe_row(Transport *transport, const ObjectRow *row, GError **error)
{
    g_autofree char *label = target_label(row->kind, row->name);
    g_autofree char *created = output_time(row->created);
    g_autofree char *age = output_age(row->created, g_get_real_time());
    g_autofree char *labels = object_row_labels(row);
    g_autofree char *since = g_strdup_printf("%s; %s ago", created, age);
    OutputStyle style = output_phase_style(row->phase);

    printf("%s●%s %s%s%s", output_begin(style), output_end(), output_begin(OUTPUT_STRONG), label,
           output_end());
    printf(*row->namespace ? " in namespace %s\n" : "%s\n", row->namespace);
    describe_line("Created", row->created ? since : NULL);
    describe_line("Labels", labels);
    return describe_kind(transport, row, error);
}

gboolean verb_describe(const Verb *verb, const Options *options, char **args, GError **error)
{
    g_autoptr(GArray) targets = targets_parse(args, error);
    g_autoptr(Transport) transport = NULL;
    g_autoptr(GPtrArray) rows = NULL;

    if (!targets)
        return FALSE;
    transport = transport_open(options, error);
    if (!transport)
        return FALSE;
    rows = object_list(transport, targets, options, error);
    for (guint i = 0; rows && i < rows->len; i++) {
        if (i > 0)
            printf("\n");
        if (!describe_row(transport, rows->pdata[i], error))
            return FALSE;
    }
    return rows != NULL;
}
