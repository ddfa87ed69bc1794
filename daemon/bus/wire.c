// SPDX-License-Identifier: LGPL-2.1-or-later
// See wire.h.
#include "bus/wire.h"

#include <string.h>

#include "api/printable.h"
#include "base/autoptr.h"
#include "base/error.h"

// Of an error's text: all findings of a manifest fit. Of any other text, and of how many at once.
#define ERROR_TEXT_MAX (128u * 1024)
#define TEXT_MAX (8u * 1024)
#define TEXTS_MAX 100u

int wire_append_text(sd_bus_message *message, const char *text)
{
    g_autofree char *repaired = NULL, *shortened = NULL;

    if (!text || (strlen(text) <= TEXT_MAX && g_utf8_validate(text, -1, NULL)))
        return sd_bus_message_append_basic(message, 's', text ? text : "");
    repaired = g_utf8_make_valid(text, -1);
    shortened = api_shorten(repaired, TEXT_MAX);
    return sd_bus_message_append_basic(message, 's', shortened);
}

int wire_append_texts(sd_bus_message *message, const GPtrArray *texts)
{
    guint count = texts ? MIN(texts->len, TEXTS_MAX) : 0;
    int r = sd_bus_message_open_container(message, 'a', "s");

    for (guint i = 0; r >= 0 && i < count; i++)
        r = wire_append_text(message, texts->pdata[i]);
    if (r >= 0 && texts && texts->len > count) {
        g_autofree char *more = g_strdup_printf("%u more are not shown", texts->len - count);

        r = wire_append_text(message, more);
    }
    return r < 0 ? r : sd_bus_message_close_container(message);
}

int wire_append_uints(sd_bus_message *message, const GArray *numbers)
{
    G_STATIC_ASSERT(sizeof(guint) == sizeof(uint32_t));
    return sd_bus_message_append_array(message, 'u', numbers ? numbers->data : NULL,
                                       numbers ? numbers->len * sizeof(guint) : 0);
}

gboolean wire_ok(int r, GError **error)
{
    if (r >= 0)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_FAILED, "cannot handle the bus message: %s",
                g_strerror(-r));
    return FALSE;
}

// ---- arguments ----

static gboolean check_length(sd_bus_message *message, const char *what, gsize length, gsize max,
                             GError **error)
{
    if (length <= max)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_TOO_LARGE,
                "%s of %s has %" G_GSIZE_FORMAT " bytes; it may have %" G_GSIZE_FORMAT " at most",
                what, sd_bus_message_get_member(message), length, max);
    return FALSE;
}

// The string that comes next. WHAT it is called to the caller.
static gboolean read_string(sd_bus_message *message, const char *what, gsize max,
                            const char **ret_text, gsize *bytes, GError **error)
{
    const char *text = NULL;
    gsize length;

    if (!wire_ok(sd_bus_message_read_basic(message, 's', &text), error))
        return FALSE;
    length = strlen(text);
    if (!check_length(message, what, length, max, error))
        return FALSE;
    *bytes += length;
    *ret_text = text;
    return TRUE;
}

static gboolean read_value(sd_bus_message *message, const WireArgument *row, const char *noun,
                           gpointer target, gsize *bytes, GError **error)
{
    gpointer member = (char *)target + row->offset;
    g_autofree char *what = NULL;
    int flag = 0, r;

    switch (row->type) {
    case 's':
        what = g_strdup_printf("%s \"%s\"", noun, row->name);
        return read_string(message, what, row->max, member, bytes, error);
    case 'b':
        r = sd_bus_message_read_basic(message, 'b', &flag);
        *(gboolean *)member = flag != 0;
        return wire_ok(r, error);
    default:
        return wire_ok(sd_bus_message_read_basic(message, row->type, member), error);
    }
}

static const WireArgument *find_option(const WireArgument *rows, const char *name)
{
    for (; rows->name; rows++)
        if (g_str_equal(rows->name, name))
            return rows;
    return NULL;
}

static gboolean enter_value(sd_bus_message *message, const WireArgument *row, GError **error)
{
    const char signature[] = { row->type, '\0' };
    const char *contents = NULL;
    char type = 0;

    if (!wire_ok(sd_bus_message_peek_type(message, &type, &contents), error))
        return FALSE;
    if (g_strcmp0(contents, signature) == 0)
        return wire_ok(sd_bus_message_enter_container(message, 'v', signature), error);
    g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                "option \"%s\" has type \"%s\"; it takes \"%s\"", row->name, contents, signature);
    return FALSE;
}

