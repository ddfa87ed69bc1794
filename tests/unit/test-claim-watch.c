// SPDX-License-Identifier: LGPL-2.1-or-later
// Directories that go away are told of, however late they are known and however much else happens.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib/gstdio.h>
#include <unistd.h>

#include "manager/claim-watch.h"

typedef struct {
    char *root, *a, *b, *moved;
    GString *gone; // keys
    ClaimWatch *watch;
} Fixture;

static void on_gone(const char *key, gpointer user_data)
{
    Fixture *self = user_data;

    g_string_append(self->gone, key ? key : "ALL");
}

static int setup(void **state)
{
    Fixture *self = g_new0(Fixture, 1);

    self->root = g_dir_make_tmp("vmi-claim-watch-XXXXXX", NULL);
    self->a = g_build_filename(self->root, "a", NULL);
    self->b = g_build_filename(self->root, "b", NULL);
    self->moved = g_build_filename(self->root, "moved", NULL);
    assert_int_equal(g_mkdir(self->a, 0700), 0);
    assert_int_equal(g_mkdir(self->b, 0700), 0);
    self->gone = g_string_new(NULL);
    self->watch = claim_watch_new(on_gone, self);
    assert_non_null(self->watch);
    *state = self;
    return 0;
}

static int teardown(void **state)
{
    Fixture *self = *state;

    claim_watch_free(self->watch);
    (void)g_rmdir(self->a);
    (void)g_rmdir(self->b);
    (void)g_rmdir(self->moved);
    assert_int_equal(g_rmdir(self->root), 0);
    g_string_free(self->gone, TRUE);
    g_free(self->root);
    g_free(self->a);
    g_free(self->b);
    g_free(self->moved);
    g_free(self);
    return 0;
}

// What has happened is in the queue by now.
static void read_all(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static void test_removed_and_renamed(void **state)
{
    Fixture *self = *state;

    claim_watch_add(self->watch, claim_watch_open(self->watch, self->a), "A");
    claim_watch_add(self->watch, claim_watch_open(self->watch, self->b), "B");
    assert_int_equal(g_rmdir(self->a), 0);
    read_all();
    assert_string_equal(self->gone->str, "A");
    assert_int_equal(g_rename(self->b, self->moved), 0);
    read_all();
    assert_string_equal(self->gone->str, "AB");
    assert_int_equal(g_rmdir(self->moved), 0);
    read_all();
    assert_string_equal(self->gone->str, "AB");
}

static void test_before_it_has_a_key(void **state)
{
    Fixture *self = *state;
    int number = claim_watch_open(self->watch, self->a);

    assert_int_equal(g_rmdir(self->a), 0);
    read_all();
    assert_string_equal(self->gone->str, "");
    claim_watch_add(self->watch, number, "A");
    assert_string_equal(self->gone->str, "A");
}

static void test_more_than_the_kernel_keeps(void **state)
{
    Fixture *self = *state;
    g_autofree char *text = NULL;
    guint64 most;

    assert_true(g_file_get_contents("/proc/sys/fs/inotify/max_queued_events", &text, NULL, NULL));
    most = g_ascii_strtoull(text, NULL, 10);
    if (most > 1000000)
        skip();
    claim_watch_add(self->watch, claim_watch_open(self->watch, self->a), "A");
    // Without a key nothing is told of them. By turns, as the kernel merges what is the same as the last.
    (void)claim_watch_open(self->watch, self->b);
    (void)claim_watch_open(self->watch, self->root);
    for (guint64 i = 0; i < most; i += 2) {
        g_autofree char *other = g_strconcat(self->root, "-", NULL);

        assert_int_equal(g_rename(self->b, self->moved), 0);
        assert_int_equal(g_rename(self->moved, self->b), 0);
        assert_int_equal(g_rename(self->root, other), 0);
        assert_int_equal(g_rename(other, self->root), 0);
    }
    assert_int_equal(g_rmdir(self->a), 0);
    read_all();
    assert_string_equal(self->gone->str, "ALL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_removed_and_renamed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_before_it_has_a_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_more_than_the_kernel_keeps, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
