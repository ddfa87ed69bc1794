// SPDX-License-Identifier: LGPL-2.1-or-later
// See line-log.h.
#include "guest/line-log.h"

#include <string.h>

// Half of what journald takes from a service by default (RateLimitIntervalSec=30s, RateLimitBurst=10000 in journald.conf(5)), and
// several times what a boot prints. The system's vmid.service has no such limit of its own, since one for all guests and vmid together
// would let one guest silence the others; journald counts a user's vmid with all else of that user, and there half is left.
#define WINDOW_USEC (30 * G_USEC_PER_SEC)
#define LINES_PER_WINDOW 5000

enum { PLAIN, ESCAPE, SEQUENCE, STRING };

void line_log_init(LineLog *self)
{
    *self = (LineLog){ .line = g_string_new(NULL) };
}

void line_log_done(LineLog *self)
{
    if (self->line)
        g_string_free(self->line, TRUE);
    self->line = NULL;
}

static char *printable(const char *text, gsize length)
{
    GString *out = g_string_sized_new(length);
    const char *end = text + length;

    while (text < end) {
        gunichar c = g_utf8_get_char_validated(text, end - text);

        if (c != (gunichar)-1 && c != (gunichar)-2 && (c == '\t' || g_unichar_isprint(c))) {
            g_string_append_unichar(out, c);
            text = g_utf8_next_char(text);
        } else {
            g_string_append_printf(out, "\\x%02x", (guchar)*text);
            text++;
        }
    }
    return g_string_free(out, FALSE);
}

static void report_dropped(LineLog *self, LineLogFunc func, gpointer user_data)
{
    g_autofree char *text =
        g_strdup_printf("(%u lines left out: the guest prints too much)", self->dropped);

    if (self->dropped > 0)
        func(text, user_data);
    self->dropped = 0;
}

static void finish_line(LineLog *self, gint64 now_usec, LineLogFunc func, gpointer user_data)
{
    g_autofree char *text = NULL;

    if (now_usec - self->window_start >= WINDOW_USEC) {
        report_dropped(self, func, user_data);
        self->window_start = now_usec;
        self->lines = 0;
    }
    if (++self->lines > LINES_PER_WINDOW) {
        self->dropped++;
    } else if (self->line->len > 0) {
        text = printable(self->line->str, self->line->len);
        func(text, user_data);
    }
    g_string_set_size(self->line, 0);
}

// TRUE when the byte belongs to an escape sequence (ECMA-48): ESC x, ESC [ ... letter, ESC ] ... BEL or ESC \.
static gboolean skip_escape(LineLog *self, guchar c)
{
    switch (self->escape) {
    case PLAIN:
        self->escape = c == 0x1b ? ESCAPE : PLAIN;
        return c == 0x1b;
    case ESCAPE:
        if (c == '[')
            self->escape = SEQUENCE;
        else if (c == ']' || c == 'P')
            self->escape = STRING;
        else if (c < 0x20 || c > 0x2f) // intermediates, as in "ESC ( B", are followed by more
            self->escape = PLAIN;
        return TRUE;
    case SEQUENCE:
        if (c >= 0x40 && c <= 0x7e)
            self->escape = PLAIN;
        return TRUE;
    default:
        if (c == '\a')
            self->escape = PLAIN;
        else if (c == 0x1b)
            self->escape = ESCAPE;
        return TRUE;
    }
}

void line_log_feed(LineLog *self, const char *data, gsize length, gint64 now_usec, LineLogFunc func,
                   gpointer user_data)
{
    for (gsize i = 0; i < length; i++) {
        guchar c = (guchar)data[i];

        // A sequence that never ends must not swallow the log.
        if (c == '\n')
            self->escape = PLAIN;
        if (skip_escape(self, c))
            continue;
        if (c == '\n') {
            finish_line(self, now_usec, func, user_data);
            self->after_return = FALSE;
            continue;
        }
        // "\r\n" is a line's end; "\r" alone is a progress bar starting over: keep its last state only.
        if (self->after_return && c != '\r')
            g_string_set_size(self->line, 0);
        self->after_return = c == '\r';
        if (c == '\r' || c == '\0')
            continue;
        if (self->line->len >= LINE_LOG_MAX)
            finish_line(self, now_usec, func, user_data);
        g_string_append_c(self->line, (char)c);
    }
}

void line_log_flush(LineLog *self, gint64 now_usec, LineLogFunc func, gpointer user_data)
{
    if (self->line->len > 0)
        finish_line(self, now_usec, func, user_data);
    report_dropped(self, func, user_data);
}
