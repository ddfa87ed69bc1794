// SPDX-License-Identifier: LGPL-2.1-or-later
// What a VMI's status keeps of what happened to it; see status.h.
#include "manager/status.h"

#include <string.h>

enum {
    // What a reader finds useful, and what rewriting a definition costs: a guest that reboots or fails without end adds no more than this.
    MAX_EVENTS = 50,
    MAX_BYTES = 16 * 1024,
    MAX_MESSAGE_BYTES = 1024,
};

#define CUT_SHORT "…"

static char *cut_message(const char *message)
{
    g_autofree char *valid = g_utf8_make_valid(message, -1);
    gsize length = MAX_MESSAGE_BYTES - strlen(CUT_SHORT);

    if (strlen(valid) <= MAX_MESSAGE_BYTES)
        return g_steal_pointer(&valid);
    while (length > 0 && ((guchar)valid[length] & 0xc0) == 0x80) // within a character
        length--;
    valid[length] = '\0';
    return g_strconcat(valid, CUT_SHORT, NULL);
}

// Takes the equal one out of the list. Owned, or NULL.
static ApiEvent *take_equal(GPtrArray *events, gboolean warning, const char *reason,
                            const char *message)
{
    for (guint i = 0; i < events->len; i++) {
        const ApiEvent *event = g_ptr_array_index(events, i);

        if (api_bool_or(event->warning, FALSE) == warning &&
            g_strcmp0(event->reason, reason) == 0 && g_strcmp0(event->message, message) == 0)
            return g_ptr_array_steal_index(events, i);
    }
    return NULL;
}

static ApiEvent *event_new(gboolean warning, const char *reason, const char *message, gint64 now)
{
    ApiEvent *event = api_event_new();

    event->warning = warning ? API_TRUE : API_UNSET;
    event->reason = g_strdup(reason);
    event->message = g_strdup(message);
    event->first = (ApiInt){ .set = TRUE, .value = now };
    event->count = (ApiInt){ .set = TRUE };
    return event;
}

static gsize count_bytes(const GPtrArray *events)
{
    gsize bytes = 0;

    for (guint i = 0; i < events->len; i++) {
        const ApiEvent *event = g_ptr_array_index(events, i);

        bytes += strlen(event->reason) + strlen(event->message);
    }
    return bytes;
}

void status_add_event(ApiVmiStatus *status, gboolean warning, const char *reason,
                      const char *message, gint64 now_usec)
{
    g_autofree char *kept = cut_message(message);
    ApiEvent *event = NULL;

    if (!status->events)
        status->events = api_list_new(&api_event_type);
    event = take_equal(status->events, warning, reason, kept);
    if (!event)
        event = event_new(warning, reason, kept, now_usec);
    event->count.value++;
    event->last = (ApiInt){ .set = TRUE, .value = now_usec };
    g_ptr_array_add(status->events, event);
    while (status->events->len > MAX_EVENTS || count_bytes(status->events) > MAX_BYTES)
        g_ptr_array_remove_index(status->events, 0);
}

const ApiEvent *status_last_event(const ApiVmiStatus *status)
{
    return status->events && status->events->len > 0
               ? g_ptr_array_index(status->events, status->events->len - 1)
               : NULL;
}
