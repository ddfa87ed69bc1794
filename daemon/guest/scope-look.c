// SPDX-License-Identifier: LGPL-2.1-or-later
// See scope-look.h.
#include "guest/scope-look.h"

#include <stdlib.h>
#include <string.h>

#include "base/autoptr.h"
#include "base/error.h"
#include "domain/layout.h"
#include "guest/process.h"
#include "guest/unit-bus.h"

// As printf(3) makes it and sscanf(3) reads it: names of objects have 253 characters at most, and no space.
#define DESCRIPTION "Virtual machine %s (namespace %s)"
#define DESCRIPTION_READ "Virtual machine %255[^ ] (namespace %255[^ )])"

char *scope_look_describe(const char *namespace, const char *name)
{
    return g_strdup_printf(DESCRIPTION, name, namespace);
}

static void look_free(gpointer data)
{
    ScopeLook *self = data;

    g_free(self->unit);
    g_free(self->namespace);
    g_free(self->name);
    g_clear_pointer(&self->pids, g_array_unref);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ScopeLook, look_free)

// NULL for a scope that is none of ours.
static ScopeLook *look_new(const char *unit, const char *description)
{
    g_autoptr(ScopeLook) self = g_new0(ScopeLook, 1);
    g_autofree char *expected = NULL;
    char name[256], namespace[256];

    if (sscanf(description, DESCRIPTION_READ, name, namespace) != 2)
        return NULL;
    expected = layout_scope_name(namespace, name);
    if (!g_str_equal(expected, unit))
        return NULL;
    self->unit = g_strdup(unit);
    self->namespace = g_strdup(namespace);
    self->name = g_strdup(name);
    return g_steal_pointer(&self);
}

static gboolean read_processes(sd_bus *bus, ScopeLook *self, const char *path, GError **error)
{
    g_auto(sd_bus_error) bus_error = SD_BUS_ERROR_NULL;
    g_autofree char *cgroup = NULL;
    int r =
        sd_bus_get_property_string(bus, UNIT_BUS_SERVICE, path, "org.freedesktop.systemd1.Scope",
                                   "ControlGroup", &bus_error, &cgroup);

    if (r < 0) {
        unit_bus_set_error(error, &bus_error, r, "cannot ask for the control group of \"%s\"",
                           self->unit);
        return FALSE;
    }
    self->pids = process_of_cgroup(cgroup, error);
    return self->pids != NULL;
}

// Takes what REPLY lists: GPtrArray of ScopeLook, with the objects' paths in PATHS; a negative errno when it cannot be read.
static int read_list(sd_bus_message *reply, GPtrArray *looks, GPtrArray *paths)
{
    const char *unit, *description, *path;
    int r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");

    while (r >= 0 && (r = sd_bus_message_read(reply, "(ssssssouso)", &unit, &description, NULL,
                                              NULL, NULL, NULL, &path, NULL, NULL, NULL)) > 0) {
        ScopeLook *look = look_new(unit, description);

        if (!look)
            continue;
        g_ptr_array_add(looks, look);
        g_ptr_array_add(paths, g_strdup(path));
    }
    return r;
}

GPtrArray *scope_look_all(GError **error)
{
    g_autoptr(sd_bus) bus = unit_bus_open(error);
    g_auto(sd_bus_error) bus_error = SD_BUS_ERROR_NULL;
    g_autoptr(sd_bus_message) reply = NULL;
    g_autoptr(GPtrArray) looks = g_ptr_array_new_with_free_func(look_free);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    int r;

    if (!bus)
        return NULL;
    r = sd_bus_call_method(bus, UNIT_BUS_SERVICE, UNIT_BUS_PATH, UNIT_BUS_MANAGER,
                           "ListUnitsByPatterns", &bus_error, &reply, "asas", 0, 1, "vmi-*.scope");
    r = r < 0 ? r : read_list(reply, looks, paths);
    if (r < 0) {
        unit_bus_set_error(error, &bus_error, r, "cannot list the scopes of guests");
        return NULL;
    }
    for (guint i = looks->len; i > 0; i--) {
        ScopeLook *look = g_ptr_array_index(looks, i - 1);

        if (!read_processes(bus, look, g_ptr_array_index(paths, i - 1), error))
            return NULL;
        if (look->pids->len == 0)
            g_ptr_array_remove_index(looks, i - 1);
    }
    return g_steal_pointer(&looks);
}

const ScopeLook *scope_look_find(const GPtrArray *looks, const char *unit)
{
    for (guint i = 0; i < looks->len; i++) {
        const ScopeLook *look = g_ptr_array_index(looks, i);

        if (g_str_equal(look->unit, unit))
            return look;
    }
    return NULL;
}

gint scope_look_qemu(const ScopeLook *self, gint recorded)
{
    gint found = 0;

    for (guint i = 0; self && i < self->pids->len; i++) {
        gint pid = g_array_index(self->pids, gint, i);

        if (pid == recorded)
            return pid;
        if (found == 0 && !process_is_helper(pid))
            found = pid;
    }
    return found;
}
