// SPDX-License-Identifier: LGPL-2.1-or-later
// Applying a manifest to an object that others have changed: each rule by an example, and what must hold of any three definitions.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "api/fields.h"
#include "api/merge.h"

enum {
    ROUNDS = 50, // of any three definitions
};

typedef struct {
    const char *rule;
    const char *last, *manifest, *live, *expected; // what follows the metadata, in flow style
} Example;

static ApiObject *parse(const char *kind, const char *version, const char *body)
{
    g_autofree char *text =
        g_strdup_printf("{apiVersion: %s, kind: %s, metadata: {name: it, namespace: default}, %s}",
                        version, kind, body);
    g_autoptr(ApiFindings) findings = api_findings_new("test");
    g_autoptr(GPtrArray) objects = api_manifest_parse_own(text, strlen(text), findings);
    g_autofree char *errors = api_findings_format(findings, text);

    assert_string_equal(errors, "");
    assert_int_equal(objects->len, 1);
    return g_ptr_array_steal_index(objects, 0);
}

static char *fields_of(const ApiObject *object)
{
    return api_fields(object->info->type, object->data);
}

static ApiObject *merge(const ApiObject *last, const ApiObject *manifest, const ApiObject *live)
{
    g_autofree char *applied = fields_of(last);

    return api_merge(applied, manifest, live);
}

static void assert_same(const char *rule, const ApiObject *expected, const ApiObject *found)
{
    g_autofree char *a = api_object_print(expected, API_FORMAT_YAML);
    g_autofree char *b = api_object_print(found, API_FORMAT_YAML);

    if (strcmp(a, b) != 0)
        print_error("%s\n", rule);
    assert_string_equal(b, a);
}

static void check(const char *kind, const char *version, const Example *example)
{
    g_autoptr(ApiObject) last = parse(kind, version, example->last);
    g_autoptr(ApiObject) manifest = parse(kind, version, example->manifest);
    g_autoptr(ApiObject) live = parse(kind, version, example->live);
    g_autoptr(ApiObject) expected = parse(kind, version, example->expected);
    g_autoptr(ApiObject) merged = merge(last, manifest, live);
    g_autoptr(ApiObject) again = merge(manifest, manifest, merged);

    assert_same(example->rule, expected, merged);
    assert_same(example->rule, expected, again);
}

