// SPDX-License-Identifier: LGPL-2.1-or-later
// See wire.h.
#include "bus/wire.h"

#include "base/error.h"

int wire_append_text(sd_bus_message *message, const char *text)
{
    g_autofree char *repaired = NULL;

    if (!text || g_utf8_validate(text, -1, NULL))
        return sd_bus_message_append_basic(message, 's', text ? text : "");
    repaired = g_utf8_make_valid(text, -1);
    return sd_bus_message_append_basic(message, 's', repaired);
}

int wire_append_texts(sd_bus_message *message, const GPtrArray *texts)
{
    int r = sd_bus_message_open_container(message, 'a', "s");

    for (guint i = 0; r >= 0 && texts && i < texts->len; i++)
        r = wire_append_text(message, texts->pdata[i]);
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

static const WireOption *find_option(const WireOption *rows, const char *name)
{
    for (; rows->name; rows++)
        if (g_str_equal(rows->name, name))
            return rows;
    return NULL;
}

static gboolean read_value(sd_bus_message *message, const WireOption *row, gpointer target,
                           GError **error)
{
    const char signature[] = { row->type, '\0' };
    const char *contents = NULL;
    char type = 0;
    int flag = 0, r;

    r = sd_bus_message_peek_type(message, &type, &contents);
    if (!wire_ok(r, error))
        return FALSE;
    if (g_strcmp0(contents, signature) != 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "option \"%s\" has type \"%s\"; it takes \"%s\"", row->name, contents,
                    signature);
        return FALSE;
    }
    if (row->type != 'b')
        return wire_ok(sd_bus_message_read(message, "v", signature, (char *)target + row->offset),
                       error);
    r = sd_bus_message_read(message, "v", "b", &flag);
    *(gboolean *)((char *)target + row->offset) = flag != 0;
    return wire_ok(r, error);
}

gboolean wire_read_options(sd_bus_message *message, const WireOption *rows, gpointer target,
                           GError **error)
{
    int r = sd_bus_message_enter_container(message, 'a', "{sv}");

    while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        const WireOption *row;
        const char *name = NULL;

        r = sd_bus_message_read_basic(message, 's', &name);
        if (!wire_ok(r, error))
            return FALSE;
        row = find_option(rows, name);
        if (!row) {
            g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "there is no option \"%s\" for \"%s\"",
                        name, sd_bus_message_get_member(message));
            return FALSE;
        }
        if (!read_value(message, row, target, error))
            return FALSE;
        r = sd_bus_message_exit_container(message);
    }
    return wire_ok(r < 0 ? r : sd_bus_message_exit_container(message), error);
}