// One entry of the dictionary. SEEN: a bit for each of ROWS.
static gboolean read_option(sd_bus_message *message, const WireArgument *rows, gpointer target,
                            guint64 *seen, gsize *bytes, GError **error)
{
    const WireArgument *row;
    const char *name = NULL;

    if (!read_string(message, "the name of an option", WIRE_LABEL_MAX, &name, bytes, error))
        return FALSE;
    row = find_option(rows, name);
    if (!row) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "there is no option \"%s\" for \"%s\"",
                    name, sd_bus_message_get_member(message));
        return FALSE;
    }
    if (*seen & G_GUINT64_CONSTANT(1) << (row - rows)) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "option \"%s\" is given twice", name);
        return FALSE;
    }
    *seen |= G_GUINT64_CONSTANT(1) << (row - rows);
    return enter_value(message, row, error) &&
           read_value(message, row, "option", target, bytes, error) &&
           wire_ok(sd_bus_message_exit_container(message), error) &&
           wire_ok(sd_bus_message_exit_container(message), error);
}

static gboolean read_options(sd_bus_message *message, const WireArgument *rows, gpointer target,
                             gsize *bytes, GError **error)
{
    int r = sd_bus_message_enter_container(message, 'a', "{sv}");
    guint64 seen = 0;

    while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0)
        if (!read_option(message, rows, target, &seen, bytes, error))
            return FALSE;
    return wire_ok(r < 0 ? r : sd_bus_message_exit_container(message), error);
}

gboolean wire_read_arguments(sd_bus_message *message, const WireArgument *rows, gpointer target,
                             gsize *ret_bytes, GError **error)
{
    gsize bytes = 0;

    for (; rows && rows->name; rows++) {
        gboolean good = rows->type == 'a'
                            ? read_options(message, rows->options, target, &bytes, error)
                            : read_value(message, rows, "argument", target, &bytes, error);

        if (!good)
            return FALSE;
    }
    *ret_bytes = bytes;
    return TRUE;
}

// The string that comes next, of TYPE.
static gboolean check_string(sd_bus_message *message, char type, guint number, gsize max,
                             GError **error)
{
    g_autofree char *what = g_strdup_printf("argument %u", number);
    const char *text = NULL;

    return wire_ok(sd_bus_message_read_basic(message, type, &text), error) &&
           check_length(message, what, strlen(text), max, error);
}

static gboolean is_string(const char *contents)
{
    return contents && strlen(contents) == 1 && strchr("sog", *contents);
}

gboolean wire_check_strings(sd_bus_message *message, gsize max, GError **error)
{
    const char *contents = NULL;
    char type = 0;
    int r;

    for (guint number = 1; (r = sd_bus_message_peek_type(message, &type, &contents)) > 0;
         number++) {
        gboolean variant = type == 'v' && is_string(contents);

        if (!variant && !is_string((const char[]){ type, '\0' }))
            break; // sd-bus reads none behind it
        if (variant && !wire_ok(sd_bus_message_enter_container(message, 'v', contents), error))
            return FALSE;
        if (!check_string(message, variant ? *contents : type, number, max, error))
            return FALSE;
        if (variant && !wire_ok(sd_bus_message_exit_container(message), error))
            return FALSE;
    }
    return wire_ok(r < 0 ? r : sd_bus_message_rewind(message, TRUE), error);
}

void wire_reply_error(sd_bus_message *message, const GError *error)
{
    g_auto(sd_bus_error) bus_error = SD_BUS_ERROR_NULL;
    g_autofree char *valid = g_utf8_make_valid(error->message, -1);
    g_autofree char *text = api_shorten(valid, ERROR_TEXT_MAX);
    int r;

    g_debug("%s from %s failed: %s", sd_bus_message_get_member(message),
            sd_bus_message_get_sender(message), text);
    sd_bus_error_set(&bus_error, vmi_error_describe(error)->bus_name, text);
    r = sd_bus_reply_method_error(message, &bus_error);
    if (r < 0)
        g_debug("cannot send the error: %s", g_strerror(-r));
}
