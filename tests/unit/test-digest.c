// SPDX-License-Identifier: LGPL-2.1-or-later
// Digests of D-Bus values: the same for the same value, another for every other one that looks alike.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/autoptr.h"
#include "bus/digest.h"

// A bus that nobody is on: it only makes messages.
static int make_bus(void **state)
{
    int ends[2];
    sd_bus *bus = NULL;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_true(sd_bus_new(&bus) >= 0);
    assert_true(sd_bus_set_fd(bus, ends[0], ends[0]) >= 0);
    assert_true(sd_bus_start(bus) >= 0);
    *state = bus;
    return 0;
}

static int free_bus(void **state)
{
    sd_bus_close_unref(*state);
    return 0;
}

G_GNUC_NULL_TERMINATED static sd_bus_message *message_of(sd_bus *bus, const char *types, ...)
{
    sd_bus_message *message = NULL;
    va_list ap;

    assert_true(sd_bus_message_new_signal(bus, &message, "/a", "a.b", "C") >= 0);
    va_start(ap, types);
    assert_true(sd_bus_message_appendv(message, types, ap) >= 0);
    va_end(ap);
    assert_true(sd_bus_message_seal(message, 1, 0) >= 0);
    assert_true(sd_bus_message_rewind(message, TRUE) >= 0);
    return message;
}

static guint64 take(sd_bus_message *message)
{
    guint64 digest = 0;

    assert_int_equal(digest_next_value(message, &digest), 1);
    return digest;
}

static guint64 take_only(sd_bus_message *message)
{
    g_autoptr(sd_bus_message) owned = message;

    return take(owned);
}

#define DIGEST(...) take_only(message_of(*state, __VA_ARGS__, NULL))

static void test_same(void **state)
{
    assert_int_equal(DIGEST("s", "web"), DIGEST("s", "web"));
    assert_int_equal(DIGEST("a(ss)", 2, "a", "b", "c", "d"),
                     DIGEST("a(ss)", 2, "a", "b", "c", "d"));
    assert_int_equal(DIGEST("as", 0), DIGEST("as", 0));
}

static void test_differs(void **state)
{
    const guint64 digests[] = {
        DIGEST("s", ""),
        DIGEST("s", "a"),
        DIGEST("o", "/a"),
        DIGEST("s", "/a"),
        DIGEST("u", 1),
        DIGEST("t", (uint64_t)1),
        DIGEST("b", 1),
        DIGEST("b", 0),
        DIGEST("as", 0),
        DIGEST("as", 1, ""),
        DIGEST("as", 2, "ab", "c"),
        DIGEST("as", 2, "a", "bc"),
        DIGEST("aau", 2, 1, 1, 1, 2),
        DIGEST("aau", 1, 2, 1, 2),
        DIGEST("aaau", 2, 1, 1, 1, 1, 1, 2),
        DIGEST("aaau", 1, 3, 1, 1, 0, 1, 2),
        DIGEST("a{ss}", 1, "a", "b"),
        DIGEST("a(ss)", 1, "a", "b"),
    };

    for (gsize i = 0; i < G_N_ELEMENTS(digests); i++)
        for (gsize j = 0; j < i; j++)
            if (digests[i] == digests[j])
                fail_msg("values %zu and %zu have the same digest", i, j);
}

// Each value of a message by itself, and then no more.
static void test_one_after_the_other(void **state)
{
    g_autoptr(sd_bus_message) message = message_of(*state, "asus", 1, "x", 5, "y", NULL);
    guint64 digest = 0;

    assert_int_equal(take(message), DIGEST("as", 1, "x"));
    assert_int_equal(take(message), DIGEST("u", 5));
    assert_int_equal(take(message), DIGEST("s", "y"));
    assert_int_equal(digest_next_value(message, &digest), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_differs),
        cmocka_unit_test(test_one_after_the_other),
    };

    return cmocka_run_group_tests(tests, make_bus, free_bus);
}
