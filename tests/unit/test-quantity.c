// SPDX-License-Identifier: LGPL-2.1-or-later
// api/quantity.h against the behaviour of Kubernetes' resource.Quantity.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/quantity.h"
#include "base/error.h"

typedef struct {
    const char *text;
    gint64 value; // rounded up to whole units
    gint64 milli;
} Case;

static const Case good[] = {
    { "0", 0, 0 },
    { "1", 1, 1000 },
    { "+7", 7, 7000 },
    { "64M", 64000000, 64000000000 },
    { "64Mi", 67108864, 67108864000 },
    { "1Gi", 1073741824, 1073741824000 },
    { "1k", 1000, 1000000 },
    { "1Ki", 1024, 1024000 },
    { "100m", 1, 100 },
    { "1500m", 2, 1500 },
    { "0.5", 1, 500 },
    { ".5", 1, 500 },
    { "5.", 5, 5000 },
    { "1e3", 1000, 1000000 },
    { "1E3", 1000, 1000000 },
    { "1e-3", 1, 1 },
    { "2E", 2000000000000000000, G_MAXINT64 },
    { "1n", 1, 1 },
    { "1u", 1, 1 },
    { "0.1n", 1, 1 },
    { "1e-30", 1, 1 },
    { "-1", -1, -1000 },
    { "-1.5", -2, -1500 },
    { "-0.0000000001", -1, -1 },
    { "0.1Ki", 103, 102400 },
    { "1.5Gi", 1610612736, 1610612736000 },
    { "0.000000000000000001Ei", 2, 1153 },
    { "9223372036854775807", G_MAXINT64, G_MAXINT64 },
    { "0000000000000000000000000000000000000000001", 1, 1000 },
    { "1000000000000000000000000000000e-30", 1, 1000 },
    { "0e999999999", 0, 0 },
};

static void test_values(void **state)
{
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        const Case *c = &good[i];

        if (api_quantity_value(c->text, -7) != c->value)
            fail_msg("value of %s: %" G_GINT64_FORMAT, c->text, api_quantity_value(c->text, -7));
        if (api_quantity_milli(c->text, -7) != c->milli)
            fail_msg("milli of %s: %" G_GINT64_FORMAT, c->text, api_quantity_milli(c->text, -7));
    }
}

static void test_nano(void **state)
{
    ApiNano nano;

    assert_true(api_quantity_parse("1n", &nano, NULL));
    assert_true(nano == 1);
    assert_true(api_quantity_parse("1.1n", &nano, NULL)); // away from zero
    assert_true(nano == 2);
    assert_true(api_quantity_parse("-1.1n", &nano, NULL));
    assert_true(nano == -2);
    assert_true(api_quantity_parse("0.123456789Ki", &nano, NULL));
    assert_true(nano == 126419751936); // 0.123456789 * 1024, exactly
    assert_true(api_quantity_parse("9223372036854775807", &nano, NULL));
    assert_true(nano == (ApiNano)G_MAXINT64 * 1000000000);
}

static void test_refused(void **state)
{
    static const char *const bad[] = {
        "",
        ".",
        "-",
        "Ki",
        "1ki",
        "1KI",
        "1K",
        "1mi",
        "1i",
        "1.1.1",
        " 1",
        "1 ",
        "1 Gi",
        "1e",
        "1e+",
        "1e3Ki",
        "1Gi3",
        "1,5",
        "0x10",
        "1_0",
        "--1",
        "NaN",
        "1g",
        "8Ei",
        "10E",
        "1e19",
        "1e1000",
        "9223372036854775808",
        "-9223372036854775808",
        "9223372036854775807.1",
        "7.9999999999999999999999Ei",
        "1000000000000000000000000000000000000000000000000",
    };

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        ApiNano nano;

        if (api_quantity_parse(bad[i], &nano, &error))
            fail_msg("\"%s\" is accepted", bad[i]);
        assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_INVALID));
        assert_int_equal(api_quantity_value(bad[i], 42), 42);
    }
}

static void test_length(void **state)
{
    g_autofree char *longest = g_strnfill(128, '0');
    g_autofree char *longer = g_strnfill(129, '0');
    g_autofree char *wide = g_strconcat("0.", longest + 8, "1Ei", NULL); // all digits and growth
    g_autofree char *nines = g_strnfill(126, '9');
    g_autofree char *huge = g_strconcat(nines, "Ei", NULL);
    ApiNano nano;

    assert_true(api_quantity_parse(longest, &nano, NULL));
    assert_false(api_quantity_parse(longer, &nano, NULL));
    assert_true(api_quantity_parse(wide, &nano, NULL));
    assert_true(nano == 1);
    assert_false(api_quantity_parse(huge, &nano, NULL));
}

static void test_compare(void **state)
{
    assert_true(api_quantity_compare("1Gi", "1G") > 0);
    assert_int_equal(api_quantity_compare("1000m", "1"), 0);
    assert_int_equal(api_quantity_compare("1024Mi", "1Gi"), 0);
    assert_true(api_quantity_compare("-1", "0") < 0);
    assert_true(api_quantity_compare("0.1", "100000001n") < 0);
}

static void test_format(void **state)
{
    static const struct {
        guint64 bytes;
        const char *text;
    } cases[] = {
        { 0, "0" },
        { 1000, "1000" },
        { 1024, "1Ki" },
        { 1536, "1536" },
        { 1572864, "1536Ki" },
        { 1073741824, "1Gi" },
        { G_MAXUINT64, "18446744073709551615" },
        { (guint64)1 << 63, "8Ei" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = api_quantity_format_bytes(cases[i].bytes);

        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),  cmocka_unit_test(test_nano),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_length),
        cmocka_unit_test(test_compare), cmocka_unit_test(test_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
