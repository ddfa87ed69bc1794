// SPDX-License-Identifier: LGPL-2.1-or-later
// A kind is a schema type, a file and a row: with the Note of sixth-kind/ the manager, as it is, applies, lists and saves it, tells of it, looks at
// it when the secret that it names comes, and deletes what belongs to it. No guest host is opened.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "manager/private.h"

typedef struct {
    char *directory; // temporary
    Config config;
    Manager *manager;
    GString *news; // "+Kind/name", "~Kind/name" and "-Kind/name", each with a space behind it
    gboolean answered;
    char *said; // the answer to what was asked for last: actions, or the error's message
} Fixture;

static void tell(Fixture *self, char what, const ApiObject *object)
{
    g_string_append_printf(self->news, "%c%s/%s ", what, object->info->kind,
                           api_object_meta(object)->name);
}

static void on_added(const ApiObject *object, gpointer user_data)
{
    tell(user_data, '+', object);
}

static void on_changed(const ApiObject *object, gpointer user_data)
{
    tell(user_data, '~', object);
}

static void on_removed(const ApiObject *object, gpointer user_data)
{
    tell(user_data, '-', object);
}

static void open_manager(Fixture *self)
{
    static const ManagerObserver observer = {
        .object_added = on_added,
        .object_changed = on_changed,
        .object_removed = on_removed,
    };

    self->manager = manager_new(&self->config);
    assert_true(manager_load(self->manager, NULL));
    manager_observe(self->manager, &observer, self);
}

static int setup(void **state)
{
    Fixture *self = g_new0(Fixture, 1);

    self->directory = g_dir_make_tmp("vmi-sixth-kind-XXXXXX", NULL);
    self->config = (Config){ .state_directory = self->directory,
                             .runtime_directory = self->directory,
                             .uid_first = 1,
                             .uid_count = 1,
                             .workers = 1,
                             .namespace_objects = 100,
                             .namespace_bytes = 1024 * 1024 };
    self->news = g_string_new(NULL);
    open_manager(self);
    *state = self;
    return 0;
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name = NULL;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        remove_tree(child);
    }
    (void)g_remove(path);
}

static int teardown(void **state)
{
    Fixture *self = *state;

    manager_free(self->manager);
    remove_tree(self->directory);
    g_string_free(self->news, TRUE);
    g_free(self->directory);
    g_free(self->said);
    g_free(self);
    return 0;
}

// ---- asking ----------------------------------------------------------------------------------------------------

static void answer(Fixture *self, char *said)
{
    g_free(self->said);
    self->said = said;
    self->answered = TRUE;
}

static void on_applied(const GPtrArray *results, const GError *error, gpointer user_data)
{
    g_autoptr(GString) actions = g_string_new(error ? error->message : NULL);

    for (guint i = 0; results && i < results->len; i++)
        g_string_append_printf(actions, "%s%s", i > 0 ? " " : "",
                               ((const ManagerApplyResult *)results->pdata[i])->action);
    answer(user_data, g_string_free(g_steal_pointer(&actions), FALSE));
}

static void on_deleted(ManagerJob *job, const GError *error, gpointer user_data)
{
    assert_null(job);
    answer(user_data, g_strdup(error ? error->message : "deleted"));
}

static void wait_for_answer(Fixture *self)
{
    while (!self->answered)
        g_main_context_iteration(NULL, TRUE);
    self->answered = FALSE;
}

static void apply(Fixture *self, const char *text)
{
    const ApiValidateContext context = manager_validate_context(self->manager);
    const ManagerApplyOptions options = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) objects = manager_parse(&context, "-", text, strlen(text), &error);

    if (!objects) {
        answer(self, g_strdup(error->message));
        self->answered = FALSE;
        return;
    }
    manager_apply(self->manager, objects, &options, on_applied, self);
    wait_for_answer(self);
}

static void delete_object(Fixture *self, const char *kind, const char *name)
{
    manager_delete(self->manager, api_kind_find(kind), NULL, name, FALSE, on_deleted, self);
    wait_for_answer(self);
}

// Until TEXT is among the news, which are forgotten then.
static void wait_for_news(Fixture *self, const char *text)
{
    while (!strstr(self->news->str, text))
        g_main_context_iteration(NULL, TRUE);
    g_string_truncate(self->news, 0);
}

static const ApiObject *get(Fixture *self, const char *kind, const char *name)
{
    return manager_get(self->manager, api_kind_find(kind), NULL, name);
}

static void assert_row(Fixture *self, const char *name, const char *phase, const char *reason)
{
    g_auto(ManagerRow) row = { 0 };

    manager_describe(self->manager, get(self, "Note", name), &row);
    assert_string_equal(row.phase, phase);
    assert_string_equal(row.reason ? row.reason : "", reason);
}

static const char note[] = "apiVersion: v1\nkind: Note\nmetadata: {name: todo}\n"
                           "spec: {text: hide it, secretRef: {name: key}}\n";
static const char secret[] = "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\n";

// ---- tests -----------------------------------------------------------------------------------------------------

static void is_applied_and_listed(void **state)
{
    Fixture *self = *state;
    g_autoptr(GPtrArray) found = NULL;
    g_auto(ManagerRow) row = { 0 };

    apply(self, note);
    assert_string_equal(self->said, "created");
    apply(self, note);
    assert_string_equal(self->said, "unchanged");
    apply(self, "apiVersion: v1\nkind: Note\nmetadata: {name: todo}\nspec: {text: show it}\n");
    assert_string_equal(self->said, "configured");
    found = manager_list(self->manager, api_kind_find("notes"), NULL, NULL, NULL);
    assert_int_equal(found->len, 1);
    manager_describe(self->manager, found->pdata[0], &row);
    assert_string_equal(row.details[0], "text");
    assert_string_equal(row.details[1], "show it");
}

