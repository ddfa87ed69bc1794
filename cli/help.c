// SPDX-License-Identifier: LGPL-2.1-or-later
// Prints the tables of verbs and options as help. Holds no text about a single verb or option.
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/cli.h"

enum {
    HELP_WIDTH = 96,
    HELP_LABEL = 28, // column where the explanations begin
};

char *help_option_label(const OptionRow *row)
{
    g_autofree char *letter = row->letter ? g_strdup_printf("-%c, ", row->letter) : g_strdup("");

    return g_strdup_printf("%s--%s%s%s", letter, row->name, row->arg ? " " : "",
                           row->arg ? row->arg : "");
}

char *help_wrap(const char *text, guint indent, guint width)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    GString *out = g_string_new(NULL);
    gsize column = 0;

    for (char **word = words; *word; word++) {
        if (column > 0 && column + 1 + strlen(*word) > width) {
            g_string_append_c(out, '\n');
            column = 0;
        }
        if (column == 0)
            column = indent;
        else
            column++;
        g_string_append_printf(
            out, "%*s%s", out->len && out->str[out->len - 1] != '\n' ? 1 : (int)indent, "", *word);
        column += strlen(*word);
    }
    return g_string_free(out, FALSE);
}

static void print_row(const char *label, const char *help)
{
    g_autofree char *text = help_wrap(help, HELP_LABEL, HELP_WIDTH);

    if (strlen(label) + 3 > HELP_LABEL)
        printf("  %s\n%s\n", label, text);
    else
        printf("  %-*s%s\n", HELP_LABEL - 2, label, text + HELP_LABEL);
}

static void print_options(const char *title, guint64 options)
{
    printf("\n%s:\n", title);
    for (guint id = 0; id < _OPTION_MAX; id++) {
        const OptionRow *row = &option_rows[id];
        g_autofree char *label = help_option_label(row);

        if ((options & OPTION_BIT(id)) && row->help)
            print_row(label, row->help);
    }
}

static void print_verb(const Verb *verb)
{
    printf("Usage: vmictl %s%s%s [OPTION...]\n\n%c%s.\n", verb->name, *verb->args ? " " : "",
           verb->args, g_ascii_toupper(verb->help[0]), verb->help + 1);
    if (verb->text) {
        g_autofree char *text = help_wrap(verb->text, 0, HELP_WIDTH);

        printf("%s\n", text);
    }
    if (verb->options)
        print_options("Options", verb->options);
    print_options("Options of every verb", options_global);
}

static void print_program(void)
{
    guint n;
    const Verb *verbs = verbs_all(&n);

    printf("Usage: vmictl VERB [ARGUMENT...] [OPTION...]\n\n"
           "Run KubeVirt's VirtualMachineInstances on this host.\n\nVerbs:\n");
    for (guint i = 0; i < n; i++) {
        g_autofree char *label = g_strdup_printf("%s %s", verbs[i].name, verbs[i].args);

        print_row(g_strchomp(label), verbs[i].help);
    }
    print_options("Options", options_global | OPTION_BIT(OPTION_VERSION));
    printf("\nOptions of a verb: vmictl VERB --help. Everything else: vmictl(1).\n");
}

void help_print(const Verb *verb)
{
    if (verb)
        print_verb(verb);
    else
        print_program();
}
