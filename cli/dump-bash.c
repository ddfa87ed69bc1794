// SPDX-License-Identifier: LGPL-2.1-or-later
// bash completion: tables as shell words, one generic function. Names of objects are asked of vmictl when needed.
#include "cli/dump.h"

#include <stdio.h>

#include "cli/verbs.h"

// One line per completion kind, in the order of the enum.
static const char *const functions =
    "__vmictl_names() { vmictl get \"$1\" -o name ${2:+-n \"$2\"} 2>/dev/null | sed 's|^[^/]*/||'; "
    "}\n"
    "__vmictl_offer() {\n"
    "    case $1 in\n"
    "        file) COMPREPLY=($(compgen -f -- \"$cur\")); compopt -o filenames ;;\n"
    "        namespace) COMPREPLY=($(compgen -W \"$(__vmictl_names ns)\" -- \"$cur\")) ;;\n"
    "        instance) COMPREPLY=($(compgen -W \"$(__vmictl_names vmi \"$namespace\")\" -- "
    "\"$cur\")) ;;\n"
    "        kind) if [[ $position -le 1 ]]; then\n"
    "                  COMPREPLY=($(compgen -W 'vmi pvc secret cm ns all' -- \"$cur\"))\n"
    "              else\n"
    "                  COMPREPLY=($(compgen -W \"$(__vmictl_names \"$kind\" \"$namespace\")\" -- "
    "\"$cur\"))\n"
    "              fi ;;\n"
    "        host) COMPREPLY=($(compgen -A hostname -- \"$cur\")) ;;\n"
    "        words) COMPREPLY=($(compgen -W \"$2\" -- \"$cur\")) ;;\n"
    "    esac\n"
    "}\n";

static const char *const body =
    "_vmictl() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    local verb='' kind='' namespace='' position=0 i word offer\n"
    "    COMPREPLY=()\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ $word == -* ]]; then\n"
    "            [[ $word == -n || $word == --namespace ]] && namespace=${COMP_WORDS[i+1]}\n"
    "            [[ -n $(__vmictl_argument \"$verb\" \"$word\") ]] && ((i++))\n"
    "        elif [[ -z $verb ]]; then verb=$word\n"
    "        else ((position++)); [[ $position -eq 1 ]] && kind=$word\n"
    "        fi\n"
    "    done\n"
    "    ((position++))\n"
    "    offer=$(__vmictl_argument \"$verb\" \"$prev\")\n"
    "    if [[ -n $offer ]]; then __vmictl_offer ${offer%%:*} \"${offer#*:}\"\n"
    "    elif [[ $cur == -* ]]; then COMPREPLY=($(compgen -W \"$(__vmictl_options \"$verb\")\" -- "
    "\"$cur\"))\n"
    "    elif [[ -z $verb ]]; then COMPREPLY=($(compgen -W \"$__vmictl_verbs\" -- \"$cur\"))\n"
    "    else __vmictl_offer \"$(__vmictl_positional \"$verb\")\"\n"
    "    fi\n"
    "}\n"
    "complete -F _vmictl vmictl\n";

static const char *completion_word(Completion completion)
{
    static const char *const words[] = {
        [COMPLETE_NOTHING] = "nothing",   [COMPLETE_FILE] = "file",
        [COMPLETE_WORDS] = "words",       [COMPLETE_NAMESPACE] = "namespace",
        [COMPLETE_INSTANCE] = "instance", [COMPLETE_KIND] = "kind",
        [COMPLETE_HOST] = "host",
    };

    return words[completion];
}

static void print_options(guint64 options)
{
    for (guint id = 0; id < _OPTION_MAX; id++) {
        const OptionRow *row = &option_rows[id];

        if (!(options & OPTION_BIT(id)) || !row->help)
            continue;
        if (row->letter)
            printf(" -%c", row->letter);
        printf(" --%s", row->name);
    }
}

// "VERB OPTION" -> what its argument is; the same letter may mean different options in different verbs.
static void print_arguments(const char *verb, guint64 options)
{
    for (guint id = 0; id < _OPTION_MAX; id++) {
        const OptionRow *row = &option_rows[id];

        if (!(options & OPTION_BIT(id)) || !row->help || !row->arg)
            continue;
        if (row->letter)
            printf("        '%s -%c'|", verb, row->letter);
        else
            printf("        ");
        printf("'%s --%s') echo '%s:%s' ;;\n", verb, row->name, completion_word(row->completion),
               row->words ? row->words : "");
    }
}

void dump_bash(void)
{
    guint n;
    const Verb *verbs = verbs_all(&n);

    printf("# bash completion for vmictl; made from its option table\n__vmictl_verbs='");
    for (guint i = 0; i < n; i++)
        printf("%s%s", i ? " " : "", verbs[i].name);
    printf("'\n__vmictl_options() {\n    case $1 in\n");
    for (guint i = 0; i < n; i++) {
        printf("        %s) echo '", verbs[i].name);
        print_options(verbs[i].options | options_global);
        printf("' ;;\n");
    }
    printf("        *) echo '");
    print_options(options_global | OPTION_BIT(OPTION_VERSION));
    printf("' ;;\n    esac\n}\n__vmictl_argument() {\n    case \"$1 $2\" in\n");
    for (guint i = 0; i < n; i++)
        print_arguments(verbs[i].name, verbs[i].options | options_global);
    print_arguments("", options_global);
    printf("    esac\n}\n__vmictl_positional() {\n    case $1 in\n");
    for (guint i = 0; i < n; i++)
        printf("        %s) echo %s ;;\n", verbs[i].name, completion_word(verbs[i].completion));
    printf("    esac\n}\n%s%s", functions, body);
}
