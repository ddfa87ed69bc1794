// SPDX-License-Identifier: LGPL-2.1-or-later
// See gate.h.
#include "bus/gate.h"

#include <string.h>

#include "base/error.h"
#include "bus/service-internal.h"
#include "bus/wire.h"

static gboolean check_path(sd_bus_message *message, GError **error)
{
    gsize length = strlen(sd_bus_message_get_path(message));

    if (length <= WIRE_PATH_MAX)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_TOO_LARGE,
                "the object path of the call has %" G_GSIZE_FORMAT " bytes; it may have %d at most",
                length, WIRE_PATH_MAX);
    return FALSE;
}

static gboolean check(sd_bus_message *message, GError **error)
{
    // Those of our own interfaces are read by method.c, each with its own bound.
    return check_path(message, error) &&
           (bus_interface_find(sd_bus_message_get_interface(message)) ||
            wire_check_strings(message, WIRE_STANDARD_MAX, error));
}

int gate_check(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    g_autoptr(GError) error = NULL;

    if (!sd_bus_message_is_method_call(message, NULL, NULL) || check(message, &error))
        return 0; // sd-bus goes on with it
    wire_reply_error(message, error);
    return 1;
}
