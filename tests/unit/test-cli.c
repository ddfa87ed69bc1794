// SPDX-License-Identifier: LGPL-2.1-or-later
// The parts of vmictl that are plain functions: option rows, words to objects, messages to GVariant and back, text.
// What a person meets is tested in tests/cli, what needs a daemon in tests/service.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>

#include "base/autoptr.h"
#include "cli/cli.h"
#include "cli/command-line.h"
#include "cli/manifest-source.h"
#include "cli/output.h"
#include "cli/target.h"
#include "cli/variant.h"
#include "cli/verbs.h"

// Two options of a verb with one letter or name would make the first hide the second.
static void test_rows_are_unambiguous(void **state)
{
    guint n;
    const Verb *verbs = verbs_all(&n);

    for (guint v = 0; v < n; v++) {
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        for (guint id = 0; id < _OPTION_MAX; id++) {
            const OptionRow *row = &option_rows[id];

            if (!((verbs[v].options | options_global) & OPTION_BIT(id)))
                continue;
            assert_non_null(row->name);
            assert_true(g_hash_table_add(seen, g_strdup(row->name)));
            if (row->letter)
                assert_true(g_hash_table_add(seen, g_strdup_printf("%c", row->letter)));
            assert_int_equal(row->type == OPTION_FLAG, row->arg == NULL);
            assert_int_equal(row->completion == COMPLETE_WORDS, row->words != NULL);
        }
        assert_ptr_equal(verbs_find(verbs[v].name), &verbs[v]);
    }
}

static void test_options_stand_anywhere(void **state)
{
    char *argv[] = {
        (char *)"vmictl", (char *)"-nprod", (char *)"get", (char *)"-Aw",    (char *)"vmi",
        (char *)"-owide", (char *)"--",     (char *)"-x",  (char *)"--json", NULL
    };
    g_auto(Options) options = { .help = FALSE };
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    const Verb *verb = NULL;

    assert_true(command_line_parse(&options, G_N_ELEMENTS(argv) - 1, argv, &verb, args, NULL));
    assert_string_equal(verb->name, "get");
    assert_string_equal(options.namespace, "prod");
    assert_string_equal(options.output, "wide");
    assert_true(options.all_namespaces && options.watch);
    assert_false(options.json); // behind "--"
    assert_int_equal(args->len, 4);
    assert_string_equal(args->pdata[1], "vmi");
    assert_string_equal(args->pdata[2], "-x");
}

static void test_options_repeat(void **state)
{
    char *argv[] = { (char *)"vmictl", (char *)"apply",        (char *)"-f", (char *)"a.yaml",
                     (char *)"-f-",    (char *)"--filename=c", NULL };
    g_auto(Options) options = { .help = FALSE };
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    const Verb *verb = NULL;

    assert_true(command_line_parse(&options, G_N_ELEMENTS(argv) - 1, argv, &verb, args, NULL));
    assert_int_equal(options.files->len, 3);
    assert_string_equal(options.files->pdata[0], "a.yaml");
    assert_string_equal(options.files->pdata[1], "-");
    assert_string_equal(options.files->pdata[2], "c");
}

static void test_timespans(void **state)
{
    static const struct {
        const char *text;
        guint64 usec; // 0: refused
    } rows[] = {
        { "90", 90000000 },
        { "1500ms", 1500000 },
        { "5min", 300000000 },
        { "1h 30s", 3630000000 },
        { "1h30s", 3630000000 },
        { "2d", 172800000000 },
        { "", 0 },
        { "min", 0 },
        { "-5", 0 },
        { "5 lightyears", 0 },
        { "99999999999999999999", 0 },
        { "999999999999d", 0 },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        guint64 usec = 0;
        gboolean ok = options_parse_timespan(rows[i].text, &usec, &error);

        assert_int_equal(ok, rows[i].usec != 0);
        assert_int_equal(usec, rows[i].usec);
        if (!ok)
            assert_int_equal(cli_exit_code(error), CLI_EXIT_USAGE);
    }
}

