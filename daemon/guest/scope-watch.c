// SPDX-License-Identifier: LGPL-2.1-or-later
// See scope-watch.h. All calls on the daemon's connection are asynchronous: the main loop never waits for systemd, which may itself be
// waiting for us.
#include "guest/scope-watch.h"

#include <string.h>

#include "guest/unit-bus.h"

#define UNITS_PATH UNIT_BUS_PATH "/unit"
#define SCOPE_PREFIX "vmi-"
#define SCOPE_SUFFIX ".scope"

struct ScopeWatch {
    ScopeEnding ending;
    gpointer user_data;
    sd_bus_slot *changed, *subscribe, *list;
    GPtrArray *stopping; // char *, scopes that began to stop, until it is known why
    sd_bus_slot *why;    // the question that they wait for
};

static gboolean is_guest_scope(const char *unit)
{
    return g_str_has_prefix(unit, SCOPE_PREFIX) && g_str_has_suffix(unit, SCOPE_SUFFIX);
}

// ret_state is borrowed from MESSAGE; "" when the state is not among the changed properties.
static int read_active_state(sd_bus_message *message, const char **ret_state)
{
    const char *interface, *state = "";
    int r = sd_bus_message_read(message, "s", &interface);

    r = r < 0 ? r : sd_bus_message_enter_container(message, 'a', "{sv}");
    while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
        const char *property;

        r = sd_bus_message_read(message, "s", &property);
        if (r >= 0 && g_str_equal(property, "ActiveState"))
            r = sd_bus_message_read(message, "v", "s", &state);
        else if (r >= 0)
            r = sd_bus_message_skip(message, "v");
        r = r < 0 ? r : sd_bus_message_exit_container(message);
    }
    if (r >= 0)
        *ret_state = state;
    return r;
}

// Why scopes stop is in the state of the whole system: that is "stopping" from the moment the host's shutdown is begun.
static int on_system_state(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
    ScopeWatch *self = user_data;
    g_autoptr(GPtrArray) stopping = g_steal_pointer(&self->stopping);
    const char *state = "";
    gboolean shutdown = !sd_bus_message_is_method_error(reply, NULL) &&
                        sd_bus_message_read(reply, "v", "s", &state) >= 0 &&
                        g_str_equal(state, "stopping");

    self->stopping = g_ptr_array_new_with_free_func(g_free);
    self->why = sd_bus_slot_unref(self->why);
    for (guint i = 0; i < stopping->len; i++)
        self->ending(g_ptr_array_index(stopping, i),
                     shutdown ? GUEST_SCOPE_SHUTDOWN : GUEST_SCOPE_STOPPING, self->user_data);
    return 0;
}

static void note_stopping(ScopeWatch *self, sd_bus_message *message, const char *unit)
{
    int r = 0;

    g_ptr_array_add(self->stopping, g_strdup(unit));
    if (!self->why)
        r = sd_bus_call_method_async(sd_bus_message_get_bus(message), &self->why, UNIT_BUS_SERVICE,
                                     UNIT_BUS_PATH, "org.freedesktop.DBus.Properties", "Get",
                                     on_system_state, self, "ss", UNIT_BUS_MANAGER, "SystemState");
    if (r >= 0)
        return;
    g_ptr_array_set_size(self->stopping, 0);
    self->ending(unit, GUEST_SCOPE_STOPPING, self->user_data);
}

static void note_over(ScopeWatch *self, const char *unit)
{
    guint index;

    if (g_ptr_array_find_with_equal_func(self->stopping, unit, g_str_equal, &index))
        g_ptr_array_remove_index(self->stopping, index);
    self->ending(unit, GUEST_SCOPE_OVER, self->user_data);
}

static int on_changed(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
    ScopeWatch *self = user_data;
    g_autofree char *unit = NULL;
    const char *state;

    if (sd_bus_path_decode(sd_bus_message_get_path(message), UNITS_PATH, &unit) <= 0 ||
        !is_guest_scope(unit))
        return 0;
    // "deactivating" lasts until QEMU is gone; a scope whose QEMU ended by itself goes straight to "inactive".
    if (read_active_state(message, &state) < 0)
        return 0;
    if (g_str_equal(state, "deactivating"))
        note_stopping(self, message, unit);
    else if (g_str_equal(state, "inactive") || g_str_equal(state, "failed"))
        note_over(self, unit);
    return 0;
}

// Those that began to stop while nobody watched.
static int on_listed(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
    ScopeWatch *self = user_data;
    const char *name;

    if (sd_bus_message_is_method_error(reply, NULL) ||
        sd_bus_message_enter_container(reply, 'a', "(ssssssouso)") < 0)
        return 0;
    while (sd_bus_message_read(reply, "(ssssssouso)", &name, NULL, NULL, NULL, NULL, NULL, NULL,
                               NULL, NULL, NULL) > 0)
        note_stopping(self, reply, name);
    return 0;
}

static int ignore_reply(sd_bus_message *reply, void *user_data, sd_bus_error *ret_error)
{
    return 0;
}

ScopeWatch *scope_watch_new(sd_bus *bus, ScopeEnding ending, gpointer user_data, GError **error)
{
    g_autoptr(ScopeWatch) self = g_new0(ScopeWatch, 1);
    int r;

    self->stopping = g_ptr_array_new_with_free_func(g_free);
    self->ending = ending;
    self->user_data = user_data;
    r = sd_bus_add_match_async(bus, &self->changed,
                               "type='signal',sender='" UNIT_BUS_SERVICE "',"
                               "path_namespace='" UNITS_PATH "',"
                               "interface='org.freedesktop.DBus.Properties',"
                               "member='PropertiesChanged',arg0='" UNIT_BUS_UNIT "'",
                               on_changed, NULL, self);
    // systemd sends these signals only while somebody is subscribed.
    if (r >= 0)
        r = sd_bus_call_method_async(bus, &self->subscribe, UNIT_BUS_SERVICE, UNIT_BUS_PATH,
                                     UNIT_BUS_MANAGER, "Subscribe", ignore_reply, NULL, NULL);
    if (r >= 0)
        r = sd_bus_call_method_async(bus, &self->list, UNIT_BUS_SERVICE, UNIT_BUS_PATH,
                                     UNIT_BUS_MANAGER, "ListUnitsByPatterns", on_listed, self,
                                     "asas", 1, "deactivating", 1, SCOPE_PREFIX "*" SCOPE_SUFFIX);
    if (r < 0) {
        unit_bus_set_error(error, NULL, r, "cannot watch the scopes of guests");
        return NULL;
    }
    return g_steal_pointer(&self);
}

void scope_watch_free(ScopeWatch *self)
{
    if (!self)
        return;
    sd_bus_slot_unref(self->changed);
    sd_bus_slot_unref(self->subscribe);
    sd_bus_slot_unref(self->list);
    sd_bus_slot_unref(self->why);
    g_ptr_array_unref(self->stopping);
    g_free(self);
}
