// SPDX-License-Identifier: LGPL-2.1-or-later
// Printing: what it looks like, and that reading it again gives the same object, in YAML and in
// JSON.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "api/manifest.h"
#include "api/yaml.h"

static ApiObject *parse_one(const char *text)
{
    g_autoptr(ApiFindings) findings = api_findings_new("t");
    g_autoptr(GPtrArray) objects = api_manifest_parse_own(text, strlen(text), findings);
    g_autofree char *errors = api_findings_format(findings, text);

    assert_string_equal(errors, "");
    assert_int_equal(objects->len, 1);
    return g_ptr_array_steal_index(objects, 0);
}

static void assert_round_trip(const ApiObject *object)
{
    for (int format = API_FORMAT_YAML; format <= API_FORMAT_STORED; format++) {
        g_autofree char *text = api_object_print(object, (ApiFormat)format);
        g_autoptr(ApiObject) again = parse_one(text);
        g_autofree char *text_again = api_object_print(again, (ApiFormat)format);

        assert_true(api_object_equal(object, again));
        assert_string_equal(text, text_again);
    }
}

static const char vmi_text[] = "apiVersion: kubevirt.io/v1\n"
                               "kind: VirtualMachineInstance\n"
                               "metadata:\n"
                               "  name: \"12\"\n"
                               "  labels:\n"
                               "    \"true\": \"no\"\n"
                               "    a.b/c: d\n"
                               "  ownerReferences:\n"
                               "  - key: x\n"
                               "    seconds: 5\n"
                               "    share: 0.5\n"
                               "    text: \"5\"\n"
                               "    nothing: null\n"
                               "    empty: []\n"
                               "    none: {}\n"
                               "spec:\n"
                               "  domain:\n"
                               "    memory:\n"
                               "      guest: 1Gi\n"
                               "    resources:\n"
                               "      requests:\n"
                               "        cpu: \"2\"\n"
                               "        memory: 64M\n"
                               "    devices:\n"
                               "      disks:\n"
                               "      - name: a\n"
                               "        cdrom:\n"
                               "          readonly: true\n"
                               "        bootOrder: 1\n"
                               "      rng: {}\n"
                               "  volumes:\n"
                               "  - name: a\n"
                               "    cloudInitNoCloud:\n"
                               "      userData: |\n"
                               "        #cloud-config\n"
                               "        users: []\n";

// This text is in the order and the form of our own: it comes back as it is.
static void test_yaml(void **state)
{
    g_autoptr(ApiObject) object = parse_one(vmi_text);
    g_autofree char *text = api_object_print(object, API_FORMAT_YAML);

    assert_string_equal(text, vmi_text);
    assert_round_trip(object);
}

static void test_json(void **state)
{
    g_autoptr(ApiObject) object = parse_one(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a, generation: 3}\n"
        "immutable: true\nstringData: {k: \"\\\"\\n\\x85\\u2028\\ufeff\\x7f\\U0001F600\"}\n");
    g_autofree char *text = api_object_print(object, API_FORMAT_JSON);

    assert_string_equal(text,
                        "{\n"
                        "  \"apiVersion\" : \"v1\",\n"
                        "  \"kind\" : \"Secret\",\n"
                        "  \"metadata\" : {\n"
                        "    \"name\" : \"a\",\n"
                        "    \"generation\" : 3\n"
                        "  },\n"
                        "  \"stringData\" : {\n"
                        "    \"k\" : \"\\\"\\n\\u0085\\u2028\\ufeff\\u007f\xF0\x9F\x98\x80\"\n"
                        "  },\n"
                        "  \"immutable\" : true\n"
                        "}\n");
    assert_round_trip(object);
}