static void each_rule_of_plain_maps(void **state)
{
    static const Example examples[] = {
        { "a new key is added, a changed one is changed", "data: {a: one}",
          "data: {a: two, b: new}", "data: {a: one}", "data: {a: two, b: new}" },
        { "what another verb changed, the manifest changes back", "data: {a: one}",
          "data: {a: one}", "data: {a: changed}", "data: {a: one}" },
        { "another's key stays, the manifest's come first", "data: {a: one}", "data: {a: one}",
          "data: {other: its, a: one}", "data: {a: one, other: its}" },
        { "a key that the manifest no longer has goes", "data: {a: one, b: two}", "data: {a: one}",
          "data: {a: one, b: two, other: its}", "data: {a: one, other: its}" },
        { "also when another verb changed it", "data: {a: one, b: two}", "data: {a: one}",
          "data: {a: one, b: changed}", "data: {a: one}" },
        { "also when it is gone already", "data: {a: one, b: two}", "data: {a: one}",
          "data: {a: one}", "data: {a: one}" },
        { "a whole map: what the manifest had goes", "data: {a: one}", "immutable: false",
          "data: {a: one, other: its}", "data: {other: its}, immutable: false" },
        { "a whole map: nothing is left", "data: {a: one}", "immutable: false", "data: {a: one}",
          "immutable: false" },
        { "a scalar of another stays", "data: {a: one}", "data: {a: one}",
          "data: {a: one}, immutable: true", "data: {a: one}, immutable: true" },
        { "a scalar that the manifest no longer has goes", "data: {a: one}, immutable: false",
          "data: {a: one}", "data: {a: one}, immutable: true", "data: {a: one}" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(examples); i++)
        check("ConfigMap", "v1", &examples[i]);
}

#define DEVICES(text) "spec: {domain: {devices: {" text "}}}"

static void each_rule_of_structs_and_lists(void **state)
{
    static const Example examples[] = {
        { "what was filled in stays",
          "spec: {domain: {firmware: {serial: mine}, devices: {interfaces: [{name: a}]}}}",
          "spec: {domain: {firmware: {serial: mine}, devices: {interfaces: [{name: a}]}}}",
          "spec: {domain: {firmware: {serial: mine, uuid: filled}, "
          "devices: {interfaces: [{name: a, macAddress: filled}]}}}",
          "spec: {domain: {firmware: {serial: mine, uuid: filled}, "
          "devices: {interfaces: [{name: a, macAddress: filled}]}}}" },
        { "unless the manifest says otherwise", "spec: {domain: {}}",
          "spec: {domain: {firmware: {uuid: said}}}", "spec: {domain: {firmware: {uuid: filled}}}",
          "spec: {domain: {firmware: {uuid: said}}}" },
        { "what was filled in stays though the manifest drops the struct",
          "spec: {domain: {firmware: {serial: mine}}}", "spec: {domain: {}}",
          "spec: {domain: {firmware: {serial: mine, uuid: filled}}}",
          "spec: {domain: {firmware: {uuid: filled}}}" },
        { "a struct goes when nothing is left",
          "spec: {domain: {firmware: {serial: mine}}, hostname: a}",
          "spec: {domain: {}, hostname: a}",
          "spec: {domain: {firmware: {serial: mine}}, hostname: a}",
          "spec: {domain: {}, hostname: a}" },
        { "one that only is there goes as well", DEVICES("rng: {}"), DEVICES(""),
          DEVICES("rng: {}"), DEVICES("") },
        { "one that another verb put there stays", DEVICES(""), DEVICES(""), DEVICES("rng: {}"),
          DEVICES("rng: {}") },
        { "an attached disk stays, after the manifest's",
          "spec: {domain: {devices: {disks: [{name: a}]}}, volumes: [{name: a, emptyDisk: "
          "{capacity: 1Gi}}]}",
          "spec: {domain: {devices: {disks: [{name: a}, {name: b}]}}, volumes: [{name: a, "
          "emptyDisk: {capacity: 1Gi}}]}",
          "spec: {domain: {devices: {disks: [{name: x, serial: s}, {name: a}]}}, volumes: "
          "[{name: x, persistentVolumeClaim: {claimName: c}}, {name: a, emptyDisk: {capacity: "
          "1Gi}}]}",
          "spec: {domain: {devices: {disks: [{name: a}, {name: b}, {name: x, serial: s}]}}, "
          "volumes: [{name: a, emptyDisk: {capacity: 1Gi}}, {name: x, persistentVolumeClaim: "
          "{claimName: c}}]}" },
        { "it stays though the manifest drops the list", DEVICES("disks: [{name: a}]"), DEVICES(""),
          DEVICES("disks: [{name: a}, {name: x}]"), DEVICES("disks: [{name: x}]") },
        { "it stays though the manifest drops all around it",
          "spec: {domain: {devices: {disks: [{name: a}]}}}", "spec: {domain: {}}",
          DEVICES("disks: [{name: a}, {name: x}]"), DEVICES("disks: [{name: x}]") },
        { "a disk that the manifest no longer has goes, whatever was filled in",
          DEVICES("disks: [{name: a}, {name: b}]"), DEVICES("disks: [{name: a}]"),
          DEVICES("disks: [{name: a}, {name: b, serial: filled}]"), DEVICES("disks: [{name: a}]") },
        { "a disk that was detached is back", DEVICES("disks: [{name: a}, {name: b}]"),
          DEVICES("disks: [{name: a}, {name: b}]"), DEVICES("disks: [{name: a}]"),
          DEVICES("disks: [{name: a}, {name: b}]") },
        { "the manifest takes an attached disk over", DEVICES("disks: [{name: a}]"),
          DEVICES("disks: [{name: x, cache: none}, {name: a}]"),
          DEVICES("disks: [{name: a}, {name: x, serial: s}]"),
          DEVICES("disks: [{name: x, serial: s, cache: none}, {name: a}]") },
        { "a list without names is one value",
          DEVICES("interfaces: [{name: a, ports: [{port: 22}]}]"),
          DEVICES("interfaces: [{name: a, ports: [{port: 80}]}]"),
          DEVICES("interfaces: [{name: a, ports: [{port: 22}, {port: 443}]}]"),
          DEVICES("interfaces: [{name: a, ports: [{port: 80}]}]") },
        { "which goes with the manifest", DEVICES("interfaces: [{name: a, ports: [{port: 22}]}]"),
          DEVICES("interfaces: [{name: a}]"),
          DEVICES("interfaces: [{name: a, ports: [{port: 22}, {port: 443}]}]"),
          DEVICES("interfaces: [{name: a}]") },
        { "and stays when it is another's", DEVICES("interfaces: [{name: a}]"),
          DEVICES("interfaces: [{name: a}]"),
          DEVICES("interfaces: [{name: a, ports: [{port: 443}]}]"),
          DEVICES("interfaces: [{name: a, ports: [{port: 443}]}]") },
        { "a struct without what it must have goes",
          "spec: {domain: {}, volumes: [{name: a, persistentVolumeClaim: {claimName: c}}]}",
          "spec: {domain: {}, volumes: [{name: a}]}",
          "spec: {domain: {}, volumes: [{name: a, persistentVolumeClaim: {claimName: c, "
          "readOnly: true}}]}",
          "spec: {domain: {}, volumes: [{name: a}]}" },
        { "another source takes the place of the former",
          "spec: {domain: {}, volumes: [{name: a, emptyDisk: {capacity: 1Gi}}]}",
          "spec: {domain: {}, volumes: [{name: a, persistentVolumeClaim: {claimName: c}}]}",
          "spec: {domain: {}, volumes: [{name: a, emptyDisk: {capacity: 1Gi}}]}",
          "spec: {domain: {}, volumes: [{name: a, persistentVolumeClaim: {claimName: c}}]}" },
        { "also of one that another verb chose",
          "spec: {domain: {}, volumes: [{name: a, emptyDisk: {capacity: 1Gi}}]}",
          "spec: {domain: {}, volumes: [{name: a, emptyDisk: {capacity: 1Gi}}]}",
          "spec: {domain: {}, volumes: [{name: a, persistentVolumeClaim: {claimName: c}}]}",
          "spec: {domain: {}, volumes: [{name: a, emptyDisk: {capacity: 1Gi}}]}" },
        { "a disk becomes a CD-ROM drive", DEVICES("disks: [{name: a, disk: {bus: virtio}}]"),
          DEVICES("disks: [{name: a, cdrom: {}}]"),
          DEVICES("disks: [{name: a, disk: {bus: virtio, readonly: true}, serial: s}]"),
          DEVICES("disks: [{name: a, cdrom: {}, serial: s}]") },
        { "an interface gets another binding", DEVICES("interfaces: [{name: a, masquerade: {}}]"),
          DEVICES("interfaces: [{name: a, bridge: {}}]"),
          DEVICES("interfaces: [{name: a, masquerade: {}, macAddress: m}]"),
          DEVICES("interfaces: [{name: a, bridge: {}, macAddress: m}]") },
        { "a network leads elsewhere", "spec: {domain: {}, networks: [{name: a, pod: {}}]}",
          "spec: {domain: {}, networks: [{name: a, multus: {networkName: n}}]}",
          "spec: {domain: {}, networks: [{name: a, pod: {vmNetworkCIDR: c}}]}",
          "spec: {domain: {}, networks: [{name: a, multus: {networkName: n}}]}" },
        { "the same source keeps what was filled in",
          "spec: {domain: {}, networks: [{name: a, pod: {}}]}",
          "spec: {domain: {}, networks: [{name: a, pod: {}}]}",
          "spec: {domain: {}, networks: [{name: a, pod: {vmNetworkCIDR: c}}]}",
          "spec: {domain: {}, networks: [{name: a, pod: {vmNetworkCIDR: c}}]}" },
        { "a map within", "spec: {domain: {resources: {requests: {memory: 1Gi}}}}",
          "spec: {domain: {resources: {requests: {cpu: \"2\"}}}}",
          "spec: {domain: {resources: {requests: {memory: 2Gi}, limits: {cpu: \"3\"}}}}",
          "spec: {domain: {resources: {requests: {cpu: \"2\"}, limits: {cpu: \"3\"}}}}" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(examples); i++)
        check("VirtualMachineInstance", "kubevirt.io/v1", &examples[i]);
}

// ---- any three definitions --------------------------------------------------------------------------------------

static gpointer random_struct(GRand *random, const ApiType *type, guint depth);

// From so few that the three definitions meet in them.
static char *random_word(GRand *random)
{
    static const char *const words[] = { "a", "b", "c", "d" };

    return g_strdup(words[g_rand_int_range(random, 0, G_N_ELEMENTS(words))]);
}

static gpointer random_pointer(GRand *random, const ApiField *field, guint depth)
{
    if (field->kind == API_KIND_OBJECT)
        return random_struct(random, field->type, depth + 1);
    return field->kind == API_KIND_ANY ? NULL : random_word(random);
}

static void set_text(const ApiField *field, gpointer object, const char *text)
{
    api_field_clear(field, object);
    G_STRUCT_MEMBER(char *, object, field->offset) = g_strdup(text);
}

// Names are unique, as in every definition that validation lets pass.
static GPtrArray *random_list(GRand *random, const ApiField *field, guint depth)
{
    GPtrArray *list = api_list_new(field->kind == API_KIND_OBJECT ? field->type : NULL);
    guint bits = (guint)g_rand_int_range(random, 1, 16);
    gboolean backwards = g_rand_boolean(random);

    for (guint i = 0; i < 4; i++) {
        guint bit = backwards ? 3 - i : i;
        gpointer item = bits & (1u << bit) ? random_pointer(random, field, depth) : NULL;

        if (item && field->merge)
            set_text(api_type_find(field->type, field->merge), item,
                     (const char[]){ (char)('a' + bit), '\0' });
        if (item)
            g_ptr_array_add(list, item);
    }
    return list;
}

static GPtrArray *random_map(GRand *random)
{
    GPtrArray *map = NULL;

    for (guint i = g_rand_boolean(random) ? 1 : 3; i > 0; i--) {
        g_autofree char *key = random_word(random), *value = random_word(random);

        api_map_set(&map, key, value);
    }
    return map;
}

static void random_field(GRand *random, const ApiField *field, gpointer object, guint depth)
{
    gpointer member = G_STRUCT_MEMBER_P(object, field->offset);

    if (field->shape == API_MAP)
        *(GPtrArray **)member = random_map(random);
    else if (field->shape == API_LIST && field->kind != API_KIND_ANY)
        *(GPtrArray **)member = random_list(random, field, depth);
    else if (field->shape == API_LIST)
        return;
    else if (field->kind == API_KIND_BOOL)
        *(ApiBool *)member = g_rand_boolean(random) ? API_TRUE : API_FALSE;
    else if (field->kind == API_KIND_INT)
        *(ApiInt *)member = (ApiInt){ TRUE, g_rand_int_range(random, 0, 4) };
    else if (field->kind == API_KIND_ENUM)
        *(int *)member = g_rand_int_range(random, 1, field->values->values[2] ? 3 : 2);
    else
        *(gpointer *)member = random_pointer(random, field, depth);
}

static gboolean has_other(const ApiType *type, const ApiField *field, gconstpointer object)
{
    for (guint i = 0; field->oneof && i < type->n_fields; i++)
        if (g_strcmp0(type->fields[i].oneof, field->oneof) == 0 &&
            api_field_is_set(&type->fields[i], object))
            return TRUE;
    return FALSE;
}

// What is required is there; the deeper, the less of the rest, as the tables are wide.
static gpointer random_struct(GRand *random, const ApiType *type, guint depth)
{
    gpointer object = api_struct_new(type);

    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];

        if (field->support == API_SUPPORT_REMOVED || field->internal ||
            has_other(type, field, object))
            continue;
        if (field->required || g_rand_int_range(random, 0, (gint32)depth + 2) == 0)
            random_field(random, field, object, depth);
    }
    return object;
}

