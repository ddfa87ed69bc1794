// SPDX-License-Identifier: LGPL-2.1-or-later
// sd_bus on GLib's main loop, as sd_bus_get_fd(3) tells to do it: poll the descriptor for what
// sd_bus_get_events() says, until sd_bus_get_timeout() at the latest, then sd_bus_process(). Knows
// nothing of what is served.
#include "bus/glib-source.h"

#include "base/autoptr.h"

#include <errno.h>

// What is handled before other sources get their turn, the watchdog's among them: so many messages,
// and none after so long. A large one takes sd-bus a second, for it looks at each character.
#define MESSAGES_PER_TURN 16
#define TURN_USEC (50 * 1000)

typedef struct {
    GSource source;
    sd_bus *bus;
    gpointer fd_tag;
    GIOCondition wanted; // what fd_tag is set to
    BusLost lost;
    gpointer user_data;
} BusSource;

static GIOCondition wanted_condition(sd_bus *bus)
{
    int events = sd_bus_get_events(bus); // poll(2) bits, which are GLib's on Linux

    return events < 0 ? G_IO_IN | G_IO_ERR | G_IO_HUP : (GIOCondition)events;
}

// Milliseconds from now until USEC (CLOCK_MONOTONIC), rounded up: waking early would spin.
static int milliseconds_until(uint64_t usec)
{
    uint64_t now = (uint64_t)g_get_monotonic_time();

    if (usec == UINT64_MAX)
        return -1;
    if (usec <= now)
        return 0;
    return (int)MIN((usec - now + 999) / 1000, G_MAXINT);
}

static gboolean source_prepare(GSource *source, int *timeout)
{
    BusSource *self = (BusSource *)source;
    uint64_t usec = UINT64_MAX;

    if (sd_bus_get_timeout(self->bus, &usec) < 0) {
        *timeout = 0;
        return TRUE; // broken: dispatch finds out how
    }
    // Only a change: telling GLib wakes the loop up, and doing so on every turn would make it spin.
    if (wanted_condition(self->bus) != self->wanted) {
        self->wanted = wanted_condition(self->bus);
        g_source_modify_unix_fd(source, self->fd_tag, self->wanted);
    }
    *timeout = milliseconds_until(usec);
    return *timeout == 0;
}

static gboolean source_check(GSource *source)
{
    BusSource *self = (BusSource *)source;
    uint64_t usec = UINT64_MAX;

    if (g_source_query_unix_fd(source, self->fd_tag) != 0)
        return TRUE;
    return sd_bus_get_timeout(self->bus, &usec) < 0 || milliseconds_until(usec) == 0;
}

static gboolean source_dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
    BusSource *self = (BusSource *)source;
    gint64 end = g_get_monotonic_time() + TURN_USEC;
    int r = 1;

    for (guint count = 0; r > 0 && count < MESSAGES_PER_TURN; count++) {
        r = sd_bus_process(self->bus, NULL);
        if (g_get_monotonic_time() >= end)
            break;
    }
    if (r >= 0)
        return G_SOURCE_CONTINUE;
    if (self->lost)
        self->lost(-r, self->user_data);
    return G_SOURCE_REMOVE;
}

static void source_finalize(GSource *source)
{
    BusSource *self = (BusSource *)source;

    self->bus = sd_bus_unref(self->bus);
}

// GLib only reads it, whatever g_source_new() declares.
static const GSourceFuncs source_funcs = {
    .prepare = source_prepare,
    .check = source_check,
    .dispatch = source_dispatch,
    .finalize = source_finalize,
};

GSource *bus_source_attach(sd_bus *bus, BusLost lost, gpointer user_data)
{
    GSource *source = g_source_new((GSourceFuncs *)&source_funcs, sizeof(BusSource));
    BusSource *self = (BusSource *)source;

    self->bus = sd_bus_ref(bus);
    self->lost = lost;
    self->user_data = user_data;
    self->wanted = wanted_condition(bus);
    self->fd_tag = g_source_add_unix_fd(source, sd_bus_get_fd(bus), self->wanted);
    g_source_set_static_name(source, "sd-bus");
    g_source_attach(source, NULL);
    return source;
}
