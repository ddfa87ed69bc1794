// SPDX-License-Identifier: LGPL-2.1-or-later
// Definitions on disk: what is saved comes back, what is broken is kept aside, and no link leads out of the store.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "store/store.h"

typedef struct {
    char *parent; // temporary
    char *root;   // the store's, below it
    Store *store;
} Fixture;

static int setup(void **state)
{
    Fixture *self = g_new0(Fixture, 1);

    self->parent = g_dir_make_tmp("vmi-store-XXXXXX", NULL);
    self->root = g_build_filename(self->parent, "objects", NULL);
    self->store = store_open(self->root, NULL);
    assert_non_null(self->store);
    *state = self;
    return 0;
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) dir = NULL;
    const char *name = NULL;

    if (g_file_test(path, G_FILE_TEST_IS_SYMLINK) || !g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_unlink(path);
        return;
    }
    dir = g_dir_open(path, 0, NULL);
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        remove_tree(child);
    }
    g_rmdir(path);
}

static int teardown(void **state)
{
    Fixture *self = *state;

    store_free(self->store);
    remove_tree(self->parent);
    g_free(self->parent);
    g_free(self->root);
    g_free(self);
    return 0;
}

static void change_free(gpointer change)
{
    store_change_free(change);
}

static gboolean save_all(Store *store, const GPtrArray *objects, GError **error)
{
    g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(change_free);

    for (guint i = 0; i < objects->len; i++)
        g_ptr_array_add(changes, store_change_new(g_ptr_array_index(objects, i), FALSE));
    return store_commit(store, changes, error);
}

static gboolean save_one(Store *store, const ApiObject *object, GError **error)
{
    g_autoptr(GPtrArray) one = g_ptr_array_new();

    g_ptr_array_add(one, (gpointer)object);
    return save_all(store, one, error);
}

static gboolean delete_one(Store *store, const ApiKindInfo *info, const char *namespace,
                           const char *name, GError **error)
{
    g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(change_free);

    g_ptr_array_add(changes, store_change_new_delete(info, namespace, name));
    return store_write(store, changes, error);
}

static GPtrArray *parse(const char *text)
{
    g_autoptr(ApiFindings) findings = api_findings_new("-");
    GPtrArray *objects = api_manifest_parse_own(text, strlen(text), findings);

    assert_int_equal(api_findings_count(findings, API_FINDING_ERROR), 0);
    return objects;
}

static GPtrArray *make_secret(const char *namespace, const char *name, const char *value)
{
    g_autofree char *text =
        g_strdup_printf("{apiVersion: v1, kind: Secret, metadata: {name: '%s', namespace: '%s'}, "
                        "data: {key: %s}}",
                        name, namespace, value);

    return parse(text);
}

static void save_secret(Fixture *self, const char *namespace, const char *name, const char *value)
{
    g_autoptr(GPtrArray) objects = make_secret(namespace, name, value);
    g_autoptr(GError) error = NULL;

    if (!save_one(self->store, g_ptr_array_index(objects, 0), &error))
        fail_msg("%s", error->message);
}

static char *path_of(Fixture *self, const char *relative)
{
    return g_build_filename(self->root, relative, NULL);
}