static ApiObject *random_object(GRand *random)
{
    ApiObject *object = api_object_new(api_kind_find("vmi"));
    ApiVirtualMachineInstance *vmi = api_object_vmi(object);

    vmi->metadata->name = g_strdup("it");
    vmi->metadata->labels = g_rand_boolean(random) ? random_map(random) : NULL;
    vmi->spec = random_struct(random, &api_vmi_spec_type, 0);
    return object;
}

// Nothing that ends a branch of GONE and is not in KEPT ends one of FOUND.
static void assert_gone(const ApiNode *gone, const ApiNode *kept, const ApiNode *found)
{
    for (guint i = 0; i < gone->children->len; i++) {
        const ApiEntry *entry = gone->children->pdata[i];
        const ApiNode *here = api_node_get(found, entry->key);
        const ApiNode *still = api_node_get(kept, entry->key);

        if (!here)
            continue;
        if (entry->value->children->len > 0)
            assert_gone(entry->value, still, here);
        else if (!still && here->children->len == 0)
            fail_msg("\"%s\" is still there", entry->key);
    }
}

static ApiNode *tree_of(const ApiObject *object)
{
    g_autofree char *text = fields_of(object);

    return api_fields_parse(text);
}

static void check_any(GRand *random)
{
    g_autoptr(ApiObject) last = random_object(random);
    g_autoptr(ApiObject) manifest = random_object(random);
    g_autoptr(ApiObject) other = random_object(random);
    // Mostly as it was applied, and changed by others.
    g_autoptr(ApiObject) live =
        g_rand_boolean(random) ? api_merge("{}", other, last) : api_object_copy(other);
    g_autoptr(ApiObject) merged = merge(last, manifest, live);
    g_autoptr(ApiObject) again = merge(manifest, manifest, merged);
    g_autoptr(ApiObject) said = api_merge("{}", manifest, merged);
    g_autoptr(ApiObject) beside = merge(manifest, manifest, live);
    g_autoptr(ApiObject) all = api_merge("{}", live, beside);
    g_autoptr(ApiObject) kept = api_merge("{}", manifest, all);
    g_autoptr(ApiNode) gone = tree_of(last), here = tree_of(manifest), found = tree_of(merged);

    assert_same("applied twice, it changes nothing", merged, again);
    assert_true(api_object_equal(merged, again));
    assert_same("all that the manifest says is there", merged, said);
    assert_same("what it never said is kept", beside, kept);
    assert_gone(gone, here, found);
}

