// SPDX-License-Identifier: LGPL-2.1-or-later
// The undo stack: newest first, everything even when some of it fails, and what failed is said after why we unwound.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/error.h"
#include "guest/undo.h"

typedef struct {
    GString *order;
    const char *name;
    gboolean fails;
} Step;

static gboolean undo_step(gpointer data, GError **error)
{
    Step *step = data;

    g_string_append(step->order, step->name);
    if (step->fails)
        g_set_error(error, VMI_ERROR, VMI_ERROR_HOST, "%s is stuck", step->name);
    return !step->fails;
}

static void unwinds_newest_first(void **state)
{
    g_autoptr(Undo) undo = undo_new();
    g_autoptr(GError) error = g_error_new(VMI_ERROR, VMI_ERROR_NO_SPACE, "no room");
    GString *order = g_string_new(NULL);
    Step steps[] = { { order, "a", FALSE }, { order, "b", FALSE }, { order, "c", FALSE } };

    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
        undo_push(undo, "undoing", undo_step, &steps[i]);
    undo_unwind(undo, &error);
    assert_string_equal(order->str, "cba");
    assert_string_equal(error->message, "no room");
    undo_unwind(undo, &error); // nothing is undone twice
    assert_string_equal(order->str, "cba");
    g_string_free(order, TRUE);
}

static void goes_on_after_a_failure(void **state)
{
    g_autoptr(Undo) undo = undo_new();
    g_autoptr(GError) error = g_error_new(VMI_ERROR, VMI_ERROR_NO_SPACE, "no room");
    GString *order = g_string_new(NULL);
    Step steps[] = { { order, "a", FALSE }, { order, "b", TRUE }, { order, "c", FALSE } };

    undo_push(undo, "removing a", undo_step, &steps[0]);
    undo_push(undo, "removing b", undo_step, &steps[1]);
    undo_push(undo, "removing c", undo_step, &steps[2]);
    undo_unwind(undo, &error);
    assert_string_equal(order->str, "cba");
    assert_int_equal(error->code, VMI_ERROR_NO_SPACE);
    assert_string_equal(error->message, "no room; then removing b failed: b is stuck");
    g_string_free(order, TRUE);
}

static void success_undoes_nothing(void **state)
{
    GString *order = g_string_new(NULL);
    Step step = { order, "a", FALSE };

    {
        g_autoptr(Undo) undo = undo_new();

        undo_push(undo, "undoing", undo_step, &step);
    }
    assert_string_equal(order->str, "");
    g_string_free(order, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unwinds_newest_first),
        cmocka_unit_test(goes_on_after_a_failure),
        cmocka_unit_test(success_undoes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
