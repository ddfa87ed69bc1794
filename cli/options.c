// SPDX-License-Identifier: LGPL-2.1-or-later
// Parsing by the option table: long and short options before, between and after a verb's arguments, as kubectl and
// systemctl take them ("-n prod", "-nprod", "--namespace=prod", "-Aw"), and "--" to end them.
#include "cli/options.h"

#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"

typedef struct {
    Options *options;
    char **argv; // position in the arguments
    guint64 allowed;
    const Verb *verb;
} Parser;

void options_clear(Options *self)
{
    for (guint id = 0; id < _OPTION_MAX; id++) {
        gpointer member = G_STRUCT_MEMBER_P(self, option_rows[id].offset);

        if (option_rows[id].type == OPTION_STRING)
            g_clear_pointer((char **)member, g_free);
        else if (option_rows[id].type == OPTION_STRINGS)
            g_clear_pointer((GPtrArray **)member, g_ptr_array_unref);
    }
}

const char *options_namespace(const Options *self)
{
    return self->namespace ? self->namespace : CLI_DEFAULT_NAMESPACE;
}

static guint64 unit_to_usec(const char *unit, gsize length)
{
    static const struct {
        const char *unit;
        guint64 usec;
    } units[] = {
        { "", G_USEC_PER_SEC },
        { "ms", 1000 },
        { "s", G_USEC_PER_SEC },
        { "sec", G_USEC_PER_SEC },
        { "m", 60 * G_USEC_PER_SEC },
        { "min", 60 * G_USEC_PER_SEC },
        { "h", 3600 * (guint64)G_USEC_PER_SEC },
        { "d", 86400 * (guint64)G_USEC_PER_SEC },
    };

    for (guint i = 0; i < G_N_ELEMENTS(units); i++)
        if (strlen(units[i].unit) == length && strncmp(units[i].unit, unit, length) == 0)
            return units[i].usec;
    return 0;
}

gboolean options_parse_timespan(const char *text, guint64 *ret_usec, GError **error)
{
    guint64 sum = 0;
    const char *p = text;

    do {
        char *end = NULL;
        guint64 number, unit;

        p += strspn(p, " ");
        number = g_ascii_isdigit(*p) ? g_ascii_strtoull(p, &end, 10) : 0;
        unit = end ? unit_to_usec(end, strcspn(end, " 0123456789")) : 0;
        if (unit == 0 || number > (G_MAXINT64 - sum) / unit) {
            cli_set_usage_error(error, "\"%s\" is no time span; write one like 90s, 5min or 1h",
                                text);
            return FALSE;
        }
        sum += number * unit;
        p = end + strcspn(end, " 0123456789");
    } while (*p);
    *ret_usec = sum;
    return TRUE;
}

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

gboolean options_parse(Options *self, int argc, char **argv, const Verb **ret_verb, GPtrArray *args,
                       GError **error)
{
    Parser parser = {
        .options = self,
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
