// SPDX-License-Identifier: LGPL-2.1-or-later
// zsh completion: an _arguments specification per verb.
#include "cli/dump.h"

#include <stdio.h>

#include "cli/verbs.h"

static const char *const functions =
    "_vmictl_names() {\n"
    "    local ns=${opt_args[-n]:-${opt_args[--namespace]}}\n"
    "    local -a names\n"
    "    names=(${${(f)\"$(_call_program names vmictl get $1 -o name ${ns:+-n $ns} "
    "2>/dev/null)\"}#*/})\n"
    "    _describe 'name' names\n"
    "}\n"
    "_vmictl_namespaces() { _vmictl_names ns; }\n"
    "_vmictl_instances() { _vmictl_names vmi; }\n"
    "_vmictl_kinds() { _values 'kind' vmi pvc secret cm ns all; }\n"
    "_vmictl_of_kind() { _vmictl_names ${line[1]:-all}; }\n";

static const char *action(Completion completion)
{
    static const char *const actions[] = {
        [COMPLETE_NOTHING] = " ",
        [COMPLETE_FILE] = "_files",
        [COMPLETE_WORDS] = "",
        [COMPLETE_NAMESPACE] = "_vmictl_namespaces",
        [COMPLETE_INSTANCE] = "_vmictl_instances",
        [COMPLETE_KIND] = "_vmictl_kinds",
        [COMPLETE_HOST] = "_hosts",
    };

    return actions[completion];
}

// Brackets and colons have a meaning in a specification, quotes in the shell.
static void print_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'') {
            printf("'\\''");
            continue;
        }
        if (*text == '[' || *text == ']' || *text == ':')
            putchar('\\');
        putchar(*text);
    }
}

static void print_option(const OptionRow *row)
{
    gboolean repeatable = row->type == OPTION_STRINGS;

    printf(" \\\n        ");
    if (row->letter && repeatable)
        printf("'*'{-%c,--%s}'[", row->letter, row->name);
    else if (row->letter)
        printf("'(-%c --%s)'{-%c,--%s}'[", row->letter, row->name, row->letter, row->name);
    else
        printf("'%s--%s[", repeatable ? "*" : "", row->name);
    print_text(row->help);
    printf("]");
    if (row->arg) {
        printf(":");
        print_text(row->arg);
        if (row->words)
            printf(":(%s)", row->words);
        else
            printf(":%s", action(row->completion));
    }
    printf("'");
}

static void print_options(guint64 options)
{
    for (guint id = 0; id < _OPTION_MAX; id++)
        if ((options & OPTION_BIT(id)) && option_rows[id].help)
            print_option(&option_rows[id]);
}

void dump_zsh(void)
{
    guint n;
    const Verb *verbs = verbs_all(&n);

    printf("#compdef vmictl\n# zsh completion for vmictl; made from its option table\n%s",
           functions);
    printf("_vmictl_verbs() {\n    local -a verbs=(");
    for (guint i = 0; i < n; i++) {
        printf("\n        '%s:", verbs[i].name);
        print_text(verbs[i].help);
        printf("'");
    }
    printf(")\n    _describe 'verb' verbs\n}\n");
    for (guint i = 0; i < n; i++) {
        printf("_vmictl_%s() {\n    _arguments -s", verbs[i].name);
        print_options(verbs[i].options | options_global);
        if (verbs[i].completion == COMPLETE_KIND)
            printf(" \\\n        '1:kind:_vmictl_kinds' '*:name:_vmictl_of_kind'");
        else if (verbs[i].completion != COMPLETE_NOTHING)
            printf(" \\\n        '*:name:%s'", action(verbs[i].completion));
        printf("\n}\n");
    }
    printf("_vmictl() {\n    local curcontext=$curcontext state line\n    typeset -A opt_args\n"
           "    _arguments -C -s");
    print_options(options_global | OPTION_BIT(OPTION_VERSION));
    printf(" \\\n        '1:verb:_vmictl_verbs' '*::argument:->argument'\n"
           "    [[ $state == argument ]] && (( $+functions[_vmictl_$words[1]] )) && "
           "_vmictl_$words[1]\n}\n_vmictl \"$@\"\n");
}