static void what_must_hold_of_any(void **state)
{
    const char *seed = g_getenv("VMI_TEST_SEED"); // for another one than each time
    GRand *random = g_rand_new_with_seed(seed ? (guint32)g_ascii_strtoull(seed, NULL, 10) : 1);

    for (guint i = 0; i < ROUNDS; i++)
        check_any(random);
    g_rand_free(random);
}

// ---- what is kept -----------------------------------------------------------------------------------------------

static const char secret_text[] = "data: {b: c2VjcmV0, a: c2VjcmV0}, type: mine";

static void names_are_kept_and_no_values(void **state)
{
    g_autoptr(ApiObject) object = parse("Secret", "v1", secret_text);
    g_autoptr(ApiObject) turned = parse("Secret", "v1", "type: other, data: {a: \"\", b: \"\"}");
    g_autofree char *fields = fields_of(object), *same = fields_of(turned);

    assert_string_equal(fields, "{\"metadata\":{\"name\":{},\"namespace\":{}},\"type\":{},"
                                "\"data\":{\"a\":{},\"b\":{}}}");
    assert_string_equal(same, fields);
}

static void they_are_kept_before_the_first_change(void **state)
{
    g_autoptr(ApiObject) manifest = parse("Secret", "v1", secret_text);
    g_autoptr(ApiObject) object = api_object_copy(manifest);
    g_autofree char *fields = fields_of(manifest), *stored = NULL, *shown = NULL;
    g_autoptr(ApiObject) merged = NULL;
    ApiObjectMeta *meta = api_object_meta(object);

    meta->uid = g_strdup("its");
    meta->generation = (ApiInt){ TRUE, 1 };
    api_keep_applied(object->info->type, object->data);
    assert_string_equal(meta->applied_fields, fields);
    api_map_set(&api_object_secret(object)->data, "c", "bGF0ZXI=");
    api_keep_applied(object->info->type, object->data);
    assert_string_equal(meta->applied_fields, fields);
    stored = api_object_print(object, API_FORMAT_STORED);
    shown = api_object_print(object, API_FORMAT_YAML);
    assert_non_null(strstr(stored, "appliedFields"));
    assert_null(strstr(shown, "appliedFields"));

    merged = api_merge(meta->applied_fields, manifest, object);
    assert_true(api_object_equal(merged, object));
}

