// SPDX-License-Identifier: LGPL-2.1-or-later
// fish completion: one `complete` line per verb and option.
#include "cli/dump.h"

#include <stdio.h>

#include "cli/verbs.h"

static const char *const functions =
    "function __vmictl_names\n"
    "    vmictl get $argv[1] -o name 2>/dev/null | string replace -r '^[^/]*/' ''\n"
    "end\n"
    "function __vmictl_of_kind\n"
    "    set -l words (commandline -opc | string match -v -- '-*')\n"
    "    if test (count $words) -lt 3\n"
    "        printf '%s\\n' vmi pvc secret cm ns all\n"
    "    else\n"
    "        __vmictl_names $words[3]\n"
    "    end\n"
    "end\n";

static const char *action(Completion completion)
{
    static const char *const actions[] = {
        [COMPLETE_NAMESPACE] = "(__vmictl_names ns)",
        [COMPLETE_INSTANCE] = "(__vmictl_names vmi)",
        [COMPLETE_KIND] = "(__vmictl_of_kind)",
        [COMPLETE_HOST] = "(__fish_print_hostnames)",
    };

    return completion < G_N_ELEMENTS(actions) ? actions[completion] : NULL;
}

static void print_quoted(const char *text)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('\'');
}

static void print_option(const OptionRow *row, const char *condition)
{
    const char *offered = row->words ? row->words : action(row->completion);

    printf("complete -c vmictl -n ");
    print_quoted(condition);
    if (row->letter)
        printf(" -s %c", row->letter);
    printf(" -l %s -d ", row->name);
    print_quoted(row->help);
    if (row->arg)
        printf(row->completion == COMPLETE_FILE ? " -r -F" : " -x");
    if (offered) {
        printf(" -a ");
        print_quoted(offered);
    }
    printf("\n");
}

static void print_options(guint64 options, const char *condition)
{
    for (guint id = 0; id < _OPTION_MAX; id++)
        if ((options & OPTION_BIT(id)) && option_rows[id].help)
            print_option(&option_rows[id], condition);
}

void dump_fish(void)
{
    guint n;
    const Verb *verbs = verbs_all(&n);

    printf("# fish completion for vmictl; made from its option table\n%scomplete -c vmictl -f\n",
           functions);
    for (guint i = 0; i < n; i++) {
        g_autofree char *condition =
            g_strdup_printf("__fish_seen_subcommand_from %s", verbs[i].name);

        printf("complete -c vmictl -n __fish_use_subcommand -a %s -d ", verbs[i].name);
        print_quoted(verbs[i].help);
        printf("\n");
        if (action(verbs[i].completion)) {
            printf("complete -c vmictl -n ");
            print_quoted(condition);
            printf(" -a ");
            print_quoted(action(verbs[i].completion));
            printf("\n");
        }
        print_options(verbs[i].options, condition);
    }
    print_options(options_global, "true");
}
