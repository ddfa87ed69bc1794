// SPDX-License-Identifier: LGPL-2.1-or-later
// What is queued is looked at once, later, as it is by then.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "objects/queue.h"

typedef struct {
    Objects *objects;
    Queue *queue;
    GString *looks;         // names, in the order in which they were looked at
    const ApiObject *again; // is queued once more when it is looked at, while this is set
} Fixture;

static void look(ApiObject *object, gpointer user_data)
{
    Fixture *self = user_data;

    g_string_append_printf(self->looks, "%s ", api_object_meta(object)->name);
    if (object == self->again) {
        self->again = NULL;
        queue_add(self->queue, object);
    }
}

static int setup(void **state)
{
    Fixture *self = g_new0(Fixture, 1);

    self->objects = objects_new();
    self->queue = queue_new(self->objects, look, self);
    self->looks = g_string_new(NULL);
    *state = self;
    return 0;
}

static int teardown(void **state)
{
    Fixture *self = *state;

    queue_free(self->queue);
    objects_free(self->objects);
    g_string_free(self->looks, TRUE);
    g_free(self);
    return 0;
}

// A VMI that names the secret "s" and is owned by "uid-OWNER".
static ApiObject *add(Fixture *self, const char *name, const char *owner)
{
    g_autofree char *text = g_strdup_printf(
        "apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\n"
        "metadata: {namespace: default, name: %s, uid: uid-%s, ownerReferences: [{uid: uid-%s}]}\n"
        "spec:\n  domain: {devices: {}}\n"
        "  volumes: [{name: a, cloudInitNoCloud: {secretRef: {name: s}}}]\n",
        name, name, owner);
    g_autoptr(ApiFindings) findings = api_findings_new("test");
    g_autoptr(GPtrArray) objects = api_manifest_parse_own(text, strlen(text), findings);
    ApiObject *object = g_ptr_array_steal_index(objects, 0);

    objects_put(self->objects, object);
    return object;
}

static void assert_looks(Fixture *self, const char *expected)
{
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    assert_string_equal(self->looks->str, expected);
    g_string_truncate(self->looks, 0);
}

static void several_reasons_are_one_look(void **state)
{
    Fixture *self = *state;
    const ApiObject *a = add(self, "a", ""), *b = add(self, "b", "");

    queue_add(self->queue, b);
    queue_add(self->queue, a);
    queue_add(self->queue, b);
    assert_string_equal(self->looks->str, "");
    assert_looks(self, "b a ");
    queue_add(self->queue, b);
    assert_looks(self, "b ");
}

static void what_is_gone_is_not_looked_at(void **state)
{
    Fixture *self = *state;
    ApiObject *a = add(self, "a", ""), *b = add(self, "b", "");

    queue_add(self->queue, a);
    queue_add(self->queue, b);
    objects_remove(self->objects, a);
    assert_looks(self, "b ");
}

static void a_look_may_ask_for_another(void **state)
{
    Fixture *self = *state;
    const ApiObject *a = add(self, "a", ""), *b = add(self, "b", "");

    self->again = a;
    queue_add(self->queue, a);
    queue_add(self->queue, b);
    assert_looks(self, "a b a ");
}

static void the_index_says_who(void **state)
{
    Fixture *self = *state;
    g_autoptr(ApiObject) secret = api_object_new(api_kind_find("Secret"));
    const ApiObject *child = NULL;

    api_object_meta(secret)->namespace = g_strdup("default");
    api_object_meta(secret)->name = g_strdup("s");
    add(self, "a", "");
    child = add(self, "b", "a");
    queue_add_referrers(self->queue, secret);
    assert_looks(self, "a b ");
    queue_add_owners(self->queue, child);
    assert_looks(self, "a ");
}

static void nothing_is_looked_at_when_it_is_closed(void **state)
{
    Fixture *self = *state;
    const ApiObject *a = add(self, "a", "");

    queue_add(self->queue, a);
    queue_close(self->queue);
    queue_add(self->queue, add(self, "b", ""));
    assert_looks(self, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(several_reasons_are_one_look, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_gone_is_not_looked_at, setup, teardown),
        cmocka_unit_test_setup_teardown(a_look_may_ask_for_another, setup, teardown),
        cmocka_unit_test_setup_teardown(the_index_says_who, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_looked_at_when_it_is_closed, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