static void is_checked_by_its_schema(void **state)
{
    Fixture *self = *state;

    apply(self, "apiVersion: v1\nkind: Note\nmetadata: {name: todo}\nspec: {txt: a}\n");
    assert_non_null(strstr(self->said, "txt"));
    assert_null(get(self, "Note", "todo"));
}

static void is_watched(void **state)
{
    Fixture *self = *state;

    apply(self, note);
    wait_for_news(self, "+Note/todo ");
    apply(self, "apiVersion: v1\nkind: Note\nmetadata: {name: todo}\nspec: {text: show it}\n");
    wait_for_news(self, "~Note/todo ");
    delete_object(self, "Note", "todo");
    wait_for_news(self, "-Note/todo ");
}

static void waits_for_its_secret(void **state)
{
    Fixture *self = *state;

    apply(self, note);
    wait_for_news(self, "~Note/todo ");
    assert_row(self, "todo", "Pending", "SecretNotFound");
    apply(self, secret);
    wait_for_news(self, "~Note/todo ");
    assert_row(self, "todo", "Ready", "");
    delete_object(self, "Secret", "key");
    wait_for_news(self, "~Note/todo ");
    assert_row(self, "todo", "Pending", "SecretNotFound");
}

// In one manifest, whatever the order.
static void finds_its_secret_beside_it(void **state)
{
    Fixture *self = *state;
    g_autofree char *both = g_strconcat(note, "---\n", secret, NULL);

    apply(self, both);
    wait_for_news(self, "~Note/todo ");
    assert_row(self, "todo", "Ready", "");
}

static void apply_child(Fixture *self, const char *kind, const char *name, const char *owner)
{
    g_autofree char *text = g_strdup_printf(
        "apiVersion: v1\nkind: %s\n"
        "metadata: {name: %s, ownerReferences: [{apiVersion: v1, kind: Note, name: x, uid: %s}]}\n"
        "%s",
        kind, name, owner, g_str_equal(kind, "Note") ? "spec: {}\n" : "");

    apply(self, text);
    assert_string_equal(self->said, "created");
}

static char *uid_of(Fixture *self, const char *name)
{
    return g_strdup(api_object_meta(get(self, "Note", name))->uid);
}

// A note owns a note, which owns a ConfigMap: the leaves go first.
static void apply_family(Fixture *self)
{
    g_autofree char *todo = NULL, *child = NULL;

    apply(self, note);
    todo = uid_of(self, "todo");
    apply_child(self, "Note", "child", todo);
    child = uid_of(self, "child");
    apply_child(self, "ConfigMap", "leaf", child);
    apply(self, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n");
}

static void assert_only_the_other_is_left(Fixture *self)
{
    assert_null(get(self, "Note", "todo"));
    assert_null(get(self, "Note", "child"));
    assert_null(get(self, "ConfigMap", "leaf"));
    assert_non_null(get(self, "ConfigMap", "other"));
    assert_int_equal(manager_problems(self->manager)->len, 0);
}

static void is_deleted_with_its_children(void **state)
{
    Fixture *self = *state;

    apply_family(self);
    delete_object(self, "Note", "todo");
    assert_string_equal(self->said, "deleted");
    assert_non_null(api_object_meta(get(self, "Note", "todo"))->deletion_timestamp);
    apply(self, note);
    assert_non_null(strstr(self->said, "it is being deleted"));
    wait_for_news(self, "-ConfigMap/leaf -Note/child -Note/todo ");
    assert_only_the_other_is_left(self);
}

// Of a kind that owns nothing, what names one as its owner stays.
static void only_some_kinds_own(void **state)
{
    Fixture *self = *state;
    g_autofree char *uid = NULL;

    apply(self, secret);
    uid = g_strdup(api_object_meta(get(self, "Secret", "key"))->uid);
    apply_child(self, "ConfigMap", "leaf", uid);
    delete_object(self, "Secret", "key");
    assert_null(get(self, "Secret", "key"));
    assert_non_null(get(self, "ConfigMap", "leaf"));
}

static void restart(Fixture *self)
{
    manager_free(self->manager);
    g_string_truncate(self->news, 0);
    open_manager(self);
}

static void is_read_again(void **state)
{
    Fixture *self = *state;

    apply(self, note);
    wait_for_news(self, "~Note/todo ");
    restart(self);
    assert_row(self, "todo", "Pending", "SecretNotFound");
    apply(self, secret);
    wait_for_news(self, "~Note/todo ");
    assert_row(self, "todo", "Ready", "");
}

static void a_deletion_goes_on_after_a_restart(void **state)
{
    Fixture *self = *state;

    apply_family(self);
    delete_object(self, "Note", "todo");
    restart(self);
    assert_non_null(api_object_meta(get(self, "Note", "todo"))->deletion_timestamp);
    assert_non_null(get(self, "ConfigMap", "leaf"));
    manager_set_ready(self->manager);
    wait_for_news(self, "-ConfigMap/leaf -Note/child -Note/todo ");
    assert_only_the_other_is_left(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_applied_and_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(is_checked_by_its_schema, setup, teardown),
        cmocka_unit_test_setup_teardown(is_watched, setup, teardown),
        cmocka_unit_test_setup_teardown(waits_for_its_secret, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_its_secret_beside_it, setup, teardown),
        cmocka_unit_test_setup_teardown(is_deleted_with_its_children, setup, teardown),
        cmocka_unit_test_setup_teardown(only_some_kinds_own, setup, teardown),
        cmocka_unit_test_setup_teardown(is_read_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_deletion_goes_on_after_a_restart, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
