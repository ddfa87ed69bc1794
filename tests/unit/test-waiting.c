// SPDX-License-Identifier: LGPL-2.1-or-later
// The bounds on calls that wait: of a user over all connections, of a connection while nobody knows whose it is.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "bus/waiting.h"

enum { MIB = 1024 * 1024, NOBODY = 65534, PERSON = 1000 };

typedef struct {
    GQueue queue;
    GPtrArray *calls; // owned
} Fixture;

static int setup(void **state)
{
    Fixture *self = g_new0(Fixture, 1);

    self->calls = g_ptr_array_new_with_free_func(g_free);
    *state = self;
    return 0;
}

static int teardown(void **state)
{
    Fixture *self = *state;

    for (guint i = 0; i < self->calls->len; i++)
        waiting_remove(&self->queue, self->calls->pdata[i]);
    assert_int_equal(self->queue.length, 0);
    g_ptr_array_unref(self->calls);
    g_free(self);
    return 0;
}

// NULL when it is refused for being too much.
static WaitingCall *add(Fixture *self, const char *sender, gsize bytes)
{
    g_autofree WaitingCall *call = g_new0(WaitingCall, 1);
    g_autoptr(GError) error = NULL;

    call->sender = sender;
    call->bytes = bytes;
    if (!waiting_add(&self->queue, call, &error)) {
        assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_BUSY));
        return NULL;
    }
    g_ptr_array_add(self->calls, call);
    return g_steal_pointer(&call);
}

static gboolean identify(Fixture *self, WaitingCall *call, uid_t uid)
{
    g_autoptr(GError) error = NULL;
    gboolean good = waiting_identify(&self->queue, call, uid, uid == 0, &error);

    assert_true(good || g_error_matches(error, VMI_ERROR, VMI_ERROR_BUSY));
    return good;
}

static void test_user_is_bounded_over_its_connections(void **state)
{
    Fixture *self = *state;
    static const char *const senders[] = { ":1.1", ":1.2", ":1.3" };
    WaitingCall *call = NULL;

    for (guint i = 0; i < 64; i++) {
        call = add(self, senders[i % 3], 1);
        assert_true(identify(self, call, NOBODY));
    }
    assert_false(identify(self, add(self, ":1.4", 1), NOBODY));
    assert_true(identify(self, add(self, ":1.5", 1), PERSON));
    assert_true(identify(self, add(self, ":1.6", 1), 0));
}

static void test_bytes_are_bounded(void **state)
{
    Fixture *self = *state;
    WaitingCall *first = add(self, ":1.1", 10 * MIB), *second = add(self, ":1.1", 10 * MIB);

    assert_true(identify(self, first, NOBODY));
    assert_false(identify(self, second, NOBODY));
    waiting_remove(&self->queue, second);
    waiting_remove(&self->queue, second);
    waiting_remove(&self->queue, first);
    assert_true(identify(self, add(self, ":1.1", 10 * MIB), NOBODY));
}

static void test_root_is_exempt(void **state)
{
    Fixture *self = *state;

    for (guint i = 0; i < 100; i++)
        assert_true(identify(self, add(self, ":1.1", MIB), 0));
}

static void test_unknown_callers_are_bounded(void **state)
{
    Fixture *self = *state;
    WaitingCall *first = add(self, ":1.1", 16 * MIB);

    assert_non_null(add(self, ":1.1", 16 * MIB));
    assert_null(add(self, ":1.1", 1));
    // Another connection has its own, until all of them together have too much.
    assert_non_null(add(self, ":1.2", 32 * MIB));
    assert_non_null(add(self, ":1.3", 32 * MIB));
    assert_non_null(add(self, ":1.4", 32 * MIB));
    assert_null(add(self, ":1.5", 1));
    assert_true(identify(self, first, 0));
    assert_non_null(add(self, ":1.5", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_user_is_bounded_over_its_connections, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bytes_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_root_is_exempt, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_callers_are_bounded, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
