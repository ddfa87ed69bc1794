// SPDX-License-Identifier: LGPL-2.1-or-later
// The thread that writes definitions: in order, what queues together synced together, and each told what became of its own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "store/writer.h"

typedef struct {
    char *root;
    StoreWriter *writer;
    GString *log;
    guint untold;
    GMutex gate;
    GAsyncQueue *entered; // the writer is at the gate
} Fixture;

static int setup(void **state)
{
    Fixture *self = g_new0(Fixture, 1);
    g_autofree char *root = g_dir_make_tmp("vmi-writer-XXXXXX", NULL);
    Store *store = store_open(root, NULL);

    assert_non_null(store);
    self->root = g_steal_pointer(&root);
    self->writer = store_writer_new(store);
    self->log = g_string_new(NULL);
    g_mutex_init(&self->gate);
    self->entered = g_async_queue_new();
    *state = self;
    return 0;
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name = NULL;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        if (g_file_test(child, G_FILE_TEST_IS_DIR))
            remove_tree(child);
        else
            g_unlink(child);
    }
    g_rmdir(path);
}

static int teardown(void **state)
{
    Fixture *self = *state;

    g_clear_pointer(&self->writer, store_writer_free);
    remove_tree(self->root);
    g_string_free(self->log, TRUE);
    g_mutex_clear(&self->gate);
    g_async_queue_unref(self->entered);
    g_free(self->root);
    g_free(self);
    return 0;
}

static StoreChange *secret(const char *name, const char *value)
{
    g_autoptr(ApiObject) object = api_object_new(api_kind_find("Secret"));

    api_object_meta(object)->name = g_strdup(name);
    api_object_meta(object)->namespace = g_strdup("default");
    api_map_set(&api_object_secret(object)->string_data, "value", value);
    return store_change_new(object, FALSE);
}

static StoreChange *no_secret(const char *name)
{
    return store_change_new_delete(api_kind_find("Secret"), "default", name);
}

static char *path_of(const Fixture *self, const char *name)
{
    return g_strdup_printf("%s/secrets/default/%s.yaml", self->root, name);
}

// The value that is on disk; "" when there is none.
static void expect_on_disk(const Fixture *self, const char *name, const char *value)
{
    g_autofree char *path = path_of(self, name);
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        text = g_strdup("");
    if (*value)
        assert_non_null(strstr(text, value));
    else
        assert_string_equal(text, "");
}

static void on_written(const GError *error, gpointer user_data)
{
    Fixture *self = user_data;

    g_string_append_c(self->log, error ? '-' : '+');
    self->untold--;
}

static const StoreRequest *write_one(Fixture *self, StoreChange *change)
{
    self->untold++;
    return store_writer_write(self->writer, change, on_written, self);
}

static void until_told(Fixture *self)
{
    while (self->untold > 0)
        g_main_context_iteration(NULL, TRUE);
}

// The writer is busy from now until the gate is unlocked.
static gboolean pass_gate(Store *store, gpointer input, GError **error)
{
    Fixture *self = input;

    g_async_queue_push(self->entered, self);
    g_mutex_lock(&self->gate);
    g_mutex_unlock(&self->gate);
    return TRUE;
}

static void close_gate(Fixture *self)
{
    g_mutex_lock(&self->gate);
    store_writer_run(self->writer, pass_gate, self, NULL, NULL);
    g_async_queue_pop(self->entered);
}

static void test_writes(void **state)
{
    Fixture *self = *state;

    write_one(self, secret("a", "one"));
    assert_false(store_writer_is_idle(self->writer));
    until_told(self);
    assert_true(store_writer_is_idle(self->writer));
    expect_on_disk(self, "a", "one");
    write_one(self, no_secret("a"));
    write_one(self, no_secret("never-there"));
    until_told(self);
    expect_on_disk(self, "a", "");
    assert_string_equal(self->log->str, "+++");
}

static void test_order(void **state)
{
    Fixture *self = *state;
    GPtrArray *changes = g_ptr_array_new_with_free_func((GDestroyNotify)store_change_free);

    g_ptr_array_add(changes, secret("a", "two"));
    g_ptr_array_add(changes, secret("b", "two"));
    close_gate(self);
    write_one(self, secret("a", "one"));
    self->untold++;
    store_writer_commit(self->writer, changes, on_written, self);
    write_one(self, secret("b", "three"));
    g_mutex_unlock(&self->gate);
    until_told(self);
    expect_on_disk(self, "a", "two");
    expect_on_disk(self, "b", "three");
}

// Several states of one definition that queue are one write.
static void test_coalesces(void **state)
{
    Fixture *self = *state;
    const StoreRequest *first = NULL;

    close_gate(self);
    first = write_one(self, secret("a", "one"));
    assert_ptr_equal(write_one(self, secret("a", "two")), first);
    assert_ptr_not_equal(write_one(self, secret("b", "two")), first);
    assert_ptr_equal(write_one(self, no_secret("a")), first);
    assert_ptr_equal(write_one(self, secret("a", "four")), first);
    g_mutex_unlock(&self->gate);
    until_told(self);
    expect_on_disk(self, "a", "four");
    assert_string_equal(self->log->str, "+++++");
}

// What is wrong with one of those that are synced together is told to its owner only.
static void test_fails_alone(void **state)
{
    Fixture *self = *state;
    g_autofree char *too_long = g_strnfill(300, 'x');

    close_gate(self);
    write_one(self, secret("a", "one"));
    write_one(self, secret(too_long, "one"));
    write_one(self, secret("c", "one"));
    write_one(self, no_secret("c"));
    g_mutex_unlock(&self->gate);
    until_told(self);
    expect_on_disk(self, "a", "one");
    expect_on_disk(self, "c", "");
    // The last two of "c" are one.
    assert_string_equal(self->log->str, "+-++");
}

static void test_waits(void **state)
{
    Fixture *self = *state;
    g_autofree char *too_long = g_strnfill(300, 'x');
    g_autoptr(GError) error = NULL;
    const StoreRequest *request = NULL;

    self->untold = 2;
    request = store_writer_write(self->writer, secret("a", "one"), on_written, self);
    assert_true(store_writer_wait(self->writer, request, &error));
    expect_on_disk(self, "a", "one");
    assert_string_equal(self->log->str, "");
    request = store_writer_write(self->writer, secret(too_long, "one"), on_written, self);
    assert_false(store_writer_wait(self->writer, request, &error));
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_INVALID));
    until_told(self);
    assert_string_equal(self->log->str, "+-");
}

// A disk that does not answer is not waited for; what was asked for before the end is written, and nobody is told.
static void test_close(void **state)
{
    Fixture *self = *state;

    close_gate(self);
    write_one(self, secret("a", "one"));
    assert_false(store_writer_close(self->writer, 1));
    g_mutex_unlock(&self->gate);
    assert_true(store_writer_close(self->writer, 60 * 1000));
    g_clear_pointer(&self->writer, store_writer_free);
    expect_on_disk(self, "a", "one");
    assert_string_equal(self->log->str, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_writes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_coalesces, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fails_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_close, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
