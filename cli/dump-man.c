// SPDX-License-Identifier: LGPL-2.1-or-later
// The generated parts of vmictl(1) as reStructuredText.
#include "cli/dump.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/help.h"

static void print_option(const OptionRow *row)
{
    printf("\n**");
    if (row->letter)
        printf("-%c**, **", row->letter);
    printf("--%s**", row->name);
    if (row->arg)
        printf(" *%s*", row->arg);
    printf("\n    %c%s.\n", g_ascii_toupper(row->help[0]), row->help + 1);
}

static void print_options(guint64 options)
{
    for (guint id = 0; id < _OPTION_MAX; id++)
        if ((options & OPTION_BIT(id)) && option_rows[id].help)
            print_option(&option_rows[id]);
}

static void print_option_names(guint64 options)
{
    const char *separator = "\n    Options: ";

    for (guint id = 0; id < _OPTION_MAX; id++)
        if ((options & OPTION_BIT(id)) && option_rows[id].help) {
            printf("%s**--%s**", separator, option_rows[id].name);
            separator = ", ";
        }
    if (options)
        printf(".\n");
}

static void dump_verbs(void)
{
    guint n;
    const Verb *verbs = verbs_all(&n);

    for (guint i = 0; i < n; i++) {
        printf("\n**%s**", verbs[i].name);
        if (*verbs[i].args)
            printf(" ``%s``", verbs[i].args);
        printf("\n    %c%s.", g_ascii_toupper(verbs[i].help[0]), verbs[i].help + 1);
        if (verbs[i].text)
            printf(" %s", verbs[i].text);
        printf("\n");
        print_option_names(verbs[i].options);
    }
}

static void dump_options(void)
{
    guint64 some = 0;
    guint n;
    const Verb *verbs = verbs_all(&n);

    for (guint i = 0; i < n; i++)
        some |= verbs[i].options;
    printf("\nEvery verb takes:\n");
    print_options(options_global | OPTION_BIT(OPTION_VERSION));
    printf(
        "\nSome verbs take (an option may differ between verbs; ``vmictl VERB --help`` says):\n");
    print_options(some & ~options_global);
}

static void print_exit(int code, const char *meanings)
{
    printf("\n**%d**\n    %c%s.\n", code, g_ascii_toupper(meanings[0]), meanings + 1);
}

// What exit CODE means, from the table of errors and the command line's own.
static char *exit_meanings(int code)
{
    g_autoptr(GPtrArray) meanings = g_ptr_array_new();
    guint n;
    const CliExit *exits = cli_exits(&n);

    for (guint i = 0; i < n; i++)
        if (exits[i].code == code)
            g_ptr_array_add(meanings, (gpointer)exits[i].meaning);
    for (int error = 0; error < _VMI_ERROR_MAX; error++)
        if (vmi_error_info(error)->exit_code == code)
            g_ptr_array_add(meanings, (gpointer)vmi_error_info(error)->meaning);
    if (meanings->len == 0)
        return NULL;
    g_ptr_array_add(meanings, NULL);
    return g_strjoinv("; ", (char **)meanings->pdata);
}

static void dump_exit_status(void)
{
    for (int code = 0; code < 256; code++) {
        g_autofree char *meanings = exit_meanings(code);

        if (meanings)
            print_exit(code, meanings);
    }
}

static void dump_errors(void)
{
    for (int error = 0; error < _VMI_ERROR_MAX; error++) {
        const VmiErrorInfo *info = vmi_error_info(error);

        printf("\n``%s``\n    %c%s.\n", info->bus_name, g_ascii_toupper(info->meaning[0]),
               info->meaning + 1);
    }
}

gboolean dump_man(const char *part, GError **error)
{
    static const struct {
        const char *part;
        void (*dump)(void);
    } parts[] = { { "verbs", dump_verbs },
                  { "options", dump_options },
                  { "exit-status", dump_exit_status },
                  { "errors", dump_errors } };

    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        if (strcmp(parts[i].part, part) == 0) {
            parts[i].dump();
            return TRUE;
        }
    cli_set_usage_error(error, "unknown part \"%s\"", part);
    return FALSE;
}
