// SPDX-License-Identifier: LGPL-2.1-or-later
// Escapes what a terminal would obey, and cuts what nobody would read. Does not judge what is merely odd, such as characters that
// have no glyph.

#include "api/printable.h"

#include <string.h>

char *api_printable(const char *text, const char *keep)
{
    const char *end = text + strlen(text);
    GString *out = g_string_sized_new((gsize)(end - text));

    while (text < end) {
        gunichar c = g_utf8_get_char_validated(text, end - text);
        const char *next = text + 1;

        if (c == (gunichar)-1 || c == (gunichar)-2) {
            g_string_append_printf(out, "\\x%02x", (guint)(guchar)*text);
        } else {
            next = g_utf8_next_char(text);
            if (g_unichar_iscntrl(c) && !(c < 0x80 && strchr(keep, (int)c)))
                g_string_append_printf(out, "\\u%04x", c);
            else
                g_string_append_len(out, text, next - text);
        }
        text = next;
    }
    return g_string_free(out, FALSE);
}

char *api_shorten(const char *text, gsize max)
{
    gsize length = strlen(text);
    const char *head_end, *tail;

    if (length <= max)
        return g_strdup(text);
    head_end = text + max / 3 * 2;
    tail = text + length - max / 3;
    while (head_end > text && ((guchar)*head_end & 0xC0) == 0x80) // not within a character
        head_end--;
    while (((guchar)*tail & 0xC0) == 0x80)
        tail++;
    return g_strdup_printf("%.*s[... %" G_GSIZE_FORMAT " bytes ...]%s", (int)(head_end - text),
                           text, (gsize)(tail - head_end), tail);
}
