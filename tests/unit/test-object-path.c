// SPDX-License-Identifier: LGPL-2.1-or-later
// Object paths: every name goes there and back, and no object has a second path.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bus/object-path.h"

#include <systemd/sd-bus.h>

static void test_round_trip(void **state)
{
    static const char *const names[] = { "web",         "web-1", "a.b.c",  "0start",
                                         "under_score", "x",     "Großer", "..",
                                         "a/b",         "",      "_" };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(names); j++) {
            g_autofree char *path = object_path_of(BUS_INSTANCES, names[i], names[j]);
            g_autofree char *namespace = NULL, *name = NULL;

            assert_true(sd_bus_object_path_is_valid(path));
            assert_true(object_path_parse(path, BUS_INSTANCES, &namespace, &name));
            assert_string_equal(namespace, names[i]);
            assert_string_equal(name, names[j]);
        }
}

static void test_known(void **state)
{
    g_autofree char *instance = object_path_of(BUS_INSTANCES, "default", "web-1");
    g_autofree char *pool = object_path_of_pool("default");
    g_autofree char *job = object_path_of_job(42);

    assert_string_equal(instance, "/org/example/Vmi1/instance/default/web_2d1");
    assert_string_equal(pool, "/org/example/Vmi1/pool/default");
    assert_string_equal(job, "/org/example/Vmi1/job/42");
}

static void test_foreign_paths(void **state)
{
    static const char *const paths[] = {
        "/",
        "/org/example/Vmi1",
        "/org/example/Vmi1/instance",
        "/org/example/Vmi1/instance/default",
        "/org/example/Vmi1/instance/default/web/more",
        "/org/example/Vmi1/volume/default/web",
        "/org/example/Vmi1/instancedefault/web",
        "/org/example/Vmi1/instance/default/_77eb",   // "web", with an escape that needs none
        "/org/example/Vmi1/instance/default/web_2D1", // another spelling of web_2d1
    };

    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *namespace = NULL, *name = NULL;

        assert_false(object_path_parse(paths[i], BUS_INSTANCES, &namespace, &name));
        assert_null(namespace);
        assert_null(name);
    }
}

static void test_jobs(void **state)
{
    static const char *const bad[] = {
        "/org/example/Vmi1/job/",           "/org/example/Vmi1/job/007",
        "/org/example/Vmi1/job/4294967296", "/org/example/Vmi1/job/1/2",
        "/org/example/Vmi1/job/_31",        "/org/example/Vmi1/pool/1"
    };
    guint id = 0;

    assert_true(object_path_parse_job("/org/example/Vmi1/job/4294967295", &id));
    assert_int_equal(id, 4294967295u);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(object_path_parse_job(bad[i], &id));
}

static void test_pools(void **state)
{
    g_autofree char *name = NULL, *none = NULL;

    assert_true(object_path_parse_pool("/org/example/Vmi1/pool/fast_2dssd", &name));
    assert_string_equal(name, "fast-ssd");
    assert_false(object_path_parse_pool("/org/example/Vmi1/pool/_66ast", &none));
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_known),
        cmocka_unit_test(test_foreign_paths), cmocka_unit_test(test_jobs),
        cmocka_unit_test(test_pools),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
