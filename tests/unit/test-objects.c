// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of objects says what a walk over all of them would say, and does not walk.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "api/reference.h"
#include "objects/object.h"
#include "objects/objects.h"

static ApiObject *parse(const char *text)
{
    g_autoptr(ApiFindings) findings = api_findings_new("test");
    g_autoptr(GPtrArray) objects = api_manifest_parse_own(text, strlen(text), findings);

    assert_non_null(objects);
    assert_int_equal(objects->len, 1);
    return g_ptr_array_steal_index(objects, 0);
}

// A VMI whose only disk is CLAIM and that is owned by the object of OWNER; either may be NULL. UID is "uid-NAME".
static ApiObject *make_vmi(const char *namespace, const char *name, const char *claim,
                           const char *owner)
{
    g_autofree char *volumes =
        claim ? g_strdup_printf("  volumes: [{name: a, persistentVolumeClaim: {claimName: %s}}]\n",
                                claim)
              : g_strdup("");
    g_autofree char *owners =
        owner ? g_strdup_printf(", ownerReferences: [{apiVersion: v1, kind: Secret, name: x, "
                                "uid: %s}]",
                                owner)
              : g_strdup("");
    g_autofree char *text =
        g_strdup_printf("apiVersion: kubevirt.io/v1\n"
                        "kind: VirtualMachineInstance\n"
                        "metadata: {namespace: %s, name: %s, uid: uid-%s-%s%s}\n"
                        "spec:\n  domain: {devices: {}}\n%s",
                        namespace, name, namespace, name, owners, volumes);

    return parse(text);
}

static ApiObject *make_claim(const char *name)
{
    g_autofree char *text =
        g_strdup_printf("apiVersion: v1\nkind: PersistentVolumeClaim\n"
                        "metadata: {namespace: default, name: %s, uid: uid-%s}\nspec: {}\n",
                        name, name);

    return parse(text);
}

static char *names(const GPtrArray *objects)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < objects->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "",
                               api_object_meta(g_ptr_array_index(objects, i))->name);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void assert_referrers(Objects *table, const char *claim, const char *expected)
{
    g_autoptr(GPtrArray) found =
        objects_referrers(table, api_kind_find("PersistentVolumeClaim"), "default", claim);
    g_autofree char *text = names(found);

    assert_string_equal(text, expected);
}

static void assert_owned(Objects *table, const char *uid, const char *expected)
{
    g_autoptr(GPtrArray) found = objects_owned_by(table, uid);
    g_autofree char *text = names(found);

    assert_string_equal(text, expected);
}

static void finds_by_key_and_uid(void **state)
{
    g_autoptr(Objects) table = objects_new();
    const ApiKindInfo *info = api_kind_find("VirtualMachineInstance");
    ApiObject *web = make_vmi("default", "web", NULL, NULL);
    ApiObject *other = make_vmi("blue", "web", NULL, NULL);

    objects_put(table, web);
    objects_put(table, other);
    assert_ptr_equal(objects_get(table, info, "default", "web"), web);
    assert_ptr_equal(objects_get(table, info, NULL, "web"), web);
    assert_ptr_equal(objects_get(table, info, "blue", "web"), other);
    assert_null(objects_get(table, info, "blue", "db"));
    assert_null(objects_get(table, api_kind_find("Secret"), "blue", "web"));
    assert_ptr_equal(objects_by_uid(table, "uid-blue-web"), other);
    objects_remove(table, other);
    assert_null(objects_get(table, info, "blue", "web"));
    assert_null(objects_by_uid(table, "uid-blue-web"));
    assert_ptr_equal(objects_by_uid(table, "uid-default-web"), web);
}

static void takes_the_place_of_another(void **state)
{
    g_autoptr(Objects) table = objects_new();
    ApiObject *again = make_vmi("default", "web", "new", NULL);

    objects_put(table, make_vmi("default", "web", "old", NULL));
    objects_put(table, again);
    assert_ptr_equal(objects_get(table, again->info, "default", "web"), again);
    assert_referrers(table, "old", "");
    assert_referrers(table, "new", "web");
    assert_int_equal(objects_usage(table, "default").objects, 1);
}

