// SPDX-License-Identifier: LGPL-2.1-or-later
// Formats the entry at which a journal stands. A guest may print anything: nothing but printable text reaches the
// person's terminal.
#include "cli/log-entry.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "api/printable.h"
#include "cli/output.h"

// The value of FIELD; "" when the entry has none. Owned, valid UTF-8.
static char *get_field(sd_journal *journal, const char *field)
{
    const void *data;
    size_t length, skip = strlen(field) + 1;

    if (sd_journal_get_data(journal, field, &data, &length) < 0 || length < skip)
        return g_strdup("");
    return g_utf8_make_valid((const char *)data + skip, (gssize)(length - skip));
}

static gint64 get_time(sd_journal *journal)
{
    uint64_t usec = 0;

    return sd_journal_get_realtime_usec(journal, &usec) < 0 ? 0 : (gint64)usec;
}

// TEXT without terminal sequences (colours, cursor movements), which are taken out; what else could act on a terminal is
// escaped. Owned.
static char *make_printable(char *text)
{
    char *to = text;

    for (const char *p = text; *p; p++) {
        if (*p == '\033' && p[1] == '[') {
            p += 2;
            while (*p && !(*p >= '@' && *p <= '~'))
                p++;
            if (!*p)
                break;
        } else if (*p == '\r' || *p == '\033') {
            continue;
        } else {
            *to++ = *p;
        }
    }
    *to = 0;
    return api_printable(text, "\n\t");
}

void log_entry_print_text(sd_journal *journal)
{
    g_autofree char *source = get_field(journal, "SYSLOG_IDENTIFIER");
    g_autofree char *message = get_field(journal, "MESSAGE");
    g_autofree char *priority = get_field(journal, "PRIORITY");
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(get_time(journal) / G_USEC_PER_SEC);
    g_autofree char *when = time ? g_date_time_format(time, "%b %d %H:%M:%S") : g_strdup("-");
    g_autofree char *shown = make_printable(message);
    g_autofree char *shown_source = make_printable(source);
    OutputStyle style = OUTPUT_NORMAL;

    if (*priority && *priority <= '3')
        style = OUTPUT_BAD;
    else if (*priority == '4')
        style = OUTPUT_WAITING;
    printf("%s %s: %s%s%s\n", when, shown_source, output_begin(style), shown, output_end());
}

void log_entry_print_json(sd_journal *journal)
{
    static const struct {
        const char *key, *field;
    } fields[] = {
        { "source", "SYSLOG_IDENTIFIER" }, { "priority", "PRIORITY" },
        { "namespace", "VMI_NAMESPACE" },  { "name", "VMI_NAME" },
        { "message", "MESSAGE" },
    };
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "timeUSec");
    json_builder_add_int_value(builder, get_time(journal));
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        g_autofree char *value = get_field(journal, fields[i].field);

        json_builder_set_member_name(builder, fields[i].key);
        json_builder_add_string_value(builder, value);
    }
    json_builder_end_object(builder);
    root = json_builder_get_root(builder);
    text = json_to_string(root, FALSE);
    puts(text);
}
