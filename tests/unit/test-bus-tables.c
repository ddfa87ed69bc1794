// SPDX-License-Identifier: LGPL-2.1-or-later
// The tables of the bus interfaces: every method and property that is announced is served, and
// every method that changes or reveals something names the polkit action that guards it, and every string of a caller has a bound.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/yaml.h"
#include "bus/interface.h"

static const BusInterface *const interfaces[] = {
    &manager_interface, &instance_interface, &volume_interface, &pool_interface, &job_interface,
};

static const BusMethod *find_method(const BusInterface *interface, const char *member)
{
    for (const BusMethod *row = interface->methods; row && row->member; row++)
        if (g_str_equal(row->member, member))
            return row;
    return NULL;
}

static const BusProperty *find_property(const BusInterface *interface, const char *name)
{
    for (const BusProperty *row = interface->properties; row->name; row++)
        if (g_str_equal(row->name, name))
            return row;
    return NULL;
}

// vtable entries carry their type as a letter: sd-bus-vtable.h.
enum { METHOD = 'M', PROPERTY = 'P', END = '>' };

static const char *signature_of(const WireArgument *argument)
{
    const char *const signatures[] = { "a{sv}", "s", "b", "t", "u" };

    for (size_t i = 0; i < G_N_ELEMENTS(signatures); i++)
        if (signatures[i][0] == argument->type)
            return signatures[i];
    fail_msg("\"%s\" has a type that cannot be read", argument->name);
    return NULL;
}

// Each string that a caller may give has a bound.
static void check_bounds(const BusInterface *interface, const char *member, const WireArgument *row)
{
    for (; row && row->name; row++) {
        if (row->type == 's' && (row->max == 0 || row->max > API_YAML_MAX_BYTES))
            fail_msg("%s.%s: \"%s\" has no bound", interface->name, member, row->name);
        if (row->type == 'a' && !row->options)
            fail_msg("%s.%s: \"%s\" has no table of options", interface->name, member, row->name);
        check_bounds(interface, member, row->options);
    }
}

// What is announced is what is read: the same arguments by name and type.
static void check_arguments(const BusInterface *interface, const sd_bus_vtable *entry,
                            const BusMethod *row)
{
    const char *name = entry->x.method.names;
    g_autoptr(GString) signature = g_string_new(NULL);

    for (const WireArgument *argument = row->takes; argument && argument->name; argument++) {
        g_string_append(signature, signature_of(argument));
        assert_string_equal(argument->name, name);
        name += strlen(name) + 1;
    }
    assert_string_equal(signature->str, entry->x.method.signature ? entry->x.method.signature : "");
    check_bounds(interface, row->member, row->takes);
}

static void check_method(const BusInterface *interface, const sd_bus_vtable *entry)
{
    // Lists and lookups tell only what any user of the host may see in the process list and in
    // systemctl.
    static const char *const open[] = { "List", "ListPage", "GetInstance", "ListJobs", NULL };
    const BusMethod *row = find_method(interface, entry->x.method.member);

    if (!row)
        fail_msg("%s.%s has no row", interface->name, entry->x.method.member);
    assert_true(!row->run != !row->submit);
    assert_ptr_equal(entry->x.method.handler, method_dispatch);
    assert_true(entry->flags & SD_BUS_VTABLE_UNPRIVILEGED);
    if (!row->action && !g_strv_contains(open, row->member))
        fail_msg("%s.%s is open to everyone", interface->name, row->member);
    if (row->action && !row->details && !row->demand)
        fail_msg("%s.%s asks polkit nothing", interface->name, row->member);
    check_arguments(interface, entry, row);
}

static void test_announced_is_served(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(interfaces); i++)
        for (const sd_bus_vtable *entry = interfaces[i]->vtable; entry->type != END; entry++) {
            if (entry->type == METHOD)
                check_method(interfaces[i], entry);
            if (entry->type == PROPERTY && !find_property(interfaces[i], entry->x.property.member))
                fail_msg("%s.%s has no row", interfaces[i]->name, entry->x.property.member);
        }
}

static gboolean announced(const BusInterface *interface, char type, const char *name)
{
    for (const sd_bus_vtable *entry = interface->vtable; entry->type != END; entry++)
        if (entry->type == type &&
            g_str_equal(name, type == METHOD ? entry->x.method.member : entry->x.property.member))
            return TRUE;
    return FALSE;
}

static void test_served_is_announced(void **state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(interfaces); i++) {
        for (const BusMethod *row = interfaces[i]->methods; row && row->member; row++)
            assert_true(announced(interfaces[i], METHOD, row->member));
        for (const BusProperty *row = interfaces[i]->properties; row->name; row++)
            assert_true(announced(interfaces[i], PROPERTY, row->name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_announced_is_served),
        cmocka_unit_test(test_served_is_announced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
