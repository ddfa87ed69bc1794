// SPDX-License-Identifier: LGPL-2.1-or-later
// The values of options; see options.h. How they are told from arguments is in command-line.c.
#include "cli/options.h"

#include <string.h>

#include "cli/cli.h"

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