static void write_file(Fixture *self, const char *relative, const char *text)
{
    g_autofree char *path = path_of(self, relative);
    g_autofree char *directory = g_path_get_dirname(path);

    assert_int_equal(g_mkdir_with_parents(directory, 0700), 0);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static gboolean exists(Fixture *self, const char *relative)
{
    g_autofree char *path = path_of(self, relative);

    return g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

static void assert_loads(Fixture *self, guint n_objects, guint n_problems)
{
    g_auto(StoreContents) contents = { 0 };

    store_load(self->store, &contents);
    for (guint i = 0; i < contents.problems->len && contents.problems->len != n_problems; i++)
        print_message("problem: %s\n", (const char *)g_ptr_array_index(contents.problems, i));
    assert_int_equal(contents.problems->len, n_problems);
    assert_int_equal(contents.objects->len, n_objects);
    assert_int_equal(contents.unread->len, 0);
}

static void test_round_trip(void **state)
{
    Fixture *self = *state;
    g_auto(StoreContents) contents = { 0 };
    g_autoptr(GPtrArray) objects =
        parse("apiVersion: kubevirt.io/v1\n"
              "kind: VirtualMachineInstance\n"
              "metadata: {name: web, namespace: default, uid: u1, labels: {a: b},\n"
              "           ownerReferences: [['1', 1, true]]}\n"
              "spec: {domain: {memory: {guest: 64Mi}, devices: {}}, nodeSelector: {x: 'true'}}\n"
              "status: {phase: Running, reason: Started}\n"
              "---\n"
              "{apiVersion: v1, kind: Namespace, metadata: {name: default}}\n");

    assert_int_equal(api_object_vmi(g_ptr_array_index(objects, 0))->status->phase,
                     API_VMI_PHASE_RUNNING);
    assert_true(save_all(self->store, objects, NULL));
    store_load(self->store, &contents);
    assert_int_equal(contents.problems->len, 0);
    assert_int_equal(contents.objects->len, 2);
    for (guint i = 0; i < 2; i++) {
        const ApiObject *object = g_ptr_array_index(contents.objects, i);
        const ApiObject *saved =
            g_ptr_array_index(objects, g_str_equal(object->info->kind, "Namespace") ? 1 : 0);

        assert_true(object->info == saved->info);
        assert_true(api_struct_equal(object->info->type, object->data, saved->data));
        assert_null(object->root);
    }
}

static void test_private_files(void **state)
{
    Fixture *self = *state;
    g_autofree char *path = path_of(self, "secrets/default/s.yaml");
    struct stat st;

    save_secret(self, "default", "s", "YQ==");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(self->root, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
}

static void test_replace_and_delete(void **state)
{
    Fixture *self = *state;
    const ApiKindInfo *info = api_kind_find("Secret");
    g_autofree char *path = path_of(self, "secrets/default/s.yaml");
    g_autofree char *text = NULL;

    save_secret(self, "default", "s", "YQ==");
    save_secret(self, "default", "s", "Yg==");
    save_secret(self, "other", "s", "YQ==");
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_non_null(strstr(text, "Yg=="));
    assert_loads(self, 2, 0);
    assert_true(delete_one(self->store, info, "default", "s", NULL));
    assert_true(delete_one(self->store, info, "default", "s", NULL));
    assert_true(delete_one(self->store, info, "nowhere", "s", NULL));
    assert_loads(self, 1, 0);
}

static void test_a_namespace_leaves_no_empty_directories(void **state)
{
    Fixture *self = *state;
    g_autofree char *empty = path_of(self, "secrets/default");
    g_autofree char *used = path_of(self, "secrets/other");

    save_secret(self, "default", "s", "YQ==");
    save_secret(self, "other", "s", "YQ==");
    assert_true(delete_one(self->store, api_kind_find("Secret"), "default", "s", NULL));
    assert_true(store_delete_namespace(self->store, "default", NULL));
    assert_true(store_delete_namespace(self->store, "other", NULL));
    assert_true(store_delete_namespace(self->store, "nowhere", NULL));
    assert_int_not_equal(access(empty, F_OK), 0);
    assert_int_equal(access(used, F_OK), 0);
}

static void test_bad_names(void **state)
{
    static const char *const names[] = { "..", ".", "", "a/b", "../../x", "A" };
    Fixture *self = *state;
    const ApiKindInfo *info = api_kind_find("Secret");
    g_autofree char *long_name = g_strnfill(253, 'a');
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GPtrArray) objects = make_secret("default", "s", "YQ==");
        g_autoptr(GPtrArray) elsewhere = make_secret("default", "s", "YQ==");
        ApiObjectMeta *meta = api_object_meta(g_ptr_array_index(objects, 0));
        ApiObjectMeta *meta_elsewhere = api_object_meta(g_ptr_array_index(elsewhere, 0));

        g_free(meta->name);
        meta->name = g_strdup(names[i]);
        g_free(meta_elsewhere->namespace);
        meta_elsewhere->namespace = g_strdup(names[i]);
        assert_false(save_one(self->store, g_ptr_array_index(objects, 0), NULL));
        assert_false(save_one(self->store, g_ptr_array_index(elsewhere, 0), NULL));
        assert_false(delete_one(self->store, info, "default", names[i], NULL));
        assert_false(delete_one(self->store, info, names[i], "s", NULL));
    }
    assert_false(delete_one(self->store, info, "default", long_name, &error));
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_TOO_LARGE));
    assert_loads(self, 0, 0);
}

