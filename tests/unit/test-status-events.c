// SPDX-License-Identifier: LGPL-2.1-or-later
// Events of a VMI: equal ones are counted, all of them are bounded, and they are the same after they were on disk.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "manager/status.h"

static const ApiEvent *event_at(const ApiVmiStatus *status, guint at)
{
    assert_true(at < status->events->len);
    return g_ptr_array_index(status->events, at);
}

static void test_newest_last(void **state)
{
    g_autoptr(ApiVmiStatus) status = api_vmi_status_new();

    assert_null(status_last_event(status));
    status_add_event(status, FALSE, "Created", "the definition was created", 1);
    status_add_event(status, TRUE, "Problem", "there is no console", 2);
    assert_int_equal(status->events->len, 2);
    assert_string_equal(event_at(status, 0)->reason, "Created");
    assert_int_equal(event_at(status, 0)->warning, API_UNSET);
    assert_ptr_equal(status_last_event(status), event_at(status, 1));
    assert_string_equal(status_last_event(status)->message, "there is no console");
    assert_int_equal(status_last_event(status)->warning, API_TRUE);
    assert_int_equal(status_last_event(status)->count.value, 1);
}

static void test_equal_ones_are_counted(void **state)
{
    g_autoptr(ApiVmiStatus) status = api_vmi_status_new();

    status_add_event(status, FALSE, "Rebooted", "the guest rebooted", 10);
    status_add_event(status, FALSE, "Paused", "the guest was paused", 20);
    status_add_event(status, FALSE, "Rebooted", "the guest rebooted", 30);
    assert_int_equal(status->events->len, 2);
    assert_string_equal(status_last_event(status)->reason, "Rebooted");
    assert_int_equal(status_last_event(status)->count.value, 2);
    assert_int_equal(status_last_event(status)->first.value, 10);
    assert_int_equal(status_last_event(status)->last.value, 30);
    // Each of these differs in one thing.
    status_add_event(status, TRUE, "Rebooted", "the guest rebooted", 40);
    status_add_event(status, FALSE, "Adopted", "the guest rebooted", 40);
    status_add_event(status, FALSE, "Rebooted", "the guest rebooted again", 40);
    assert_int_equal(status->events->len, 5);
}

static gsize bytes_of(const ApiVmiStatus *status)
{
    gsize bytes = 0;

    for (guint i = 0; i < status->events->len; i++)
        bytes += strlen(event_at(status, i)->reason) + strlen(event_at(status, i)->message);
    return bytes;
}

static void test_count_is_bounded(void **state)
{
    g_autoptr(ApiVmiStatus) status = api_vmi_status_new();

    for (guint i = 1; i <= 1000; i++) {
        g_autofree char *message = g_strdup_printf("number %u", i);

        status_add_event(status, FALSE, "Problem", message, i);
    }
    assert_int_equal(status->events->len, 50);
    assert_string_equal(event_at(status, 0)->message, "number 951");
    assert_string_equal(status_last_event(status)->message, "number 1000");
}

static void test_bytes_are_bounded(void **state)
{
    g_autoptr(ApiVmiStatus) status = api_vmi_status_new();
    g_autofree char *filler = g_strnfill(900, 'x');

    for (guint i = 1; i <= 50; i++) {
        g_autofree char *message = g_strdup_printf("%s %u", filler, i);

        status_add_event(status, FALSE, "Problem", message, i);
    }
    assert_in_range(bytes_of(status), 15 * 1024, 16 * 1024);
    assert_true(g_str_has_suffix(status_last_event(status)->message, " 50"));
}

static void test_long_message_is_cut(void **state)
{
    // The limit falls within the last character for one of these.
    for (guint i = 0; i < 3; i++) {
        g_autoptr(ApiVmiStatus) status = api_vmi_status_new();
        g_autoptr(GString) message = g_string_new(NULL);

        for (guint j = 0; j < i; j++)
            g_string_append_c(message, 'x');
        while (message->len < 5000)
            g_string_append(message, "€");
        status_add_event(status, FALSE, "Problem", message->str, 1);
        assert_in_range(strlen(status_last_event(status)->message), 1022, 1024);
        assert_true(g_utf8_validate(status_last_event(status)->message, -1, NULL));
        assert_true(g_str_has_suffix(status_last_event(status)->message, "€…"));
        // And equal to the next that is cut to the same.
        status_add_event(status, FALSE, "Problem", message->str, 2);
        assert_int_equal(status->events->len, 1);
    }
}

static ApiObject *parse(const char *text)
{
    g_autoptr(ApiFindings) findings = api_findings_new("-");
    g_autoptr(GPtrArray) objects = api_manifest_parse_own(text, strlen(text), findings);
    g_autoptr(GError) error = NULL;

    if (!api_findings_to_error(findings, &error))
        fail_msg("%s", error->message);
    assert_int_equal(objects->len, 1);
    return g_ptr_array_steal_index(objects, 0);
}

// As QEMU may say it.
static void test_survives_the_disk(void **state)
{
    const char *said = "said \"no\": \001\377 'x'\n- and more\t";
    g_autoptr(ApiObject) object =
        parse("{apiVersion: kubevirt.io/v1, kind: VirtualMachineInstance, "
              "metadata: {name: box}, spec: {domain: {devices: {}}}}");
    ApiVirtualMachineInstance *vmi = api_object_vmi(object);
    g_autofree char *text = NULL, *printed = NULL, *valid = g_utf8_make_valid(said, -1);
    g_autoptr(ApiObject) read = NULL;
    const ApiVmiStatus *status = NULL;

    vmi->status = api_vmi_status_new();
    status_add_event(vmi->status, TRUE, "Problem", said, 1700000000123456);
    status_add_event(vmi->status, FALSE, "Started", "the guest runs", 1700000000123457);
    text = api_object_print(object, API_FORMAT_STORED);
    read = parse(text);
    status = api_object_vmi(read)->status;
    assert_int_equal(status->events->len, 2);
    assert_string_equal(event_at(status, 0)->message, valid);
    assert_int_equal(event_at(status, 0)->warning, API_TRUE);
    assert_int_equal(event_at(status, 0)->last.value, 1700000000123456);
    assert_string_equal(event_at(status, 1)->reason, "Started");
    // No field of KubeVirt's.
    printed = api_object_print(object, API_FORMAT_YAML);
    assert_null(strstr(printed, "the guest runs"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newest_last),         cmocka_unit_test(test_equal_ones_are_counted),
        cmocka_unit_test(test_count_is_bounded),    cmocka_unit_test(test_bytes_are_bounded),
        cmocka_unit_test(test_long_message_is_cut), cmocka_unit_test(test_survives_the_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
