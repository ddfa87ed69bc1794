// SPDX-License-Identifier: LGPL-2.1-or-later
// api/yaml.h: what is read, what is refused and where, the limits, and the places of field paths.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "api/yaml.h"

// A short form of a tree: null, 'plain', "quoted", [list], {key:value}.
static void dump(GString *out, const ApiNode *node)
{
    if (node->kind == API_NODE_NULL) {
        g_string_append(out, "null");
        return;
    }
    if (node->kind == API_NODE_SCALAR) {
        g_string_append_printf(out, node->plain ? "'%s'" : "\"%s\"", node->text);
        return;
    }
    g_string_append_c(out, node->kind == API_NODE_LIST ? '[' : '{');
    for (guint i = 0; i < node->children->len; i++) {
        g_string_append(out, i > 0 ? "," : "");
        if (node->kind == API_NODE_MAP) {
            const ApiEntry *entry = node->children->pdata[i];

            g_string_append_printf(out, "%s:", entry->key);
            dump(out, entry->value);
        } else {
            dump(out, node->children->pdata[i]);
        }
    }
    g_string_append_c(out, node->kind == API_NODE_LIST ? ']' : '}');
}

// The documents of TEXT in the short form, separated by spaces; ERRORS gets the findings.
static char *read_text(const char *text, gsize length, char **ret_errors)
{
    g_autoptr(ApiFindings) findings = api_findings_new("t");
    g_autoptr(GPtrArray) documents = api_yaml_parse(text, length, findings);
    GString *out = g_string_new(NULL);

    for (guint i = 0; documents && i < documents->len; i++) {
        g_string_append(out, i > 0 ? " " : "");
        dump(out, documents->pdata[i]);
    }
    *ret_errors = api_findings_format(findings, NULL);
    return g_string_free(out, FALSE);
}

static void test_reads(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        { "", "" },
        { "# only a comment\n", "" },
        { "---\n---\n...\n", "" },
        { "a: 1\n---\nb: 2\n", "{a:'1'} {b:'2'}" },
        { "a: '1'\nb: \"2\"\nc: !!str 3\nd: ! 4\n", "{a:\"1\",b:\"2\",c:\"3\",d:\"4\"}" },
        { "a: ~\nb:\nc: null\nd: 'null'\n", "{a:null,b:null,c:null,d:\"null\"}" },
        { "a:\n- 1\n- b: 2\n", "{a:['1',{b:'2'}]}" },
        { "a: |\n  x\n  y\n", "{a:\"x\ny\n\"}" },
        { "a: &x {b: 1}\nc: *x\n", "{a:{b:'1'},c:{b:'1'}}" },
        { "a: &x {b: 1, c: 2}\nd:\n  c: 3\n  <<: *x\n", "{a:{b:'1',c:'2'},d:{c:'3',b:'1'}}" },
        { "a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}\n",
          "{a:{b:'1'},c:{b:'2',d:'3'},e:{b:'1',d:'3'}}" },
        { "{\"a\": \"\\ud83d\\ude00\\/\", \"b\\\\ud83d\": [1, true, null]}",
          "{a:\"\xF0\x9F\x98\x80/\",b\\ud83d:['1','true',null]}" },
        { "{\n\t\"a\":\t1\n}\n", "{a:'1'}" },
        { "\xEF\xBB\xBF"
          "a: 1\r\nb: 2\r\n",
          "{a:'1',b:'2'}" },
        { "1: x\ntrue: y\n", "{1:'x',true:'y'}" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *errors = NULL;
        g_autofree char *found = read_text(cases[i].text, strlen(cases[i].text), &errors);

        assert_string_equal(errors, "");
        assert_string_equal(found, cases[i].expected);
    }
}