static void test_targets(void **state)
{
    static const struct {
        const char *words[4];
        guint count; // 0: refused
        const char *first, *last;
    } rows[] = {
        { { "vmi" }, 1, NULL, NULL },
        { { "all" }, 1, NULL, NULL },
        { { "VirtualMachineInstance", "a", "b" }, 2, "a", "b" },
        { { "vmi/a", "pvc/b" }, 2, "a", "b" },
        { { "all", "a" }, 0, NULL, NULL },
        { { "pod" }, 0, NULL, NULL },
        { { "vmi/" }, 0, NULL, NULL },
        { { "all/a" }, 0, NULL, NULL },
        { { "vmi/a", "b" }, 0, NULL, NULL },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) targets = targets_parse((char **)rows[i].words, &error);

        assert_int_equal(targets ? targets->len : 0, rows[i].count);
        if (!targets) {
            assert_int_equal(cli_exit_code(error), CLI_EXIT_USAGE);
            continue;
        }
        assert_int_equal(g_strcmp0(g_array_index(targets, Target, 0).name, rows[i].first), 0);
        assert_int_equal(
            g_strcmp0(g_array_index(targets, Target, rows[i].count - 1).name, rows[i].last), 0);
    }
}

static void test_findings_are_ascribed(void **state)
{
    Source source = { .name = (char *)"web.yaml" };
    g_autofree char *text =
        source_ascribe(&source, "-:3:5: spec: bad\n-:9:1: x\n- not a place\n-:no");

    assert_string_equal(text, "web.yaml:3:5: spec: bad\nweb.yaml:9:1: x\n- not a place\n-:no");
}

static void test_cpu_lists(void **state)
{
    static const struct {
        const char *variant, *text;
    } rows[] = {
        { "@au []", "any" },
        { "@au [3]", "3" },
        { "@au [0,1,2,3]", "0-3" },
        { "@au [0,2,3,9]", "0,2-3,9" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GVariant) cpus = g_variant_ref_sink(g_variant_new_parsed(rows[i].variant));
        g_autofree char *text = output_cpus(cpus);

        assert_string_equal(text, rows[i].text);
    }
}

static void test_ages(void **state)
{
    const gint64 start = G_GINT64_CONSTANT(1000000) * G_USEC_PER_SEC;
    static const struct {
        gint64 seconds;
        const char *text;
    } rows[] = { { 0, "0s" },      { 119, "119s" },   { 120, "2m" },
                 { 3660, "1h1m" }, { 90000, "1d1h" }, { -5, "0s" } };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = output_age(start, start + G_USEC_PER_SEC * rows[i].seconds);

        assert_string_equal(text, rows[i].text);
    }
}

static sd_bus *make_bus(int fd)
{
    sd_bus *bus = NULL;

    assert_true(sd_bus_new(&bus) >= 0);
    assert_true(sd_bus_set_fd(bus, fd, fd) >= 0);
    assert_true(sd_bus_start(bus) >= 0);
    return bus;
}

// Every type that the contract uses, nested as it nests them.
static void test_messages_become_variants(void **state)
{
    static const char *const texts[] = {
        "('manifest', {'dry-run': <true>, 'timeout': <uint64 5>, 'bus': <'scsi'>})",
        "([(uint32 1, uint32 77, [uint32 0, 1], @au [])],)",
        "([('vmi', 'default', 'web', 'Running', '', uint64 17, {'ip': '10.0.2.2'}, objectpath "
        "'/a/b')],)",
        "(@a{sv} {}, int64 -1, uint16 22, int16 -2, byte 0x07, 1.5, signature 'a{sv}', <<'deep'>>)",
        "(@a(sssso) [],)",
    };
    g_autoptr(sd_bus) bus = NULL;
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    bus = make_bus(fds[0]);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GVariant) tuple = g_variant_ref_sink(g_variant_new_parsed(texts[i]));
        g_autoptr(GVariant) back = NULL;
        g_autoptr(sd_bus_message) message = NULL;

        assert_true(sd_bus_message_new_signal(bus, &message, "/", "a.b", "C") >= 0);
        assert_true(variant_append(message, tuple) >= 0);
        assert_true(sd_bus_message_seal(message, 1, 0) >= 0);
        assert_true(variant_read(message, &back) >= 0);
        assert_true(g_variant_equal(tuple, back));
    }
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_unambiguous),
        cmocka_unit_test(test_options_stand_anywhere),
        cmocka_unit_test(test_options_repeat),
        cmocka_unit_test(test_timespans),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_findings_are_ascribed),
        cmocka_unit_test(test_cpu_lists),
        cmocka_unit_test(test_ages),
        cmocka_unit_test(test_messages_become_variants),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
