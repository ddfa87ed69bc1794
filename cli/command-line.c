// SPDX-License-Identifier: LGPL-2.1-or-later
// See command-line.h. Knows no verb by name. Options are parsed by their table: long and short ones before, between and after a verb's
// arguments, as kubectl and systemctl take them ("-n prod", "-nprod", "--namespace=prod", "-Aw"), and "--" to end them.
#include "cli/command-line.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/dump.h"
#include "cli/help.h"
#include "cli/verbs.h"

typedef struct {
    Options *options;
    char **argv; // position in the arguments
    guint64 allowed;
    const Verb *verb;
} Parser;

static gboolean parse_number(const char *text, guint64 *ret_number, GError **error)
{
    if (g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT32, ret_number, NULL))
        return TRUE;
    cli_set_usage_error(error, "\"%s\" is not a number above zero", text);
    return FALSE;
}

static gboolean store(Parser *self, const OptionRow *row, const char *value, GError **error)
{
    gpointer member = G_STRUCT_MEMBER_P(self->options, row->offset);

    switch (row->type) {
    case OPTION_FLAG:
        *(gboolean *)member = TRUE;
        return TRUE;
    case OPTION_STRING:
        g_free(*(char **)member);
        *(char **)member = g_strdup(value);
        return TRUE;
    case OPTION_STRINGS:
        if (!*(GPtrArray **)member)
            *(GPtrArray **)member = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(*(GPtrArray **)member, g_strdup(value));
        return TRUE;
    case OPTION_NUMBER:
        return parse_number(value, member, error);
    case OPTION_TIMESPAN:
        return options_parse_timespan(value, member, error);
    }
    g_assert_not_reached();
}

static const OptionRow *find(const Parser *self, const char *name, gsize length, char letter)
{
    for (guint id = 0; id < _OPTION_MAX; id++) {
        const OptionRow *row = &option_rows[id];

        if (!(self->allowed & OPTION_BIT(id)))
            continue;
        if (letter ? row->letter == letter
                   : strlen(row->name) == length && strncmp(row->name, name, length) == 0)
            return row;
    }
    return NULL;
}

static void set_unknown(const Parser *self, const char *option, GError **error)
{
    if (self->verb)
        cli_set_usage_error(error, "unknown option \"%s\"; see vmictl %s --help", option,
                            self->verb->name);
    else
        cli_set_usage_error(error, "unknown option \"%s\" before the verb; see vmictl --help",
                            option);
}

// The option's value: what stands behind it in the same argument, or the next argument.
static gboolean take_value(Parser *self, const OptionRow *row, const char *attached,
                           const char **ret_value, GError **error)
{
    if (!attached && !self->argv[1]) {
        cli_set_usage_error(error, "option --%s needs an argument: %s", row->name, row->arg);
        return FALSE;
    }
    *ret_value = attached ? attached : *++self->argv;
    return TRUE;
}

static gboolean parse_long(Parser *self, GError **error)
{
    const char *name = *self->argv + 2;
    gsize length = strcspn(name, "=");
    const char *attached = name[length] ? name + length + 1 : NULL;
    const OptionRow *row = find(self, name, length, 0);
    const char *value = NULL;

    if (!row) {
        set_unknown(self, *self->argv, error);
        return FALSE;
    }
    if (row->type == OPTION_FLAG && attached) {
        cli_set_usage_error(error, "option --%s takes no argument", row->name);
        return FALSE;
    }
    if (row->type != OPTION_FLAG && !take_value(self, row, attached, &value, error))
        return FALSE;
    return store(self, row, value, error);
}

static gboolean parse_letters(Parser *self, GError **error)
{
    for (const char *p = *self->argv + 1; *p; p++) {
        const OptionRow *row = find(self, NULL, 0, *p);
        const char *value = NULL;

        if (!row) {
            char option[] = { '-', *p, 0 };

            set_unknown(self, option, error);
            return FALSE;
        }
        if (row->type == OPTION_FLAG) {
            if (!store(self, row, NULL, error))
                return FALSE;
            continue;
        }
        return take_value(self, row, p[1] ? p + 1 : NULL, &value, error) &&
               store(self, row, value, error);
    }
    return TRUE;
}

static gboolean parse_word(Parser *self, GPtrArray *args, GError **error)
{
    g_ptr_array_add(args, *self->argv);
    if (self->verb)
        return TRUE;
    self->verb = verbs_find(*self->argv);
    if (!self->verb) {
        cli_set_usage_error(error, "unknown verb \"%s\"; see vmictl --help", *self->argv);
        return FALSE;
    }
    self->allowed = options_global | self->verb->options;
    return TRUE;
}

gboolean command_line_parse(Options *options, int argc, char **argv, const Verb **ret_verb,
                            GPtrArray *args, GError **error)
{
    Parser parser = {
        .options = options,
        .argv = argv,
        .allowed = options_global | OPTION_BIT(OPTION_VERSION) |
                   OPTION_BIT(OPTION_DUMP_COMPLETION) | OPTION_BIT(OPTION_DUMP_MAN),
    };
    gboolean ended = FALSE;

    while (argc > 0 && *++parser.argv) {
        const char *word = *parser.argv;
        gboolean ok;

        if (!ended && strcmp(word, "--") == 0) {
            ended = TRUE;
            continue;
        }
        if (ended || word[0] != '-' || !word[1])
            ok = parse_word(&parser, args, error);
        else
            ok = word[1] == '-' ? parse_long(&parser, error) : parse_letters(&parser, error);
        if (!ok)
            return FALSE;
    }
    *ret_verb = parser.verb;
    return TRUE;
}

static gboolean dispatch(const Verb *verb, const Options *options, const GPtrArray *args,
                         GError **error)
{
    g_autoptr(GPtrArray) terminated = g_ptr_array_new();

    for (guint i = 1; i < args->len; i++)
        g_ptr_array_add(terminated, args->pdata[i]);
    if (terminated->len < verb->min_args || terminated->len > verb->max_args) {
        cli_set_usage_error(error, "wrong number of arguments; usage: vmictl %s %s", verb->name,
                            verb->args);
        return FALSE;
    }
    g_ptr_array_add(terminated, NULL);
    return verb->run(verb, options, (char **)terminated->pdata, error);
}

static gboolean run(int argc, char **argv, GError **error)
{
    g_auto(Options) options = { .namespace = NULL };
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    const Verb *verb;

    if (!command_line_parse(&options, argc, argv, &verb, args, error))
        return FALSE;
    if (options.version) {
        printf("vmictl %s\n", VMI_VERSION);
        return TRUE;
    }
    if (options.dump_completion)
        return dump_completion(options.dump_completion, error);
    if (options.dump_man)
        return dump_man(options.dump_man, error);
    if (options.help) {
        help_print(verb);
        return TRUE;
    }
    if (!verb) {
        cli_set_usage_error(error, "no verb given; see vmictl --help");
        return FALSE;
    }
    return dispatch(verb, &options, args, error);
}

int command_line_run(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = run(argc, argv, &error);

    if (!ok)
        cli_print_error(error->message);
    // A full disk or a closed pipe behind standard output is a failure too.
    if (fflush(stdout) != 0 && ok) {
        cli_print_error("could not write to standard output");
        return CLI_EXIT_FAILED;
    }
    return ok ? CLI_EXIT_OK : cli_exit_code(error);
}
