// SPDX-License-Identifier: LGPL-2.1-or-later
// The worker pool: results come back on the main context, in order, and nothing is lost or leaked when it goes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/worker.h"

typedef struct {
    GThread *main;
    GString *log;
    guint expected;
    gint freed, begun;
    WorkerPool *pool;
    GMutex gate;
} Fixture;

typedef struct {
    Fixture *fixture;
    char letter;
} Input;

static int setup(void **state)
{
    Fixture *self = g_new0(Fixture, 1);

    self->main = g_thread_self();
    self->log = g_string_new(NULL);
    self->pool = worker_pool_new(1);
    g_mutex_init(&self->gate);
    *state = self;
    return 0;
}

static int teardown(void **state)
{
    Fixture *self = *state;

    g_clear_pointer(&self->pool, worker_pool_free);
    g_string_free(self->log, TRUE);
    g_mutex_clear(&self->gate);
    g_free(self);
    return 0;
}

static Input *input_new(Fixture *fixture, char letter)
{
    Input *self = g_new0(Input, 1);

    self->fixture = fixture;
    self->letter = letter;
    return self;
}

static void input_free(gpointer data)
{
    Input *self = data;

    g_atomic_int_inc(&self->fixture->freed);
    g_free(self);
}

static gboolean show(gpointer data)
{
    const Input *input = data;

    g_string_append_c(input->fixture->log, input->letter);
    return G_SOURCE_REMOVE;
}

static gpointer upper(gpointer data, GCancellable *cancellable, GError **error)
{
    const Input *input = data;

    assert_ptr_not_equal(g_thread_self(), input->fixture->main);
    g_atomic_int_inc(&input->fixture->begun);
    // Held by a test that wants the tasks behind this one to queue.
    if (input->letter != '!') {
        g_mutex_lock(&input->fixture->gate);
        g_mutex_unlock(&input->fixture->gate);
    }
    worker_pool_post(input->fixture->pool, show, input_new(input->fixture, '.'), input_free);
    if (input->letter == '!') {
        g_set_error(error, VMI_ERROR, VMI_ERROR_HOST, "refused");
        return NULL;
    }
    return g_strdup_printf("%c", g_ascii_toupper(input->letter));
}

static void done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Fixture *fixture = user_data;

    assert_ptr_equal(g_thread_self(), fixture->main);
    g_string_append(fixture->log, result ? (const char *)result : vmi_error_describe(error)->name);
    g_free(result);
    fixture->expected--;
}

static const WorkerTask task = {
    .run = upper,
    .done = done,
    .input_free = input_free,
    .result_free = g_free,
};

static void push(Fixture *self, char letter, GCancellable *cancellable)
{
    self->expected++;
    worker_pool_push(self->pool, &task, input_new(self, letter), cancellable, self);
}

static void run_all(Fixture *self)
{
    while (self->expected > 0)
        g_main_context_iteration(NULL, TRUE);
}

static void test_order(void **state)
{
    Fixture *self = *state;

    for (char letter = 'a'; letter <= 'e'; letter++)
        push(self, letter, NULL);
    run_all(self);
    assert_string_equal(self->log->str, ".A.B.C.D.E");
    assert_int_equal(self->freed, 10);
}

static void test_error(void **state)
{
    Fixture *self = *state;

    push(self, '!', NULL);
    push(self, 'a', NULL);
    run_all(self);
    assert_string_equal(self->log->str, ".HostRefused.A");
}

static void test_cancelled_in_queue(void **state)
{
    Fixture *self = *state;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();

    g_mutex_lock(&self->gate);
    push(self, 'a', NULL);
    push(self, 'b', cancellable);
    g_cancellable_cancel(cancellable);
    g_mutex_unlock(&self->gate);
    run_all(self);
    assert_string_equal(self->log->str, ".ACancelled");
}

static void test_closed_with_work(void **state)
{
    Fixture *self = *state;

    g_mutex_lock(&self->gate);
    for (char letter = 'a'; letter <= 'e'; letter++)
        push(self, letter, NULL);
    g_mutex_unlock(&self->gate);
    // Not cleared before: a task that has begun posts to it.
    worker_pool_free(self->pool);
    self->pool = NULL;
    while (g_main_context_iteration(NULL, FALSE))
        ;
    // Nobody was told, everything was freed.
    assert_int_equal(self->expected, 5);
    assert_string_equal(self->log->str, "");
    assert_true(self->freed >= 5);
}

// One that does not come back is not waited for, and nobody hears of it.
static void test_closed_in_time(void **state)
{
    Fixture *self = *state;

    g_mutex_lock(&self->gate);
    push(self, 'a', NULL);
    while (g_atomic_int_get(&self->begun) == 0)
        g_thread_yield();
    assert_false(worker_pool_close(self->pool, 1));
    g_mutex_unlock(&self->gate);
    assert_true(worker_pool_close(self->pool, G_MAXINT));
    while (g_main_context_iteration(NULL, FALSE))
        ;
    assert_string_equal(self->log->str, "");
}

// As many at the same time as there are.
static void test_unbounded(void **state)
{
    Fixture *self = *state;

    worker_pool_free(self->pool);
    self->pool = worker_pool_new(0);
    g_mutex_lock(&self->gate);
    push(self, 'a', NULL);
    push(self, 'b', NULL);
    push(self, '!', NULL);
    // The last needs no gate: it is done while the others wait.
    while (!g_str_equal(self->log->str, ".HostRefused"))
        g_main_context_iteration(NULL, TRUE);
    g_mutex_unlock(&self->gate);
    run_all(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_error, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cancelled_in_queue, setup, teardown),
        cmocka_unit_test_setup_teardown(test_closed_with_work, setup, teardown),
        cmocka_unit_test_setup_teardown(test_closed_in_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unbounded, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