// The definition is replaced in place, and the old one is freed before the table is asked again.
static void looks_at_a_changed_object_anew(void **state)
{
    g_autoptr(Objects) table = objects_new();
    ApiObject *web = make_vmi("default", "web", "old", "mother");
    ApiObject *change = make_vmi("default", "web", "new", "father");
    gpointer before = web->data;

    objects_put(table, make_vmi("default", "db", "old", NULL));
    objects_put(table, web);
    assert_referrers(table, "old", "db web");
    assert_owned(table, "mother", "web");
    web->data = change->data;
    change->data = before;
    objects_put(table, web);
    api_object_free(change);
    assert_referrers(table, "old", "db");
    assert_referrers(table, "new", "web");
    assert_owned(table, "mother", "");
    assert_owned(table, "father", "web");
    assert_ptr_equal(objects_by_uid(table, "uid-default-web"), web);
    objects_remove(table, web);
    assert_referrers(table, "new", "");
    assert_owned(table, "father", "");
}

// What refers to an object is in its namespace, and is known before the object is there.
static void a_reference_stays_in_its_namespace(void **state)
{
    g_autoptr(Objects) table = objects_new();

    objects_put(table, make_vmi("blue", "web", "data", NULL));
    assert_referrers(table, "data", "");
    objects_put(table, make_vmi("default", "web", "data", NULL));
    objects_put(table, make_claim("data"));
    assert_referrers(table, "data", "web");
}

static void counts_what_is_in_a_namespace(void **state)
{
    g_autoptr(Objects) table = objects_new();
    ApiObject *web = make_vmi("default", "web", "data", NULL);
    guint64 bytes = 0;

    objects_put(table, web);
    bytes = objects_usage(table, "default").bytes;
    assert_int_equal(bytes, api_struct_size(web->info->type, web->data));
    api_map_set(&api_object_meta(web)->labels, "a", "a long value of a label");
    objects_put(table, web);
    assert_true(objects_usage(table, "default").bytes > bytes);
    assert_int_equal(objects_usage(table, "default").objects, 1);
    assert_int_equal(objects_usage(table, "").objects, 0);
    objects_put(table, parse("apiVersion: v1\nkind: Namespace\nmetadata: {name: blue}\n"));
    assert_int_equal(objects_usage(table, "").objects, 1);
    assert_true(objects_namespace_exists(table, "blue"));
    objects_remove(table, web);
    assert_int_equal(objects_usage(table, "default").objects, 0);
    assert_int_equal(objects_usage(table, "default").bytes, 0);
}

// ---- of many ---------------------------------------------------------------------------------------------------

enum {
    MANY = 10000,
    REFERRERS = 3, // of each claim, but the last
};

static void an_answer_passes_by_nothing_else(void **state)
{
    g_autoptr(Objects) table = objects_new();
    guint64 before = 0;

    for (guint i = 0; i < MANY; i++) {
        g_autofree char *name = g_strdup_printf("vmi-%u", i);
        g_autofree char *claim = g_strdup_printf("claim-%u", i / REFERRERS);
        g_autofree char *owner = g_strdup_printf("owner-%u", i / REFERRERS);

        objects_put(table, make_vmi("default", name, claim, owner));
    }
    // Putting is no walk either.
    assert_int_equal(objects_visited(table), 0);
    for (guint i = 0; i < MANY / REFERRERS; i += 100) {
        g_autofree char *claim = g_strdup_printf("claim-%u", i);
        g_autofree char *owner = g_strdup_printf("owner-%u", i);
        g_autoptr(GPtrArray) referrers =
            objects_referrers(table, api_kind_find("PersistentVolumeClaim"), "default", claim);
        g_autoptr(GPtrArray) owned = objects_owned_by(table, owner);

        assert_int_equal(referrers->len, REFERRERS);
        assert_int_equal(owned->len, REFERRERS);
        assert_int_equal(objects_visited(table), before + referrers->len + owned->len);
        before = objects_visited(table);
    }
    assert_non_null(
        objects_get(table, api_kind_find("VirtualMachineInstance"), "default", "vmi-9999"));
    assert_non_null(objects_by_uid(table, "uid-default-vmi-9999"));
    assert_int_equal(objects_visited(table), before);
}

// ---- at random -------------------------------------------------------------------------------------------------

enum {
    STEPS = 4000,
    NAMES = 12,
    SEED = 20261128,
};

static const char *const namespaces[] = { "default", "blue" };

static gboolean names_owner(const ApiObject *object, const char *uid)
{
    g_auto(GStrv) owners = object_owners(object);

    return g_strv_contains((const char *const *)owners, uid);
}

static int compare(gconstpointer a, gconstpointer b)
{
    return object_compare(*(const ApiObject *const *)a, *(const ApiObject *const *)b);
}