// Texts that YAML readers take for something else, or that its writers stumble over.
static const char *const texts[] = {
    "",
    " ",
    "a",
    "true",
    "True",
    "no",
    "y",
    "N",
    "null",
    "~",
    "Null",
    "12",
    "-1",
    "+1",
    "0x1F",
    "0o17",
    "017",
    "1_000",
    "1e3",
    "1.5",
    ".5",
    "5.",
    ".inf",
    "-.INF",
    ".nan",
    "1:30",
    "2024-01-01",
    "=",
    "<<",
    "---",
    "...",
    "- a",
    "a: b",
    "a #b",
    "#a",
    "@a",
    "`a",
    "!a",
    "&a",
    "*a",
    "%a",
    "|",
    ">",
    "?",
    "? a",
    "-",
    ":",
    "[a",
    "{a",
    "a]",
    "'a'",
    "\"a\"",
    "a'b",
    "a\"b",
    "a\\b",
    " a",
    "a ",
    "a\n",
    "\na",
    "a\n\nb",
    "a\n\n\n",
    " a\nb",
    "\ta\nb",
    "a\n b",
    "a \nb",
    "a\n\tb",
    "\n",
    "\n\n",
    "a\rb",
    "a\r\nb",
    "\t",
    "a\tb",
    "a\x7f",
    "\x01",
    "\xC2\x85",
    "a\xE2\x80\xA8"
    "b",
    "\xEF\xBB\xBF"
    "a",
    "\xF0\x9F\x98\x80",
    "ä\nö",
    "a\n---\nb",
    "#a\n#b\n",
    "a:\n- b\n",
    "\\n",
    "null\n",
    "12\n",
    "a\xC2\x85\nb",
    "a\n...\n",
    "\xEF\xBF\xBD",
};

static void test_texts(void **state)
{
    g_autoptr(ApiObject) object = api_object_new(api_kind_find("cm"));
    ApiConfigMap *map = api_object_config_map(object);

    api_object_meta(object)->name = g_strdup("a");
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *key = g_strdup_printf("k%u", i);

        api_map_set(&map->data, key, texts[i]);
        if (*texts[i] != '\0')
            api_map_set(&map->binary_data, texts[i], key);
    }
    assert_round_trip(object);
}

// The last text of the document, where libyaml marks open ends.
static void test_last_text(void **state)
{
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(ApiObject) object = api_object_new(api_kind_find("cm"));

        api_object_meta(object)->name = g_strdup("a");
        api_map_set(&api_object_config_map(object)->data, "k", texts[i]);
        assert_round_trip(object);
    }
}

// What vmi keeps for itself is stored, and shown as an annotation where it has one; what was shown can be applied again.
static void test_internal_fields(void **state)
{
    g_autoptr(ApiObject) object =
        parse_one("apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\n"
                  "metadata: {name: a, annotations: {x: \"y\"}}\nspec: {domain: {}}\n"
                  "status: {phase: Running, message: m, warnings: [one, two], reason: Started}\n");
    g_autofree char *stored = api_object_print(object, API_FORMAT_STORED);
    g_autofree char *text = api_object_print(object, API_FORMAT_YAML);
    g_autoptr(ApiObject) stored_again = parse_one(stored);
    g_autoptr(ApiObject) again = parse_one(text);
    g_autofree char *text_again = api_object_print(again, API_FORMAT_YAML);

    assert_true(api_object_equal(object, stored_again));
    assert_string_equal(text, "apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\n"
                              "metadata:\n  name: a\n  annotations:\n    x: \"y\"\n"
                              "    vmi.example.org/warnings: |-\n      one\n      two\n"
                              "spec:\n  domain: {}\n"
                              "status:\n  phase: Running\n  reason: Started\n");
    assert_string_equal(text, text_again);
    api_object_drop_printed_annotations(again);
    assert_true(
        api_map_equal(api_object_meta(again)->annotations, api_object_meta(object)->annotations));
}

