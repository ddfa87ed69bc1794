// SPDX-License-Identifier: LGPL-2.1-or-later
// Positions in lists: what is accepted as one, and that they follow the order of lists, which is not that of their text.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/position.h"

static ApiObject *object_new(const char *kind, const char *namespace, const char *name)
{
    ApiObject *object = api_object_new(api_kind_find(kind));

    api_object_meta(object)->namespace = g_strdup(namespace);
    api_object_meta(object)->name = g_strdup(name);
    return object;
}

static void test_order(void **state)
{
    static const struct {
        const char *kind, *namespace, *name;
    } sorted[] = {
        { "ConfigMap", "a", "z" },  { "ConfigMap", "a-b", "a" }, // "a-b/" is before "a/" as text
        { "Namespace", NULL, "a" }, { "Secret", "a", "a" },      { "Secret", "a", "a.b" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(sorted); i++) {
        g_autoptr(ApiObject) at = object_new(sorted[i].kind, sorted[i].namespace, sorted[i].name);
        g_autofree char *text = api_position_format(at);
        g_auto(ApiPosition) position = { NULL };

        assert_true(api_position_parse(text, &position));
        for (gsize j = 0; j < G_N_ELEMENTS(sorted); j++) {
            g_autoptr(ApiObject) object =
                object_new(sorted[j].kind, sorted[j].namespace, sorted[j].name);
            int order = api_position_compare(object, &position);

            assert_int_equal((order > 0) - (order < 0), (j > i) - (j < i));
        }
    }
}

static void test_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "/",
        "//",
        "Secret",
        "Secret/a",
        "Secret/a/",
        "Secret//a",
        "Secret/a/b/c",
        "secret/a/b",
        "Nonsense/a/b",
        "Namespace/a/b",
        "Namespace//A",
        "Secret/a.b/c",
        "Secret/a/..",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_auto(ApiPosition) position = { NULL };

        if (api_position_parse(texts[i], &position))
            fail_msg("accepted: %s", texts[i]);
        assert_null(position.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
