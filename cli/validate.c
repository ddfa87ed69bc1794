// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl validate: prints every finding; needs no daemon and no privileges.
#include <stdio.h>

#include "cli/cli.h"
#include "cli/offline.h"
#include "cli/output.h"
#include "cli/verbs.h"

static const TableColumn columns[] = {
    { "FILE" }, { "LINE", TRUE }, { "COLUMN", TRUE }, { "SEVERITY" },
    { "PATH" }, { "WHAT" },       { "REMEDY" },
};

static void add_rows(Table *table, const ApiFindings *findings)
{
    const GPtrArray *list = api_findings_list(findings);

    for (guint i = 0; i < list->len; i++) {
        const ApiFinding *finding = list->pdata[i];

        table_add_row(table);
        table_set(table, 0, finding->file);
        table_take(table, 1, g_strdup_printf("%u", finding->line));
        table_take(table, 2, g_strdup_printf("%u", finding->column));
        table_set(table, 3, finding->severity == API_FINDING_ERROR ? "error" : "warning");
        table_set(table, 4, finding->path);
        table_set(table, 5, finding->what);
        table_set(table, 6, finding->remedy);
    }
}

gboolean verb_validate(const Verb *verb, const Options *options, char **args, GError **error)
{
    g_autoptr(GPtrArray) sources = sources_read(options, error);
    g_autoptr(Table) table = table_new("findings", TABLE_JSON, columns, G_N_ELEMENTS(columns));
    guint errors = 0, warnings = 0, objects = 0;

    if (!sources)
        return FALSE;
    for (guint i = 0; i < sources->len; i++) {
        const Source *source = sources->pdata[i];
        g_autoptr(ApiFindings) findings = api_findings_new(source->name);
        g_autoptr(GPtrArray) parsed = offline_parse(source, options, findings);
        g_autofree char *text = NULL;

        // As vmid does; a template that came out empty must not look like a good manifest.
        if (api_findings_count(findings, API_FINDING_ERROR) == 0 && (!parsed || parsed->len == 0))
            api_findings_add(findings, API_FINDING_ERROR, 0, 0, NULL, NULL,
                             "the manifest holds no object");
        // With a person looking on, the line itself helps; programs want one line per finding.
        text = api_findings_format(findings, output_is_terminal(stdout) ? source->text : NULL);

        errors += api_findings_count(findings, API_FINDING_ERROR);
        warnings += api_findings_count(findings, API_FINDING_WARNING);
        objects += parsed ? parsed->len : 0;
        if (options->json)
            add_rows(table, findings);
        else
            printf("%s", text);
    }
    if (options->json)
        table_print(table);
    else if (output_is_terminal(stderr))
        fprintf(stderr, "%u objects, %u errors, %u warnings\n", objects, errors, warnings);
    if (errors == 0 && (warnings == 0 || !options->strict))
        return TRUE;
    cli_set_exit(error, CLI_EXIT_FAILED);
    return FALSE;
}
