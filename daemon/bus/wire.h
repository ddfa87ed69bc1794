// SPDX-License-Identifier: LGPL-2.1-or-later
// The small append/read helpers that every interface needs: text that is surely UTF-8, lists,
// option dictionaries, errors.
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

// Appends "s"; NULL is "". Invalid UTF-8 is repaired: the bus would disconnect us for it, and some
// texts come from libvirt or the guest.
int wire_append_text(sd_bus_message *message, const char *text);
int wire_append_texts(sd_bus_message *message,
                      const GPtrArray *texts); // "as" of char *; NULL is empty
int wire_append_uints(sd_bus_message *message,
                      const GArray *numbers); // "au" of guint; NULL is empty

// R as sd-bus returned it: TRUE when not negative, else an error that says the message could not be
// made or read.
gboolean wire_ok(int r, GError **error);

// One option of an "a{sv}": TYPE 'b' (gboolean), 's' (const char *, borrowed from the message) or
// 't' (guint64).
typedef struct {
    const char *name;
    char type;
    gsize offset; // in TARGET
} WireOption;

// Reads the dictionary that comes next in MESSAGE. Unknown names and wrong types are
// VMI_ERROR_INVALID. ROWS end with a NULL name.
gboolean wire_read_options(sd_bus_message *message, const WireOption *rows, gpointer target,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
