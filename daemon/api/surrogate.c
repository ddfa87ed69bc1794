// SPDX-License-Identifier: LGPL-2.1-or-later
// Rewrites JSON's surrogate pairs before the text meets libyaml. Touches nothing else.

#include "api/surrogate.h"

#include <string.h>

enum {
    ESCAPE = 6, // length of \uXXXX
};

// The code unit of the \uXXXX at AT, or -1.
static gint32 read_escape(const char *at, const char *end)
{
    gint32 unit = 0;

    if (end - at < ESCAPE || at[0] != '\\' || at[1] != 'u')
        return -1;
    for (int i = 2; i < ESCAPE; i++) {
        gint digit = g_ascii_xdigit_value(at[i]);

        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static gboolean is_json(const char *text, const char *end)
{
    while (text < end && strchr(" \t\r\n", *text) && *text != '\0')
        text++;
    return text < end && (*text == '{' || *text == '[');
}

char *api_surrogates_join(const char *text, gsize length, gsize *ret_length)
{
    const char *end = text + length;
    g_autoptr(GString) out = NULL;

    if (!is_json(text, end) || !memmem(text, length, "\\u", 2))
        return NULL;
    out = g_string_sized_new(length);
    while (text < end) {
        const char *backslash = memchr(text, '\\', (gsize)(end - text));
        gint32 high, low;

        g_string_append_len(out, text, (backslash ? backslash : end) - text);
        if (!backslash)
            break;
        high = read_escape(backslash, end);
        low = high >= 0xD800 && high < 0xDC00 ? read_escape(backslash + ESCAPE, end) : -1;
        if (low >= 0xDC00 && low < 0xE000) {
            g_string_append_printf(out, "\\U%08X",
                                   0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
            text = backslash + 2 * ESCAPE;
        } else {
            text = MIN(backslash + 2, end);
            g_string_append_len(out, backslash, text - backslash);
        }
    }
    *ret_length = out->len;
    return g_string_free(g_steal_pointer(&out), FALSE);
}
