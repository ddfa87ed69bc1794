// SPDX-License-Identifier: LGPL-2.1-or-later
// Exact arithmetic on Kubernetes quantities: decimal digits, however many are written, are scaled
// by hand, so nothing is lost before the one rounding at the end. No floating point anywhere.

#include "api/quantity.h"

#include <string.h>

#include "base/error.h"

enum {
    MAX_LENGTH = 128,    // of the text
    MAX_DIGITS = 192,    // of the text plus those that a binary suffix adds
    MAX_EXPONENT = 1000, // far beyond any that fits
    NANO_DIGITS = 9,
};

static const gint64 nano_per_unit = 1000000000;
static const gint64 nano_per_milli = 1000000;

typedef struct {
    const char *name;
    int binary;  // the value is multiplied by 2^binary
    int decimal; // and by 10^decimal
} Suffix;

static const Suffix suffixes[] = {
    { "", 0, 0 },    { "Ki", 10, 0 }, { "Mi", 20, 0 }, { "Gi", 30, 0 },
    { "Ti", 40, 0 }, { "Pi", 50, 0 }, { "Ei", 60, 0 }, { "n", 0, -9 },
    { "u", 0, -6 },  { "m", 0, -3 },  { "k", 0, 3 },   { "M", 0, 6 },
    { "G", 0, 9 },   { "T", 0, 12 },  { "P", 0, 15 },  { "E", 0, 18 },
};

// 0.DIGITS * 10^point, most significant digit first.
typedef struct {
    guint8 digits[MAX_DIGITS];
    guint count;
    int point;
} Decimal;

// The digits at *TEXT, which is moved behind them. FALSE when there are none.
static gboolean read_digits(const char **text, Decimal *decimal)
{
    gboolean any = FALSE, in_fraction = FALSE;

    memset(decimal, 0, sizeof *decimal);
    for (;; (*text)++) {
        if (**text == '.' && !in_fraction) {
            in_fraction = TRUE;
        } else if (g_ascii_isdigit(**text)) {
            any = TRUE;
            decimal->digits[decimal->count++] = (guint8)(**text - '0');
            decimal->point += in_fraction ? 0 : 1;
        } else {
            return any;
        }
    }
}

// Whether TEXT is a suffix or exponent; adds its powers.
static gboolean read_suffix(const char *text, int *ret_binary, int *ret_decimal)
{
    for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        if (strcmp(text, suffixes[i].name) == 0) {
            *ret_binary = suffixes[i].binary;
            *ret_decimal = suffixes[i].decimal;
            return TRUE;
        }
    }
    if (*text == 'e' || *text == 'E') {
        gboolean negative = *++text == '-';
        int exponent = 0;

        if (*text == '-' || *text == '+')
            text++;
        if (!g_ascii_isdigit(*text))
            return FALSE;
        for (; g_ascii_isdigit(*text); text++)
            exponent = MIN(exponent * 10 + (*text - '0'), MAX_EXPONENT);
        *ret_binary = 0;
        *ret_decimal = negative ? -exponent : exponent;
        return *text == '\0';
    }
    return FALSE;
}

static void multiply(Decimal *decimal, guint factor)
{
    guint carry = 0, extra = 0;
    guint8 front[8];

    for (guint i = decimal->count; i > 0; i--) {
        carry += decimal->digits[i - 1] * factor;
        decimal->digits[i - 1] = (guint8)(carry % 10);
        carry /= 10;
    }
    for (; carry > 0; carry /= 10)
        front[extra++] = (guint8)(carry % 10);
    memmove(decimal->digits + extra, decimal->digits, decimal->count);
    for (guint i = 0; i < extra; i++)
        decimal->digits[i] = front[extra - 1 - i];
    decimal->count += extra;
    decimal->point += (int)extra;
}

// The value in nano, rounded away from zero. FALSE when it is out of range.
static gboolean to_nano(const Decimal *decimal, ApiNano *ret_nano)
{
    const ApiNano max = (ApiNano)G_MAXINT64 * nano_per_unit;
    int whole = decimal->point + NANO_DIGITS; // digits in front of the point, in nano
    gboolean rest = FALSE, any = FALSE;
    ApiNano nano = 0;

    for (guint i = 0; i < decimal->count; i++) {
        any = any || decimal->digits[i] != 0;
        if ((int)i >= whole) {
            rest = rest || decimal->digits[i] != 0;
            continue;
        }
        nano = nano * 10 + decimal->digits[i];
        if (nano > max)
            return FALSE;
    }
    for (int i = (int)decimal->count; any && i < whole; i++) {
        nano *= 10;
        if (nano > max)
            return FALSE;
    }
    nano += rest ? 1 : 0;
    if (nano > max)
        return FALSE;
    *ret_nano = nano;
    return TRUE;
}

gboolean api_quantity_parse(const char *text, ApiNano *ret_nano, GError **error)
{
    gboolean negative = *text == '-';
    const char *at = *text == '-' || *text == '+' ? text + 1 : text;
    int binary, decimal_power;
    Decimal decimal;
    ApiNano nano;

    if (strlen(text) > MAX_LENGTH) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "a quantity has at most %d characters",
                    MAX_LENGTH);
        return FALSE;
    }
    if (!read_digits(&at, &decimal) || !read_suffix(at, &binary, &decimal_power)) {
        g_set_error(
            error, VMI_ERROR, VMI_ERROR_INVALID,
            "\"%s\" is not a quantity, write a number with a suffix such as 64M, 1Gi or 500m",
            text);
        return FALSE;
    }
    for (; binary > 0; binary -= 10)
        multiply(&decimal, 1024);
    decimal.point += decimal_power;
    if (!to_nano(&decimal, &nano)) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "the quantity \"%s\" is out of range, the largest is %" G_GINT64_FORMAT, text,
                    G_MAXINT64);
        return FALSE;
    }
    *ret_nano = negative ? -nano : nano;
    return TRUE;
}

// TEXT in units of UNIT nano, rounded away from zero, held within 64 bits.
static gint64 in_units(const char *text, gint64 unit, gint64 fallback)
{
    ApiNano nano, value;

    if (!text || !api_quantity_parse(text, &nano, NULL))
        return fallback;
    value = nano / unit;
    if (nano % unit != 0)
        value += nano > 0 ? 1 : -1;
    return (gint64)CLAMP(value, -(ApiNano)G_MAXINT64, (ApiNano)G_MAXINT64);
}

gint64 api_quantity_value(const char *text, gint64 fallback)
{
    return in_units(text, nano_per_unit, fallback);
}

gint64 api_quantity_milli(const char *text, gint64 fallback)
{
    return in_units(text, nano_per_milli, fallback);
}

int api_quantity_compare(const char *a, const char *b)
{
    ApiNano nano_a, nano_b;

    g_return_val_if_fail(api_quantity_parse(a, &nano_a, NULL), 0);
    g_return_val_if_fail(api_quantity_parse(b, &nano_b, NULL), 0);
    return nano_a < nano_b ? -1 : nano_a > nano_b ? 1 : 0;
}

char *api_quantity_format_bytes(guint64 bytes)
{
    static const char *const units[] = { "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei" };
    guint unit = 0;

    while (bytes > 0 && bytes % 1024 == 0 && unit + 1 < G_N_ELEMENTS(units)) {
        bytes /= 1024;
        unit++;
    }
    return g_strdup_printf("%" G_GUINT64_FORMAT "%s", bytes, units[unit]);
}