static void without_them_the_manifest_is_all(void **state)
{
    static const char *const none[] = { NULL, "", "{", "a: b\n---\nc: d" };
    g_autoptr(ApiObject) manifest = parse("ConfigMap", "v1", "data: {a: one}");
    g_autoptr(ApiObject) live = parse("ConfigMap", "v1", "data: {a: one, b: two}");

    for (guint i = 0; i < G_N_ELEMENTS(none); i++) {
        g_autoptr(ApiObject) merged = api_merge(none[i], manifest, live);

        assert_same(none[i] ? none[i] : "none", manifest, merged);
    }
}

static void too_many_are_not_kept(void **state)
{
    g_autoptr(ApiObject) object = parse("ConfigMap", "v1", "immutable: false");
    GPtrArray **data = &api_object_config_map(object)->data;

    *data = g_ptr_array_new_with_free_func((GDestroyNotify)api_pair_free);
    for (guint i = 0; i < 100000; i++) {
        ApiPair *pair = g_new0(ApiPair, 1);

        pair->key = g_strdup_printf("key-%08u", i);
        pair->value = g_strdup("");
        g_ptr_array_add(*data, pair);
    }
    api_keep_applied(object->info->type, object->data);
    assert_null(api_object_meta(object)->applied_fields);
}

static void no_manifest_says_what_was_applied(void **state)
{
    static const char text[] = "{apiVersion: v1, kind: ConfigMap, metadata: {name: it, "
                               "appliedFields: \"{}\"}}";
    g_autoptr(ApiFindings) findings = api_findings_new("test");
    g_autoptr(GPtrArray) objects = api_manifest_parse(text, strlen(text), findings);
    g_autofree char *errors = api_findings_format(findings, NULL);

    assert_int_equal(objects->len, 0);
    assert_non_null(strstr(errors, "unknown field \"appliedFields\""));
    assert_null(strstr(errors, "did you mean"));
}