static void test_save_all_is_all_or_none(void **state)
{
    Fixture *self = *state;
    g_autoptr(GPtrArray) good = make_secret("default", "good", "Yg==");
    g_autoptr(GPtrArray) bad = make_secret("default", "Bad", "Yg==");
    g_autoptr(GPtrArray) both = g_ptr_array_new();
    g_autofree char *path = path_of(self, "secrets/default/good.yaml");
    g_autofree char *text = NULL;

    save_secret(self, "default", "good", "YQ==");
    g_ptr_array_add(both, g_ptr_array_index(good, 0));
    g_ptr_array_add(both, g_ptr_array_index(bad, 0));
    assert_false(save_all(self->store, both, NULL));
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_non_null(strstr(text, "YQ=="));
    assert_loads(self, 1, 0);
}

// What an earlier vmid had decided and not carried out, as it is on disk.
static const char unfinished[] =
    "vmi transaction 1\n"
    "put secrets/default/a 89\n"
    "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: default}, "
    "data: {k: Yg==}}\n"
    "put namespaces//n 55\n"
    "{apiVersion: v1, kind: Namespace, metadata: {name: n}}\n"
    "end\n";

static void test_an_unfinished_change_is_finished(void **state)
{
    Fixture *self = *state;
    g_autofree char *path = path_of(self, "secrets/default/a.yaml");
    g_autofree char *text = NULL;

    save_secret(self, "default", "a", "YQ==");
    write_file(self, ".transaction", unfinished);
    write_file(self, "secrets/default/.new-0123456789abcdef", "half of what was to be written");
    store_free(self->store);
    self->store = store_open(self->root, NULL);
    assert_loads(self, 2, 0);
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_non_null(strstr(text, "Yg=="));
    assert_false(exists(self, ".transaction"));
    assert_false(exists(self, "secrets/default/.new-0123456789abcdef"));
}

// Also by what saves before anything was loaded: it must not be overtaken later.
static void test_an_unfinished_change_comes_before_a_new_one(void **state)
{
    Fixture *self = *state;
    g_autofree char *path = path_of(self, "secrets/default/a.yaml");
    g_autofree char *text = NULL;

    write_file(self, ".transaction", unfinished);
    store_free(self->store);
    self->store = store_open(self->root, NULL);
    save_secret(self, "default", "a", "Yw==");
    assert_loads(self, 2, 0);
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_non_null(strstr(text, "Yw=="));
}

static void test_what_is_no_change_is_set_aside(void **state)
{
    static const char *const bad[] = {
        "",
        "vmi transaction 2\nend\n",
        "vmi transaction 1\n",
        "vmi transaction 1\nput secrets/default/a 99999\nshort\nend\n",
        "vmi transaction 1\nput secrets/default/a -1\nend\n",
        "vmi transaction 1\nput secrets/../a 0\nend\n",
        "vmi transaction 1\nput secrets/default/../../a 0\nend\n",
        "vmi transaction 1\nput secret/default/a 0\nend\n",
        "vmi transaction 1\nput secrets 0\nend\n",
        "vmi transaction 1\nend\nmore",
    };
    Fixture *self = *state;

    save_secret(self, "default", "a", "YQ==");
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        write_file(self, ".transaction", bad[i]);
        store_free(self->store);
        self->store = store_open(self->root, NULL);
        assert_loads(self, 1, 1);
        assert_true(exists(self, ".transaction.broken"));
        assert_loads(self, 1, 0);
    }
}

// While it cannot be read nobody knows what the definitions are.
static void test_a_change_that_cannot_be_read_leaves_all_unread(void **state)
{
    Fixture *self = *state;
    g_autofree char *path = path_of(self, ".transaction");
    g_auto(StoreContents) contents = { 0 };
    g_auto(StoreContents) again = { 0 };

    save_secret(self, "default", "a", "YQ==");
    // A directory opens and cannot be read; to root all else can be.
    assert_int_equal(g_mkdir(path, 0700), 0);
    store_free(self->store);
    self->store = store_open(self->root, NULL);
    store_load(self->store, &contents);
    assert_int_equal(contents.objects->len, 0);
    assert_true(contents.unread->len > 1);
    assert_false(store_settle(self->store, NULL));
    assert_int_equal(g_rmdir(path), 0);
    assert_true(store_settle(self->store, NULL));
    store_load_unread(self->store, contents.unread, &again);
    assert_int_equal(again.objects->len, 1);
    assert_int_equal(again.unread->len, 0);
}