static void test_refuses(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        { "a:\n\tb: 1\n", "t:2:1: a tab character" },
        { "a: 1\nb: 2\na: 3\n", "t:3:1: a: \"a\" is given twice, first in line 1; remove" },
        { "a:\n- b: {c: 1, c: 2}\n", "t:2:13: a[0].b.c: \"c\" is given twice" },
        { "a: @b\n", "t:1:4: an unquoted value cannot begin with this character; quote" },
        { "a: b: c\n", "t:1:5: a \":\" is not allowed here" },
        { "a:\n  b: 1\n c: 2\n", "t:3:2: expected a key (while parsing a block mapping" },
        { "a: 'b\nc: 1\n", "t:1:4: the closing quote is missing" },
        { "a: [1, 2\nb: 3\n", "t:2:2: expected \",\" or \"]\"" },
        { "a: 1\nbcd\n", "t:2:1: a key without a \":\"" },
        { "a: !!binary x\n", "t:1:4: a: a tag that has no meaning here; remove the tag" },
        { "a: !ruby/x y\n", "t:1:4: a: a tag" },
        { "a: !!int [1]\n", "t:1:4: a: a tag" },
        { "[1]: 2\n", "t:1:1: a key must be a text" },
        { "{{name}}: 2\n", "t:1:1: a key must be a text" },
        { "? \n: 2\n", "t:1:2: there is no key in front of the \":\"" },
        { "a: *b\n", "t:1:4: a: an alias of something that is not named before" },
        { "a: &b [*b]\n", "t:1:8: a[0]: an alias" },
        { "a: \"x\\0y\"\n", "t:1:4: a: the text contains a NUL character" },
        { "a: \xFF\n", "t:1:4: the text is not UTF-8" },
        { "a: \x01\n", "t:1:4: a control character" },
        { "a: \"\\q\"\n", "t:1:5: unknown escape sequence" },
        { "<<: 1\n", "t:1:1: \"<<\" merges maps" },
        { "a: &x {b: 1}\nc: {<<: *x, <<: *x}\n", "t:2:13: c.<<: \"<<\" is given twice" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *errors = NULL;
        g_autofree char *found = read_text(cases[i].text, strlen(cases[i].text), &errors);

        assert_non_null(found);
        if (!g_str_has_prefix(errors, cases[i].error))
            fail_msg("%s\nexpected: %s\nfound: %s", cases[i].text, cases[i].error, errors);
        assert_int_equal(strchr(errors, '\n')[1], '\0'); // one error, and one only
    }
}

// After a mistake that reading survives, the rest is read.
static void test_goes_on(void **state)
{
    const char *text = "a: 1\na: 2\nb: !x 3\n---\nc: 4\n---\nd: [\n";
    g_autofree char *errors = NULL;
    g_autofree char *found = read_text(text, strlen(text), &errors);

    assert_string_equal(found, "{a:'1',b:'3'} {c:'4'}");
    assert_non_null(strstr(errors, "t:2:1: a: \"a\" is given twice"));
    assert_non_null(strstr(errors, "t:3:4: b: a tag"));
    assert_non_null(strstr(errors, "t:8:1: "));
}

static void assert_limit(const char *text, gsize length, const char *words)
{
    g_autofree char *errors = NULL;
    g_autofree char *found = read_text(text, length, &errors);

    assert_non_null(found);
    if (!strstr(errors, words))
        fail_msg("expected: %s\nfound: %s", words, errors);
}

static void test_limits(void **state)
{
    g_autofree char *large = g_strnfill(API_YAML_MAX_BYTES + 1, ' ');
    g_autofree char *deep = g_strnfill(1000, '[');
    g_autofree char *name = g_strnfill(API_YAML_MAX_KEY + 1, 'k');
    g_autofree char *key = g_strdup_printf("a:\n  {\"%s\": 1}\n", name);
    g_autoptr(GString) laughs = g_string_new("a0: &a0 [x]\n");
    g_autoptr(GString) text = g_string_new("a: &a ");
    g_autoptr(GString) documents = g_string_new(NULL);
    g_autoptr(GString) nested = g_string_new("b0: &b0 x\n");

    for (int i = 1; i < 20; i++)
        g_string_append_printf(laughs, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1,
                               i - 1, i - 1);
    for (int i = 0; i < 1024 * 1024; i++)
        g_string_append_c(text, 'x');
    g_string_append(text,
                    "\nb: [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n");
    for (int i = 0; i <= API_YAML_MAX_DOCUMENTS; i++)
        g_string_append(documents, "--- {a: 1}\n");
    for (int i = 1; i < 100; i++)
        g_string_append_printf(nested, "b%d: &b%d [*b%d]\n", i, i, i - 1);

    assert_limit(large, API_YAML_MAX_BYTES + 1, "the text is larger than 10 MiB");
    assert_limit(deep, 1000, "nested too deeply");
    assert_limit(key, strlen(key), "a key of more than 1024 bytes");
    assert_limit(nested->str, nested->len, "nested too deeply");
    assert_limit(laughs->str, laughs->len, "too many values");
    assert_limit(text->str, text->len, "too much text");
    assert_limit(documents->str, documents->len, "more than 1000 documents");
}

