// SPDX-License-Identifier: LGPL-2.1-or-later
// Label selectors: what matches, and what is refused instead of misread.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/model.h"
#include "base/error.h"
#include "manager/selector.h"

static void test_matches(void **state)
{
    static const struct {
        const char *text;
        gboolean matches;
    } cases[] = {
        { NULL, TRUE },
        { "", TRUE },
        { "app=web", TRUE },
        { "app==web", TRUE },
        { " app = web ", TRUE },
        { "app=db", FALSE },
        { "app!=db", TRUE },
        { "app!=web", FALSE },
        { "none!=web", TRUE },
        { "app", TRUE },
        { "none", FALSE },
        { "!none", TRUE },
        { "!app", FALSE },
        { "empty=", TRUE },
        { "app=", FALSE },
        { "app=web,example.com/tier=1", TRUE },
        { "app=web,example.com/tier=2", FALSE },
        { "app=web,!example.com/tier", FALSE },
    };
    g_autoptr(GPtrArray) labels = NULL;

    api_map_set(&labels, "app", "web");
    api_map_set(&labels, "example.com/tier", "1");
    api_map_set(&labels, "empty", "");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Selector) selector = selector_parse(cases[i].text, NULL);

        assert_non_null(selector);
        if (selector_matches(selector, labels) != cases[i].matches)
            fail_msg("\"%s\" should%s match", cases[i].text, cases[i].matches ? "" : " not");
    }
}

static void test_no_labels(void **state)
{
    g_autoptr(Selector) wants = selector_parse("app=web", NULL);
    g_autoptr(Selector) wants_not = selector_parse("app!=web", NULL);

    assert_false(selector_matches(wants, NULL));
    assert_true(selector_matches(wants_not, NULL));
}

static void test_refused(void **state)
{
    static const char *const cases[] = { ",",     "a,",    "=web", "!",    "app in (a,b)",
                                         "a=b=c", "a b=c", "!a=b", "a=b c" };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        if (selector_parse(cases[i], &error))
            fail_msg("\"%s\" was accepted", cases[i]);
        assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_INVALID));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matches),
        cmocka_unit_test(test_no_labels),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