// ---- keys deeper in an item -------------------------------------------------------------------------------------

typedef struct {
    ApiObjectMeta *metadata;
    char *text;
} Template;

static void template_free(gpointer template);

static const ApiField template_fields[] = {
    { .name = "metadata",
      .kind = API_KIND_OBJECT,
      .type = &api_object_meta_type,
      .offset = G_STRUCT_OFFSET(Template, metadata) },
    { .name = "text", .kind = API_KIND_STRING, .offset = G_STRUCT_OFFSET(Template, text) },
};
static const ApiType template_type = { .name = "Template",
                                       .size = sizeof(Template),
                                       .destroy = template_free,
                                       .fields = template_fields,
                                       .n_fields = G_N_ELEMENTS(template_fields) };

static void template_free(gpointer template)
{
    api_struct_free(&template_type, template);
}

static void an_item_may_have_its_name_in_its_metadata(void **state)
{
    static const ApiField list = { .name = "templates",
                                   .kind = API_KIND_OBJECT,
                                   .type = &template_type,
                                   .shape = API_LIST,
                                   .merge = "metadata.name" };
    ApiObjectMeta meta = { .name = (char *)"disk" };
    const Template named = { .metadata = &meta }, nameless = { 0 };

    assert_string_equal(api_item_name(&list, &named), "disk");
    assert_null(api_item_name(&list, &nameless));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_of_plain_maps),
        cmocka_unit_test(each_rule_of_structs_and_lists),
        cmocka_unit_test(what_must_hold_of_any),
        cmocka_unit_test(names_are_kept_and_no_values),
        cmocka_unit_test(they_are_kept_before_the_first_change),
        cmocka_unit_test(without_them_the_manifest_is_all),
        cmocka_unit_test(too_many_are_not_kept),
        cmocka_unit_test(no_manifest_says_what_was_applied),
        cmocka_unit_test(an_item_may_have_its_name_in_its_metadata),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