static void test_broken_files(void **state)
{
    Fixture *self = *state;

    save_secret(self, "default", "good", "YQ==");
    write_file(self, "secrets/default/cut.yaml", "apiVersion: v1\nkind: Sec");
    write_file(self, "secrets/default/empty.yaml", "");
    write_file(self, "secrets/default/moved.yaml",
               "{apiVersion: v1, kind: Secret, metadata: {name: x}}");
    write_file(self, "secrets/default/space.yaml",
               "{apiVersion: v1, kind: Secret, metadata: {name: space, namespace: other}}");
    write_file(self, "secrets/default/kind.yaml",
               "{apiVersion: v1, kind: ConfigMap, metadata: {name: kind, namespace: default}}");
    write_file(self, "secrets/default/README", "not ours");
    assert_loads(self, 1, 5);
    assert_true(exists(self, "secrets/default/cut.yaml.broken"));
    assert_true(exists(self, "secrets/default/kind.yaml.broken"));
    assert_false(exists(self, "secrets/default/cut.yaml"));
    assert_true(exists(self, "secrets/default/README"));
    assert_loads(self, 1, 0); // reported once
}

static void test_temp_sweep(void **state)
{
    Fixture *self = *state;
    g_autofree char *directory = NULL;
    g_autoptr(GDir) dir = NULL;

    save_secret(self, "default", "good", "YQ==");
    write_file(self, "secrets/default/.new-0123456789abcdef", "apiVersion: v1");
    assert_loads(self, 1, 0);
    assert_false(exists(self, "secrets/default/.new-0123456789abcdef"));
    // And a save leaves none behind.
    save_secret(self, "default", "good", "YQ==");
    directory = path_of(self, "secrets/default");
    dir = g_dir_open(directory, 0, NULL);
    assert_string_equal(g_dir_read_name(dir), "good.yaml");
    assert_null(g_dir_read_name(dir));
}

static void test_symlinked_directory(void **state)
{
    Fixture *self = *state;
    g_autofree char *outside = g_build_filename(self->parent, "outside", NULL);
    g_autofree char *file = g_build_filename(outside, "s.yaml", NULL);
    g_autofree char *link_path = path_of(self, "secrets/default");
    g_autoptr(GPtrArray) objects = make_secret("default", "s", "YQ==");
    g_autofree char *kinds = path_of(self, "secrets");

    assert_int_equal(g_mkdir(outside, 0700), 0);
    assert_int_equal(g_mkdir(kinds, 0700), 0);
    assert_int_equal(symlink(outside, link_path), 0);
    assert_false(save_one(self->store, g_ptr_array_index(objects, 0), NULL));
    assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
    assert_true(g_file_set_contents(file, "keep me", -1, NULL));
    assert_false(delete_one(self->store, api_kind_find("Secret"), "default", "s", NULL));
    assert_loads(self, 0, 1);
    assert_true(g_file_test(file, G_FILE_TEST_EXISTS));
}

static void test_symlinked_file(void **state)
{
    Fixture *self = *state;
    g_autofree char *outside = g_build_filename(self->parent, "outside.yaml", NULL);
    g_autofree char *link_path = path_of(self, "secrets/default/s.yaml");

    write_file(self, "secrets/default/other.txt", "");
    assert_true(g_file_set_contents(
        outside, "{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: default}}", -1,
        NULL));
    assert_int_equal(symlink(outside, link_path), 0);
    assert_loads(self, 0, 1);
    assert_true(g_file_test(outside, G_FILE_TEST_IS_REGULAR));
    assert_true(exists(self, "secrets/default/s.yaml.broken"));
    // A link that comes while vmid runs is replaced, not followed.
    assert_int_equal(symlink(outside, link_path), 0);
    save_secret(self, "default", "s", "YQ==");
    assert_false(g_file_test(link_path, G_FILE_TEST_IS_SYMLINK));
}

static void test_symlinked_root(void **state)
{
    Fixture *self = *state;
    g_autofree char *link_path = g_build_filename(self->parent, "link", NULL);

    assert_int_equal(symlink(self->root, link_path), 0);
    assert_null(store_open(link_path, NULL));
}

// ---- reading that fails ----------------------------------------------------------------------------------------

