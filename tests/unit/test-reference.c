// SPDX-License-Identifier: LGPL-2.1-or-later
// What an object names, as the schema says it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "api/manifest.h"
#include "api/reference.h"

static const char manifest[] =
    "apiVersion: kubevirt.io/v1\n"
    "kind: VirtualMachineInstance\n"
    "metadata: {name: web}\n"
    "spec:\n"
    "  domain: {devices: {}}\n"
    "  volumes:\n"
    "  - {name: root, persistentVolumeClaim: {claimName: root}}\n"
    "  - {name: base, ephemeral: {persistentVolumeClaim: {claimName: base}}}\n"
    "  - {name: again, ephemeral: {persistentVolumeClaim: {claimName: root}}}\n"
    "  - name: seed\n"
    "    cloudInitNoCloud:\n"
    "      secretRef: {name: user}\n"
    "      networkDataSecretRef: {name: network}\n"
    "  - {name: free, emptyDisk: {capacity: 1Gi}}\n";

static ApiObject *parse(void)
{
    g_autoptr(ApiFindings) findings = api_findings_new("test");
    g_autoptr(GPtrArray) objects = api_manifest_parse(manifest, strlen(manifest), findings);

    assert_non_null(objects);
    assert_int_equal(objects->len, 1);
    return g_ptr_array_steal_index(objects, 0);
}

static void each_place_is_a_reference(void **state)
{
    static const ApiReference expected[] = {
        { "PersistentVolumeClaim", "root", API_USE_WRITE },
        { "PersistentVolumeClaim", "base", API_USE_READ },
        { "PersistentVolumeClaim", "root", API_USE_READ },
        { "Secret", "user", API_USE_READ },
        { "Secret", "network", API_USE_READ },
    };
    g_autoptr(ApiObject) object = parse();
    g_autoptr(GArray) found = api_references(object->info->type, object->data);

    assert_int_equal(found->len, G_N_ELEMENTS(expected));
    for (guint i = 0; i < found->len; i++) {
        const ApiReference *reference = &g_array_index(found, ApiReference, i);

        assert_string_equal(reference->kind, expected[i].kind);
        assert_string_equal(reference->name, expected[i].name);
        assert_int_equal(reference->use, expected[i].use);
    }
}

static void a_name_is_listed_once(void **state)
{
    g_autoptr(ApiObject) object = parse();
    g_auto(GStrv) claims =
        api_reference_names(object->info->type, object->data, "PersistentVolumeClaim");
    g_auto(GStrv) maps = api_reference_names(object->info->type, object->data, "ConfigMap");

    assert_true(
        g_strv_equal((const char *const *)claims, (const char *[]){ "root", "base", NULL }));
    assert_int_equal(g_strv_length(maps), 0);
}

static void the_most_that_is_done_counts(void **state)
{
    g_autoptr(ApiObject) object = parse();
    guint count = 0;

    assert_int_equal(api_reference_use(object->info->type, object->data, "PersistentVolumeClaim",
                                       "root", &count),
                     API_USE_WRITE);
    assert_int_equal(count, 2);
    assert_int_equal(
        api_reference_use(object->info->type, object->data, "PersistentVolumeClaim", "base", NULL),
        API_USE_READ);
    // A secret of that name is another object.
    assert_int_equal(api_reference_use(object->info->type, object->data, "Secret", "root", &count),
                     API_USE_NONE);
    assert_int_equal(count, 0);
}

static void a_volume_has_one_claim_or_none(void **state)
{
    g_autoptr(ApiObject) object = parse();
    const GPtrArray *volumes = api_object_vmi(object)->spec->volumes;

    assert_string_equal(api_volume_claim(volumes->pdata[0]), "root");
    assert_string_equal(api_volume_claim(volumes->pdata[1]), "base");
    assert_null(api_volume_claim(volumes->pdata[3]));
    assert_null(api_volume_claim(volumes->pdata[4]));
}

static void empty_names_and_no_object_refer_to_nothing(void **state)
{
    ApiClaimSource claim = { .claim_name = (char *)"" };
    g_autoptr(GArray) of_empty = api_references(&api_claim_source_type, &claim);
    g_autoptr(GArray) of_none = api_references(&api_vmi_spec_type, NULL);

    assert_int_equal(of_empty->len, 0);
    assert_int_equal(of_none->len, 0);
}

// A row that names a kind which does not exist would never find anything.
static void check_type(const ApiType *type, GHashTable *seen)
{
    if (!g_hash_table_add(seen, (gpointer)type))
        return;
    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];

        if (field->ref) {
            const ApiKindInfo *info = api_kind_find(field->ref);

            assert_non_null(info);
            assert_string_equal(info->kind, field->ref);
            assert_int_not_equal(field->use, API_USE_NONE);
        }
        if (field->kind == API_KIND_OBJECT)
            check_type(field->type, seen);
    }
}

static void every_row_names_a_kind(void **state)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    guint count = 0;
    const ApiKindInfo *kinds = api_kinds(&count);

    for (guint i = 0; i < count; i++)
        if (kinds[i].type)
            check_type(kinds[i].type, seen);
    assert_true(g_hash_table_contains(seen, &api_claim_source_type));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_place_is_a_reference),
        cmocka_unit_test(a_name_is_listed_once),
        cmocka_unit_test(the_most_that_is_done_counts),
        cmocka_unit_test(a_volume_has_one_claim_or_none),
        cmocka_unit_test(empty_names_and_no_object_refer_to_nothing),
        cmocka_unit_test(every_row_names_a_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
