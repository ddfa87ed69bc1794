// SPDX-License-Identifier: LGPL-2.1-or-later
// Colours, times and CPU lists. What is a terminal is asked of the stream, what a person wants of the environment.
#include "cli/output.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

gboolean output_is_terminal(FILE *stream)
{
    return isatty(fileno(stream)) && g_strcmp0(getenv("TERM"), "dumb") != 0;
}

gboolean output_has_colors(FILE *stream)
{
    static const char *const off[] = { "0", "no", "n", "false", "f", "off", NULL };
    const char *wish = getenv("SYSTEMD_COLORS");
    const char *no_color = getenv("NO_COLOR");

    if (wish)
        return !g_strv_contains(off, wish);
    if (no_color && *no_color)
        return FALSE;
    return output_is_terminal(stream);
}

OutputStyle output_phase_style(const char *phase)
{
    static const struct {
        const char *phase;
        OutputStyle style;
    } rows[] = {
        { "Running", OUTPUT_GOOD },       { "Bound", OUTPUT_GOOD },
        { "Active", OUTPUT_GOOD },        { "Pending", OUTPUT_WAITING },
        { "Scheduling", OUTPUT_WAITING }, { "Scheduled", OUTPUT_WAITING },
        { "Failed", OUTPUT_BAD },         { "Lost", OUTPUT_BAD },
        { "Succeeded", OUTPUT_QUIET },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].phase, phase) == 0)
            return rows[i].style;
    return OUTPUT_NORMAL;
}

const char *output_begin(OutputStyle style)
{
    static const char *const sequences[] = {
        [OUTPUT_NORMAL] = "",      [OUTPUT_GOOD] = "\033[32m",  [OUTPUT_WAITING] = "\033[33m",
        [OUTPUT_BAD] = "\033[31m", [OUTPUT_QUIET] = "\033[90m", [OUTPUT_STRONG] = "\033[1m",
    };

    return output_has_colors(stdout) ? sequences[style] : "";
}

const char *output_end(void)
{
    return output_has_colors(stdout) ? "\033[0m" : "";
}

char *output_age(gint64 usec, gint64 now_usec)
{
    gint64 seconds = MAX(now_usec - usec, 0) / G_USEC_PER_SEC;

    if (usec <= 0)
        return g_strdup("-");
    if (seconds < 120)
        return g_strdup_printf("%ds", (int)seconds);
    if (seconds < 3600)
        return g_strdup_printf("%dm", (int)(seconds / 60));
    if (seconds < 86400)
        return g_strdup_printf("%dh%dm", (int)(seconds / 3600), (int)(seconds % 3600 / 60));
    return g_strdup_printf("%dd%dh", (int)(seconds / 86400), (int)(seconds % 86400 / 3600));
}

char *output_time(gint64 usec)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(usec / G_USEC_PER_SEC);

    return time ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S %Z") : g_strdup("-");
}

char *output_timestamp(gint64 usec)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(usec / G_USEC_PER_SEC);

    return time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}

char *output_cpus(GVariant *cpus)
{
    gsize n = 0;
    const guint32 *list = g_variant_get_fixed_array(cpus, &n, sizeof *list);
    GString *out = g_string_new(n ? NULL : "any");

    for (gsize i = 0; i < n;) {
        gsize last = i;

        while (last + 1 < n && list[last + 1] == list[last] + 1)
            last++;
        g_string_append_printf(out, "%s%u", i ? "," : "", list[i]);
        if (last > i)
            g_string_append_printf(out, "-%u", list[last]);
        i = last + 1;
    }
    return g_string_free(out, FALSE);
}