static void test_list(void **state)
{
    g_autoptr(GPtrArray) objects = g_ptr_array_new_with_free_func((GDestroyNotify)api_object_free);
    g_autoptr(ApiFindings) findings = api_findings_new("t");
    g_autofree char *empty = NULL, *empty_json = NULL;

    empty_json = api_list_print(objects, API_FORMAT_JSON);
    assert_string_equal(empty_json, "{\n  \"apiVersion\" : \"v1\",\n  \"kind\" : \"List\",\n"
                                    "  \"items\" : []\n}\n");
    empty = api_list_print(objects, API_FORMAT_YAML);
    assert_string_equal(empty, "apiVersion: v1\nkind: List\nitems: []\n");
    g_ptr_array_add(objects, parse_one(vmi_text));
    g_ptr_array_add(objects, parse_one("apiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n"));
    // Texts of several lines, whose beginnings mean something.
    g_ptr_array_add(objects, parse_one("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
                                       "data: {a: \"x\\n\\n  y\\n   \\nz \\n\", b: \" x\\ny\", "
                                       "c: \"\\n\", d: \"- x\\n  y\\n\\n\", e: \"\\tx\\n\"}\n"));
    for (ApiFormat format = API_FORMAT_YAML; format <= API_FORMAT_JSON; format++) {
        g_autofree char *text = api_list_print(objects, format);
        g_autoptr(GPtrArray) again = api_manifest_parse(text, strlen(text), findings);

        assert_int_equal(again->len, objects->len);
        for (guint i = 0; i < objects->len; i++)
            assert_true(api_object_equal(objects->pdata[i], again->pdata[i]));
    }
}

// Numbers that the manifest keeps as written survive JSON as well as it can hold them.
static void test_json_numbers(void **state)
{
    g_autoptr(ApiObject) object = parse_one(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"
        "spec: [9223372036854775807, 0x10, 0.5, -.inf, .nan, 1_0.5, yes, 'yes', no way]\n");
    g_autofree char *text = api_object_print(object, API_FORMAT_JSON);
    g_autoptr(ApiObject) again = parse_one(text);
    g_autofree char *yaml = api_object_print(again, API_FORMAT_YAML);

    assert_non_null(strstr(yaml,
                           "spec:\n- 9223372036854775807\n- 16\n- 0.5\n- \"-.inf\"\n- \".nan\"\n"
                           "- \"1_0.5\"\n- true\n- \"yes\"\n- no way\n"));
}

// Keys that count up, or DOWN: the same pairs in another order.
static GPtrArray *large_map(guint n, gboolean down)
{
    GPtrArray *map = g_ptr_array_new_with_free_func((GDestroyNotify)api_pair_free);

    for (guint i = 0; i < n; i++) {
        ApiPair *pair = g_new0(ApiPair, 1);

        pair->key = g_strdup_printf("key-%u", down ? n - 1 - i : i);
        pair->value = g_strdup(pair->key + strlen("key-"));
        g_ptr_array_add(map, pair);
    }
    return map;
}

// 50000 pairs would last minutes if this were quadratic.
static void test_maps_compare(void **state)
{
    static const guint sizes[] = { 1, 16, 17, 50000 };

    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(ApiObject) a = api_object_new(api_kind_find("ConfigMap"));
        g_autoptr(ApiObject) b = api_object_new(api_kind_find("ConfigMap"));
        ApiConfigMap *map = api_object_config_map(b);
        ApiPair *last;

        api_object_config_map(a)->data = large_map(sizes[i], FALSE);
        map->data = large_map(sizes[i], TRUE);
        assert_true(api_object_equal(a, b));
        last = map->data->pdata[sizes[i] - 1];
        last->value[0] = 'x';
        assert_false(api_object_equal(a, b));
        last->value[0] = '0';
        last->key[0] = 'x';
        assert_false(api_object_equal(a, b));
        g_ptr_array_set_size(map->data, (gint)sizes[i] - 1);
        assert_false(api_object_equal(a, b));
    }
    assert_true(api_map_equal(NULL, NULL));
}

static void test_maps_merge(void **state)
{
    g_autoptr(GPtrArray) map = NULL;
    g_autoptr(GPtrArray) first = large_map(50000, TRUE);
    g_autoptr(GPtrArray) second = large_map(50001, FALSE);

    api_map_merge(&map, NULL);
    api_map_merge(&map, first);
    assert_true(api_map_equal(map, first));
    api_map_set(&map, "key-7", "changed");
    api_map_merge(&map, second);
    assert_true(api_map_equal(map, second));
    assert_string_equal(((ApiPair *)map->pdata[0])->key,
                        "key-49999"); // what was there keeps its place
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yaml),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_last_text),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_json_numbers),
        cmocka_unit_test(test_maps_compare),
        cmocka_unit_test(test_maps_merge),
        cmocka_unit_test(test_internal_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