static void assert_same(const GPtrArray *found, GPtrArray *expected)
{
    g_ptr_array_sort(expected, compare);
    assert_int_equal(found->len, expected->len);
    for (guint i = 0; i < found->len; i++)
        assert_ptr_equal(g_ptr_array_index(found, i), g_ptr_array_index(expected, i));
}

static void check_referrers(Objects *table, const GPtrArray *all, const char *namespace,
                            const char *claim)
{
    g_autoptr(GPtrArray) found =
        objects_referrers(table, api_kind_find("PersistentVolumeClaim"), namespace, claim);
    g_autoptr(GPtrArray) expected = g_ptr_array_new();

    for (guint i = 0; i < all->len; i++) {
        ApiObject *object = g_ptr_array_index(all, i);

        if (g_str_equal(api_object_meta(object)->namespace, namespace) &&
            api_reference_use(object->info->type, object->data, "PersistentVolumeClaim", claim,
                              NULL) != API_USE_NONE)
            g_ptr_array_add(expected, object);
    }
    assert_same(found, expected);
}

static void check_owned(Objects *table, const GPtrArray *all, const char *uid)
{
    g_autoptr(GPtrArray) found = objects_owned_by(table, uid);
    g_autoptr(GPtrArray) expected = g_ptr_array_new();

    for (guint i = 0; i < all->len; i++)
        if (names_owner(g_ptr_array_index(all, i), uid))
            g_ptr_array_add(expected, g_ptr_array_index(all, i));
    assert_same(found, expected);
}

static void check_usage(Objects *table, const GPtrArray *all, const char *namespace)
{
    ObjectsUsage expected = { 0 };

    for (guint i = 0; i < all->len; i++) {
        const ApiObject *object = g_ptr_array_index(all, i);

        if (!g_str_equal(api_object_meta(object)->namespace, namespace))
            continue;
        expected.objects++;
        expected.bytes += api_struct_size(object->info->type, object->data);
    }
    assert_int_equal(objects_usage(table, namespace).objects, expected.objects);
    assert_int_equal(objects_usage(table, namespace).bytes, expected.bytes);
}

static void check(Objects *table, GRand *rand)
{
    g_autoptr(GPtrArray) all = objects_all(table);
    const char *namespace = namespaces[g_rand_int_range(rand, 0, 2)];

    for (guint i = 0; i < all->len; i++) {
        ApiObject *object = g_ptr_array_index(all, i);
        const ApiObjectMeta *meta = api_object_meta(object);

        assert_ptr_equal(objects_get(table, object->info, meta->namespace, meta->name), object);
        assert_ptr_equal(objects_by_uid(table, meta->uid), object);
    }
    for (guint i = 0; i < NAMES; i++) {
        g_autofree char *name = g_strdup_printf("n%u", i);

        check_referrers(table, all, namespace, name);
        check_owned(table, all, name);
    }
    check_usage(table, all, namespace);
}

static char *any_name(GRand *rand)
{
    return g_rand_boolean(rand) ? g_strdup_printf("n%d", g_rand_int_range(rand, 0, NAMES)) : NULL;
}

// An object that was not there, a changed one in place, or one less.
static void step(Objects *table, GRand *rand)
{
    const char *namespace = namespaces[g_rand_int_range(rand, 0, 2)];
    g_autofree char *name = g_strdup_printf("n%d", g_rand_int_range(rand, 0, NAMES));
    g_autofree char *claim = any_name(rand);
    g_autofree char *owner = any_name(rand);
    g_autoptr(ApiObject) made = make_vmi(namespace, name, claim, owner);
    ApiObject *there = objects_get(table, made->info, namespace, name);

    if (!there) {
        objects_put(table, g_steal_pointer(&made));
    } else if (g_rand_int_range(rand, 0, 3) == 0) {
        objects_remove(table, there);
    } else {
        gpointer before = there->data;

        there->data = made->data;
        made->data = before;
        objects_put(table, there);
    }
}

static void says_what_a_walk_says(void **state)
{
    g_autoptr(Objects) table = objects_new();
    GRand *rand = g_rand_new_with_seed(SEED);

    for (guint i = 0; i < STEPS; i++) {
        step(table, rand);
        if (i % 20 == 0)
            check(table, rand);
    }
    g_rand_free(rand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_key_and_uid),
        cmocka_unit_test(takes_the_place_of_another),
        cmocka_unit_test(looks_at_a_changed_object_anew),
        cmocka_unit_test(a_reference_stays_in_its_namespace),
        cmocka_unit_test(counts_what_is_in_a_namespace),
        cmocka_unit_test(an_answer_passes_by_nothing_else),
        cmocka_unit_test(says_what_a_walk_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