static void test_many_keys(void **state)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *errors = NULL, *found = NULL;

    for (int i = 0; i < 20000; i++)
        g_string_append_printf(text, "key%d: 1\n", i);
    g_string_append(text, "key777: 2\n");
    found = read_text(text->str, text->len, &errors);
    assert_string_equal(errors, "t:20001:1: key777: \"key777\" is given twice, first in line 778; "
                                "remove one of them\n");
}

static void test_locate(void **state)
{
    static const struct {
        const char *path;
        guint line, column;
    } cases[] = {
        { "", 1, 1 },
        { "spec", 2, 1 },
        { "spec.volumes", 3, 3 },
        { "spec.volumes[1]", 6, 5 },
        { "spec.volumes[1].name", 6, 5 },
        { "spec.volumes[0].disk.bus", 5, 12 },
        { "spec.volumes[0].disk.bus.none", 5, 12 },
        { "spec.volumes[7].name", 3, 3 },
        { "spec.labels[a.b/c]", 7, 12 },
        { "nowhere.at.all", 1, 1 },
    };
    const char *text = "kind: a\nspec:\n  volumes:\n  - name: x\n    disk: {bus: y}\n  - name: z\n"
                       "  labels: {a.b/c: d}\n";
    g_autoptr(ApiFindings) findings = api_findings_new("t");
    g_autoptr(GPtrArray) documents = api_yaml_parse(text, strlen(text), findings);

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint line, column;

        api_node_locate(documents->pdata[0], cases[i].path, &line, &column);
        if (line != cases[i].line || column != cases[i].column)
            fail_msg("%s is at %u:%u", cases[i].path, line, column);
    }
}

static void test_equal(void **state)
{
    const char *text = "[{a: 1, b: x}, {a: 1, b: 'x'}, {a: '1', b: x}, {b: x, a: 1}, [x], [x, x]]";
    g_autoptr(ApiFindings) findings = api_findings_new("t");
    g_autoptr(GPtrArray) documents = api_yaml_parse(text, strlen(text), findings);
    ApiNode **nodes = (ApiNode **)((ApiNode *)documents->pdata[0])->children->pdata;

    assert_true(api_node_equal(nodes[0], nodes[1]));  // quotes around a text change nothing
    assert_false(api_node_equal(nodes[0], nodes[2])); // around a number they do
    assert_false(api_node_equal(nodes[0], nodes[3]));
    assert_false(api_node_equal(nodes[4], nodes[5]));
    assert_false(api_node_equal(nodes[0], nodes[4]));
    assert_false(api_node_equal(nodes[0], NULL));
}

static void test_findings(void **state)
{
    g_autoptr(ApiFindings) findings = api_findings_new("f.yaml");
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    api_findings_add(findings, API_FINDING_WARNING, 2, 3, "b", NULL, "odd");
    assert_true(api_findings_to_error(findings, &error));
    api_findings_add(findings, API_FINDING_ERROR, 1, 2, "a", "fix it", "wrong %d", 7);
    api_findings_add(findings, API_FINDING_ERROR, 2, 1, NULL, NULL, "bad");
    text = api_findings_format(findings, "\tä x\nyz\n");
    assert_string_equal(text, "f.yaml:1:2: a: wrong 7; fix it\n    \tä x\n    \t^\n"
                              "f.yaml:2:1: bad\n    yz\n    ^\n"
                              "f.yaml:2:3: warning: b: odd\n    yz\n      ^\n");
    assert_false(api_findings_to_error(findings, &error));
    assert_string_equal(error->message, "f.yaml:1:2: a: wrong 7; fix it\nf.yaml:2:1: bad");
}

// An error is kept rather than a warning, and what is not kept is counted.
static void test_findings_overflow(void **state)
{
    g_autoptr(ApiFindings) findings = api_findings_new("f");
    const GPtrArray *list = api_findings_list(findings);
    const ApiFinding *last;

    for (guint i = 0; i < 150; i++)
        api_findings_add(findings, API_FINDING_WARNING, 1000 - i, 1, "w", NULL, "w");
    api_findings_add(findings, API_FINDING_ERROR, 5000, 1, "e", NULL, "e");
    assert_int_equal(api_findings_count(findings, API_FINDING_WARNING), 150);
    assert_int_equal(api_findings_count(findings, API_FINDING_ERROR), 1);
    assert_int_equal(list->len, 101);
    assert_string_equal(((ApiFinding *)list->pdata[99])->path, "e");
    last = list->pdata[100];
    assert_string_equal(last->what, "51 more problems are not shown");
    assert_true(((ApiFinding *)list->pdata[0])->line < ((ApiFinding *)list->pdata[1])->line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_goes_on),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_locate),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_findings_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
