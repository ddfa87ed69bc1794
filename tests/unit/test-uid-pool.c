// SPDX-License-Identifier: LGPL-2.1-or-later
// User ids of guests: each once, in turn, and none too many.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/error.h"
#include "manager/guest-users.h"
#include "runs/uid-pool.h"

static guint32 take(UidPool *pool)
{
    guint32 uid = 0;

    assert_true(uid_pool_take(pool, &uid, NULL));
    return uid;
}

static void test_in_turn(void **state)
{
    g_autoptr(UidPool) pool = uid_pool_new(400000, 3);

    assert_int_equal(take(pool), 400000);
    uid_pool_give_back(pool, 400000);
    // Not the one that was just given back.
    assert_int_equal(take(pool), 400001);
    assert_int_equal(take(pool), 400002);
    assert_int_equal(take(pool), 400000);
}

static void test_exhausted(void **state)
{
    g_autoptr(UidPool) pool = uid_pool_new(1000, 2);
    g_autoptr(GError) error = NULL;
    guint32 uid = 7;

    take(pool);
    take(pool);
    assert_false(uid_pool_take(pool, &uid, &error));
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_NO_SPACE));
    assert_non_null(strstr(error->message, "GuestUsers="));
    assert_int_equal(uid, 7);
    uid_pool_give_back(pool, 1001);
    assert_int_equal(take(pool), 1001);
}

static void test_reserve(void **state)
{
    g_autoptr(UidPool) pool = uid_pool_new(1000, 2);

    assert_true(uid_pool_reserve(pool, 1000));
    assert_false(uid_pool_reserve(pool, 1000));
    assert_true(uid_pool_reserve(pool, 5)); // of an earlier configuration
    assert_true(uid_pool_reserve(pool, 1002));
    assert_int_equal(take(pool), 1001);
    assert_false(uid_pool_take(pool, &(guint32){ 0 }, NULL));
}

static void test_give_back_what_is_not_taken(void **state)
{
    g_autoptr(UidPool) pool = uid_pool_new(1000, 2);

    uid_pool_give_back(pool, 1000);
    uid_pool_give_back(pool, 999);
    uid_pool_give_back(pool, G_MAXUINT32);
    take(pool);
    take(pool);
    assert_false(uid_pool_take(pool, &(guint32){ 0 }, NULL));
}

static void test_top_of_range(void **state)
{
    g_autoptr(UidPool) pool = uid_pool_new(G_MAXUINT32 - 1, 1);

    assert_int_equal(take(pool), G_MAXUINT32 - 1);
    assert_true(uid_pool_reserve(pool, G_MAXUINT32));
    assert_false(uid_pool_reserve(pool, G_MAXUINT32 - 1));
}

static void test_of_none(void **state)
{
    g_autoptr(UidPool) pool = uid_pool_new(0, 0);

    assert_int_equal(take(pool), 0);
    assert_int_equal(take(pool), 0);
    assert_true(uid_pool_reserve(pool, 1000));
    uid_pool_give_back(pool, 1000);
}

// What the fifth user of a host would be given is not what guests run as.
static void test_subordinate_ids(void **state)
{
    static const struct {
        const char *text;
        gboolean overlaps;
    } cases[] = {
        { "", FALSE },
        { "# comment\nann:100000:65536\n\nbob:165536:65536\n", FALSE },
        { "ann:100000:65536\nbob:500000:65536", TRUE },
        { "ann:499999:1\nbob:500010:65536\n", FALSE },
        { "ann:499999:2\n", TRUE },
        { "ann:500009:1\n", TRUE },
        { "ann:500005:0\n", FALSE },
        { "ann:4294967295:4294967295\n", FALSE },
        { "ann:0:4294967295\n", TRUE },
        { "ann:500005\n500005:500005\nann:-1:5\nann:x:y\n", FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *problem =
            guest_users_check_subordinate("/etc/subuid", cases[i].text, 500000, 10);

        assert_int_equal(problem != NULL, cases[i].overlaps);
        assert_true(!problem || strstr(problem, "500000-500009"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subordinate_ids),
        cmocka_unit_test(test_in_turn),
        cmocka_unit_test(test_exhausted),
        cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_give_back_what_is_not_taken),
        cmocka_unit_test(test_top_of_range),
        cmocka_unit_test(test_of_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
