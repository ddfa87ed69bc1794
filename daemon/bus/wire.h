// SPDX-License-Identifier: LGPL-2.1-or-later
// The small append/read helpers that every interface needs: text that is surely UTF-8, lists,
// arguments of bounded length, errors.
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

// Appends "s", a text for people or a name; NULL is "". Invalid UTF-8 is repaired, since the bus would disconnect us for it, and
// what is long is cut: some texts come from libvirt or the guest.
int wire_append_text(sd_bus_message *message, const char *text);
// "as" of char *, as above; NULL is empty. The last one says how many there are beyond the first hundred.
int wire_append_texts(sd_bus_message *message, const GPtrArray *texts);
int wire_append_uints(sd_bus_message *message,
                      const GArray *numbers); // "au" of guint; NULL is empty

// R as sd-bus returned it: TRUE when not negative, else an error that says the message could not be
// made or read.
gboolean wire_ok(int r, GError **error);

enum {
    // Of an answer, in bytes: half of what the system bus takes for a message before it disconnects the sender, so that
    // one more object of any size still fits.
    WIRE_ANSWER_MAX = 16 * 1024 * 1024,
    WIRE_PAIR_SIZE = 24, // of an entry of "a{ss}" besides its two texts
};

// How long the strings of callers may be, in bytes. Names: Kubernetes' limits.
enum {
    WIRE_NAME_MAX = 253,
    WIRE_LABEL_MAX = 63, // of a namespace, a kind, a disk
    WIRE_WORD_MAX = 16,  // of what is one of a few words
    WIRE_SELECTOR_MAX = 4096,
    WIRE_PATH_MAX = 1024, // longer than any path of ours: two names, each byte as three
    WIRE_STANDARD_MAX =
        255, // in calls of the interfaces that sd-bus serves: names of interfaces and properties
};

// One argument of a method, or one option of its dictionary.
typedef struct WireArgument WireArgument;
struct WireArgument {
    const char *name;
    char
        type; // 's' (const char *, borrowed from the message), 'b' (gboolean), 't' (guint64), 'u' (guint32) or 'a': a dictionary "a{sv}"
    gsize offset;                // in TARGET; not for 'a'
    gsize max;                   // bytes, for 's'; longer ones are VMI_ERROR_TOO_LARGE
    const WireArgument *options; // for 'a': what may be in it; ends with a NULL name
};

// Reads the arguments of a call. ROWS end with a NULL name. An option that is not known, of a wrong type, or given twice is
// VMI_ERROR_INVALID. *RET_BYTES: of all strings.
gboolean wire_read_arguments(sd_bus_message *message, const WireArgument *rows, gpointer target,
                             gsize *ret_bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Whether the strings of a call that sd-bus itself answers have at most MAX bytes each. Those of its interfaces have strings,
// and variants, as their first arguments and no others. Rewinds the message.
gboolean wire_check_strings(sd_bus_message *message, gsize max,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Answers MESSAGE with ERROR.
void wire_reply_error(sd_bus_message *message, const GError *error);
