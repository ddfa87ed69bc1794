// SPDX-License-Identifier: LGPL-2.1-or-later
// Host CPUs of guests: which are shared, and that nobody gets another's.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/error.h"
#include "config/config.h"
#include "runs/cpu-pool.h"

static GArray *cpus(const char *text)
{
    GArray *list = config_parse_cpus(text, NULL);

    assert_non_null(list);
    return list;
}

static CpuPool *pool_new(const char *online, const char *shared)
{
    g_autoptr(GArray) a = cpus(online);
    g_autoptr(GArray) b = shared ? cpus(shared) : NULL;

    return cpu_pool_new(a, a, b);
}

// Eight CPUs, of which N and N+4 are threads of a core; 0 and 4 are shared.
static CpuPool *pool_of_siblings(void)
{
    g_autoptr(GArray) online = cpus("0-7"), shared = cpus("0,4");
    static const guint cores[] = { 0, 1, 2, 3, 0, 1, 2, 3 };
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(guint));

    g_array_append_vals(list, cores, G_N_ELEMENTS(cores));
    return cpu_pool_new(online, list, shared);
}

static void assert_cpus(const GArray *actual, const char *expected)
{
    g_autoptr(GArray) list = cpus(expected);

    assert_int_equal(actual->len, list->len);
    assert_memory_equal(actual->data, list->data, list->len * sizeof(guint));
}

static void test_all_shared(void **state)
{
    g_autoptr(CpuPool) pool = pool_new("0-3", NULL);
    g_autoptr(GArray) none = cpu_pool_take(pool, 0, 1, 0, NULL);
    g_autoptr(GError) error = NULL;

    assert_cpus(cpu_pool_shared(pool), "0-3");
    assert_int_equal(none->len, 0);
    assert_null(cpu_pool_take(pool, 0, 1, 1, &error));
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_NO_SPACE));
    assert_non_null(strstr(error->message, "SharedCPUs="));
}

static void test_take(void **state)
{
    g_autoptr(CpuPool) pool = pool_new("0-7", "0,1,99");
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) a = cpu_pool_take(pool, 0, 1, 2, NULL);
    g_autoptr(GArray) b = cpu_pool_take(pool, 0, 1, 3, NULL);

    assert_cpus(cpu_pool_shared(pool), "0-1");
    assert_cpus(a, "2-3");
    assert_cpus(b, "4-6");
    assert_null(cpu_pool_take(pool, 0, 1, 2, &error));
    assert_non_null(strstr(error->message, "1 of 6"));
    // A failed take takes nothing.
    cpu_pool_give_back(pool, a);
    g_autoptr(GArray) c = cpu_pool_take(pool, 0, 1, 3, NULL);
    assert_cpus(c, "2-3,7");
}

static void test_reserve(void **state)
{
    g_autoptr(CpuPool) pool = pool_new("0-3", "0");
    g_autoptr(GArray) adopted = cpus("0,2,50");
    g_autoptr(GArray) first = NULL;
    g_autoptr(GArray) second = NULL;

    cpu_pool_reserve(pool, adopted);
    cpu_pool_reserve(pool, adopted);
    first = cpu_pool_take(pool, 0, 1, 2, NULL);
    assert_cpus(first, "1,3");
    cpu_pool_give_back(pool, adopted);
    cpu_pool_give_back(pool, adopted);
    second = cpu_pool_take(pool, 0, 1, 1, NULL);
    assert_cpus(second, "2");
    assert_null(cpu_pool_take(pool, 0, 1, 1, NULL));
}

static void assert_order(const GArray *actual, const guint *expected, guint length)
{
    assert_non_null(actual);
    assert_int_equal(actual->len, length);
    assert_memory_equal(actual->data, expected, length * sizeof(guint));
}

// The threads of a core of the guest are threads of a core of the host; what comes besides takes what is there.
static void test_siblings(void **state)
{
    g_autoptr(CpuPool) pool = pool_of_siblings();
    g_autoptr(GArray) odd = cpu_pool_take(pool, 1, 1, 0, NULL);
    g_autoptr(GArray) two = cpu_pool_take(pool, 2, 2, 1, NULL);
    g_autoptr(GArray) none = NULL;
    g_autoptr(GArray) again = NULL;
    g_autoptr(GError) error = NULL;
    static const guint expected[] = { 2, 6, 3, 7, 5 };
    static const guint afterwards[] = { 1, 5 };

    assert_cpus(odd, "1");
    assert_order(two, expected, G_N_ELEMENTS(expected));
    assert_null(cpu_pool_take(pool, 1, 2, 0, NULL));
    cpu_pool_give_back(pool, two);
    // Four CPUs are free in two cores, one more in another.
    none = cpu_pool_take(pool, 1, 2, 3, NULL);
    assert_non_null(none);
    cpu_pool_give_back(pool, none);
    g_clear_pointer(&none, g_array_unref);
    none = cpu_pool_take(pool, 3, 2, 0, &error);
    assert_null(none);
    g_clear_error(&error);
    cpu_pool_give_back(pool, odd);
    again = cpu_pool_take(pool, 1, 2, 0, NULL);
    assert_order(again, afterwards, G_N_ELEMENTS(afterwards));
}

static void test_scattered(void **state)
{
    g_autoptr(CpuPool) pool = pool_of_siblings();
    g_autoptr(GArray) taken = cpus("1,2,3");
    g_autoptr(GError) error = NULL;

    cpu_pool_reserve(pool, taken);
    assert_null(cpu_pool_take(pool, 1, 2, 0, &error)); // three are free, of three cores
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_NO_SPACE));
    assert_non_null(strstr(error->message, "host cores"));
    g_autoptr(GArray) rest = cpu_pool_take(pool, 3, 1, 0, NULL);
    assert_cpus(rest, "5-7");
}

// Nothing can be together where a core has one thread.
static void test_no_siblings(void **state)
{
    g_autoptr(CpuPool) pool = pool_new("0-4", "0");
    g_autoptr(GArray) four = cpu_pool_take(pool, 2, 2, 0, NULL);

    assert_cpus(four, "1-4");
}

static void test_none_of_shared_online(void **state)
{
    g_autoptr(CpuPool) pool = pool_new("0-1", "8-9");

    assert_cpus(cpu_pool_shared(pool), "0-1");
    assert_null(cpu_pool_take(pool, 0, 1, 1, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_shared),
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_siblings),
        cmocka_unit_test(test_scattered),
        cmocka_unit_test(test_no_siblings),
        cmocka_unit_test(test_none_of_shared_online),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
