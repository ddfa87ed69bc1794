// SPDX-License-Identifier: LGPL-2.1-or-later
// The text of a transaction; see transaction.h.
#include "store/transaction.h"

#include <string.h>

#include "base/error.h"

#define FIRST_LINE "vmi transaction 1\n"
#define LAST_LINE "end\n"
#define PUT "put "

void transaction_begin(GString *text)
{
    g_string_append(text, FIRST_LINE);
}

void transaction_put(GString *text, const StorePlace *place, const char *definition, gsize length)
{
    g_string_append_printf(text, PUT "%s/%s/%s %" G_GSIZE_FORMAT "\n", place->info->plural,
                           place->info->namespaced ? place->namespace : "", place->name, length);
    g_string_append_len(text, definition, (gssize)length);
}

void transaction_end(GString *text)
{
    g_string_append(text, LAST_LINE);
}

// What is left to read.
typedef struct {
    const char *text;
    gsize length;
} Rest;

static gboolean skip(Rest *rest, const char *expected)
{
    gsize length = strlen(expected);

    if (rest->length < length || memcmp(rest->text, expected, length) != 0)
        return FALSE;
    rest->text += length;
    rest->length -= length;
    return TRUE;
}

// The next line without its end; NULL when there is none. Owned.
static char *take_line(Rest *rest)
{
    const char *end = memchr(rest->text, '\n', rest->length);
    char *line = end ? g_strndup(rest->text, (gsize)(end - rest->text)) : NULL;

    if (end) {
        rest->length -= (gsize)(end - rest->text) + 1;
        rest->text = end + 1;
    }
    return line;
}

// LINE, "secrets/default/a 123", is cut up for what it becomes.
static gboolean parse_put(char *line, StorePlace *ret_place, guint64 *ret_length)
{
    char *size = strchr(line, ' ');
    char *namespace = strchr(line, '/');
    char *name = namespace ? strchr(namespace + 1, '/') : NULL;

    if (!size || !name || name > size ||
        !g_ascii_string_to_unsigned(size + 1, 10, 0, G_MAXSSIZE, ret_length, NULL))
        return FALSE;
    *size = *namespace = *name = '\0';
    ret_place->info = api_kind_find(line);
    ret_place->namespace = namespace[1] ? namespace + 1 : NULL;
    ret_place->name = name + 1;
    return ret_place->info && g_str_equal(ret_place->info->plural, line) &&
           store_check_place(ret_place, NULL);
}

static gboolean invalid(const Rest *rest, GError **error)
{
    g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                "it is no change of definitions, from %" G_GSIZE_FORMAT " bytes before its end on",
                rest->length);
    return FALSE;
}

gboolean transaction_read(const char *text, gsize length, TransactionPut put, gpointer user_data,
                          GError **error)
{
    Rest rest = { .text = text, .length = length };

    if (!skip(&rest, FIRST_LINE))
        return invalid(&rest, error);
    while (skip(&rest, PUT)) {
        g_autofree char *line = take_line(&rest);
        StorePlace place = { 0 };
        guint64 bytes = 0;

        if (!line || !parse_put(line, &place, &bytes) || bytes > rest.length)
            return invalid(&rest, error);
        if (!put(&place, rest.text, bytes, user_data, error))
            return FALSE;
        rest.text += bytes;
        rest.length -= bytes;
    }
    return (skip(&rest, LAST_LINE) && rest.length == 0) || invalid(&rest, error);
}