// The lowest limit at which N more descriptors can be had.
static void leave_descriptors(rlim_t n, struct rlimit *ret_before)
{
    int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct rlimit limit;

    assert_true(next >= 0);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, ret_before), 0);
    limit = *ret_before;
    limit.rlim_cur = (rlim_t)next + n;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static gboolean is_unread(const StoreContents *contents, const char *kind, const char *namespace,
                          const char *name)
{
    for (guint i = 0; i < contents->unread->len; i++)
        if (store_unread_covers(g_ptr_array_index(contents->unread, i), api_kind_find(kind),
                                namespace, name))
            return TRUE;
    return FALSE;
}

static gboolean is_loaded(const StoreContents *contents, const char *kind, const char *name)
{
    for (guint i = 0; i < contents->objects->len; i++) {
        const ApiObject *object = g_ptr_array_index(contents->objects, i);

        if (object->info == api_kind_find(kind) && g_str_equal(api_object_meta(object)->name, name))
            return TRUE;
    }
    return FALSE;
}

// However few descriptors are left: what is not read is known to be there, stays where it is, and is read once there are some.
static void test_no_descriptors(void **state)
{
    Fixture *self = *state;
    g_autoptr(GPtrArray) namespace =
        parse("{apiVersion: v1, kind: Namespace, metadata: {name: default}}");
    gboolean all = FALSE;

    save_secret(self, "default", "a", "YQ==");
    save_secret(self, "default", "b", "YQ==");
    assert_true(save_all(self->store, namespace, NULL));
    for (rlim_t n = 0; !all; n++) {
        g_auto(StoreContents) first = { 0 }, second = { 0 };
        struct rlimit before;

        leave_descriptors(n, &before);
        store_load(self->store, &first);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_int_equal(first.problems->len, 0);
        assert_true(is_loaded(&first, "Secret", "a") !=
                    is_unread(&first, "Secret", "default", "a"));
        assert_true(is_loaded(&first, "Secret", "b") !=
                    is_unread(&first, "Secret", "default", "b"));
        assert_true(is_loaded(&first, "Namespace", "default") !=
                    is_unread(&first, "Namespace", NULL, "default"));
        store_load_unread(self->store, first.unread, &second);
        assert_int_equal(second.unread->len, 0);
        assert_int_equal(first.objects->len + second.objects->len, 3);
        all = first.objects->len == 3;
        assert_true(n < 20);
    }
}

// A socket cannot be opened, whoever tries: it stands for a file that the disk does not give.
static void test_a_file_that_cannot_be_opened(void **state)
{
    Fixture *self = *state;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    g_autofree char *path = path_of(self, "secrets/default/a.yaml");
    g_auto(StoreContents) first = { 0 }, second = { 0 };
    vmi_autofd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    save_secret(self, "default", "b", "YQ==");
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    store_load(self->store, &first);
    assert_int_equal(first.problems->len, 0);
    assert_int_equal(first.unread->len, 1);
    assert_true(is_unread(&first, "Secret", "default", "a"));
    assert_true(is_loaded(&first, "Secret", "b"));
    assert_true(exists(self, "secrets/default/a.yaml"));
    assert_false(exists(self, "secrets/default/a.yaml.broken"));
    assert_int_equal(g_unlink(path), 0);
    save_secret(self, "default", "a", "YQ==");
    store_load_unread(self->store, first.unread, &second);
    assert_int_equal(second.unread->len, 0);
    assert_int_equal(second.objects->len, 1);
    assert_true(is_loaded(&second, "Secret", "a"));
}

static void test_what_is_gone_is_not_unread_for_ever(void **state)
{
    Fixture *self = *state;
    g_auto(StoreContents) first = { 0 }, second = { 0 };
    struct rlimit before;

    save_secret(self, "default", "a", "YQ==");
    leave_descriptors(0, &before);
    store_load(self->store, &first);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(first.unread->len > 0);
    assert_true(delete_one(self->store, api_kind_find("Secret"), "default", "a", NULL));
    store_load_unread(self->store, first.unread, &second);
    assert_int_equal(second.unread->len, 0);
    assert_int_equal(second.objects->len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_private_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replace_and_delete, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_namespace_leaves_no_empty_directories, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_bad_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_save_all_is_all_or_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_unfinished_change_is_finished, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_unfinished_change_comes_before_a_new_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_change_is_set_aside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_change_that_cannot_be_read_leaves_all_unread, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_broken_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_temp_sweep, setup, teardown),
        cmocka_unit_test_setup_teardown(test_symlinked_directory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_symlinked_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_symlinked_root, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_descriptors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_cannot_be_opened, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_gone_is_not_unread_for_ever, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
