// SPDX-License-Identifier: LGPL-2.1-or-later
// Null, boolean, number or string: the reading of unquoted scalars, and which strings must be
// quoted when written.

#include "api/scalar.h"

#include <string.h>

static gboolean in_table(const char *text, const char *const *table)
{
    for (guint i = 0; table[i]; i++)
        if (strcmp(text, table[i]) == 0)
            return TRUE;
    return FALSE;
}

gboolean api_scalar_is_null(const char *text)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };

    return in_table(text, nulls);
}

gboolean api_scalar_to_bool(const char *text, gboolean *ret_value)
{
    static const char *const truths[] = { "true", "True", "TRUE", "yes", "Yes",
                                          "YES",  "on",   "On",   "ON",  NULL };
    static const char *const lies[] = { "false", "False", "FALSE", "no",  "No",
                                        "NO",    "off",   "Off",   "OFF", NULL };
    gboolean is_true = in_table(text, truths);

    if (!is_true && !in_table(text, lies))
        return FALSE;
    *ret_value = is_true;
    return TRUE;
}

// The base that the digits at *DIGITS are written in; skips its prefix.
static guint number_base(const char **digits)
{
    static const struct {
        const char *prefix;
        guint base;
    } bases[] = { { "0x", 16 }, { "0b", 2 }, { "0o", 8 }, { "0", 8 } };

    for (guint i = 0; i < G_N_ELEMENTS(bases); i++) {
        gsize length = strlen(bases[i].prefix);

        if (strncmp(*digits, bases[i].prefix, length) == 0 && (*digits)[length] != '\0') {
            *digits += length;
            return bases[i].base;
        }
    }
    return 10;
}

ApiInteger api_scalar_to_int(const char *text, gint64 *ret_value)
{
    gboolean negative = *text == '-', too_large = FALSE;
    guint64 value = 0, limit = (guint64)G_MAXINT64 + (negative ? 1 : 0);
    guint base;

    if (*text == '-' || *text == '+')
        text++;
    if (!g_ascii_isdigit(*text))
        return API_INTEGER_NONE;
    base = number_base(&text);
    if (!g_ascii_isxdigit(*text))
        return API_INTEGER_NONE;
    for (; *text; text++) {
        gint digit = g_ascii_xdigit_value(*text);

        if (*text == '_')
            continue;
        if (digit < 0 || (guint)digit >= base)
            return API_INTEGER_NONE;
        too_large = too_large || value > (limit - (guint64)digit) / base;
        value = value * base + (guint64)digit;
    }
    if (too_large)
        return API_INTEGER_TOO_LARGE;
    *ret_value = (gint64)(negative ? -value : value);
    return API_INTEGER_OK;
}

static gboolean is_float(const char *text)
{
    gboolean digits = FALSE;

    if (*text == '-' || *text == '+')
        text++;
    if (g_ascii_strcasecmp(text, ".inf") == 0 || g_ascii_strcasecmp(text, ".nan") == 0)
        return TRUE;
    for (; g_ascii_isdigit(*text) || (digits && *text == '_'); text++)
        digits = TRUE;
    if (*text == '.')
        for (text++; g_ascii_isdigit(*text) || (digits && *text == '_'); text++)
            digits = TRUE;
    if (digits && (*text == 'e' || *text == 'E')) {
        text++;
        if (*text == '-' || *text == '+')
            text++;
        if (!g_ascii_isdigit(*text))
            return FALSE;
        while (g_ascii_isdigit(*text))
            text++;
    }
    return digits && *text == '\0';
}

gboolean api_scalar_is_number(const char *text)
{
    gint64 value;

    return api_scalar_to_int(text, &value) != API_INTEGER_NONE || is_float(text);
}

// Digits and colons ("1:30", base 60 to some) or a date in front: numbers and times to YAML 1.1
// readers.
static gboolean is_old_number(const char *text)
{
    gsize digits = strspn(text, "+-0123456789_:.");

    if (g_ascii_isdigit(text[0]) && text[digits] == '\0')
        return TRUE;
    if ((text[0] == '-' || text[0] == '+') && g_ascii_isdigit(text[1]) && text[digits] == '\0')
        return TRUE;
    return strspn(text, "0123456789") == 4 && text[4] == '-' && g_ascii_isdigit(text[5]);
}

gboolean api_scalar_needs_quotes(const char *text)
{
    static const char *const words[] = { "y", "Y", "n", "N", "=", "<<", NULL };
    gboolean value;

    return api_scalar_is_null(text) || api_scalar_to_bool(text, &value) || in_table(text, words) ||
           api_scalar_is_number(text) || is_old_number(text);
}
