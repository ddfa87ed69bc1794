// SPDX-License-Identifier: LGPL-2.1-or-later
// vmid.conf: fallbacks, syntax, drop-ins and their order, what warns and what is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "config/config.h"

typedef struct {
    char *root;
    const char *directories[3];
} Fixture;

static int setup(void **state)
{
    Fixture *self = g_new0(Fixture, 1);

    self->root = g_dir_make_tmp("vmi-config-XXXXXX", NULL);
    self->directories[0] = g_build_filename(self->root, "etc", NULL);
    self->directories[1] = g_build_filename(self->root, "usr", NULL);
    assert_int_equal(g_mkdir(self->directories[0], 0700), 0);
    assert_int_equal(g_mkdir(self->directories[1], 0700), 0);
    *state = self;
    return 0;
}

static void empty_directory(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name = NULL;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(path, name, NULL);

        g_unlink(file);
    }
    assert_int_equal(g_rmdir(path), 0);
}

static int teardown(void **state)
{
    Fixture *self = *state;

    empty_directory(self->directories[0]);
    empty_directory(self->directories[1]);
    empty_directory(self->root);
    g_free((char *)self->directories[0]);
    g_free((char *)self->directories[1]);
    g_free(self->root);
    g_free(self);
    return 0;
}

static char *write_file(const char *directory, const char *name, const char *text)
{
    char *path = g_build_filename(directory, name, NULL);

    assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static Config *load(Fixture *self, const char *text, GPtrArray **ret_warnings, GError **error)
{
    g_autofree char *path = write_file(self->root, "vmid.conf", text);

    return config_load_from(path, self->directories, ret_warnings, error);
}

static void test_fallbacks(void **state)
{
    Fixture *self = *state;
    g_autofree char *missing = g_build_filename(self->root, "missing", NULL);
    g_autoptr(GPtrArray) warnings = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config = config_load_from(missing, self->directories, &warnings, &error);

    assert_non_null(config);
    assert_int_equal(warnings->len, 0);
    assert_string_equal(config->state_directory, "/var/lib/vmi");
    assert_string_equal(config->runtime_directory, "/run/vmi");
    assert_false(config->use_emulation);
    assert_null(config->emulator);
    assert_int_equal(config->uid_first, 1900000000);
    assert_int_equal(config->uid_count, 4096);
    assert_true(g_strv_contains((const char *const *)config->feature_gates, "HostDisk"));
    assert_null(config->host_disk_paths[0]);
    assert_int_equal(g_strv_length(config->manifest_directories), 2);
    assert_int_equal(config->workers, 4);
    assert_int_equal(config->namespace_objects, 10000);
    assert_int_equal(config->namespace_bytes, 256 * 1024 * 1024);
    assert_null(config->shared_cpus);
    assert_string_equal(config->forward_address, "127.0.0.1");
    assert_true(config->register_machines);
    assert_null(config_load(missing, FALSE, &warnings, &error)); // named by a person: must be there
    assert_non_null(error);
}

// A user's own vmid has nothing of the system's, and what only root can do stays off.
static void test_user(void **state)
{
    Fixture *self = *state;
    g_autofree char *path =
        write_file(self->root, "user.conf",
                   "[Manager]\nGuestUsers=5000-5010\nRegisterMachines=yes\nWorkers=2\n");
    g_autoptr(GPtrArray) warnings = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config = config_load(path, TRUE, &warnings, &error);

    assert_non_null(config);
    assert_true(g_str_has_prefix(config->state_directory, g_get_user_state_dir()));
    assert_true(g_str_has_prefix(config->runtime_directory, g_get_user_runtime_dir()));
    assert_int_equal(g_strv_length(config->manifest_directories), 1);
    assert_true(g_str_has_prefix(config->manifest_directories[0], g_get_user_config_dir()));
    assert_int_equal(config->uid_count, 0);
    assert_false(config->register_machines);
    assert_int_equal(config->workers, 2);
}

static void test_syntax(void **state)
{
    g_autoptr(GPtrArray) warnings = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config = load(*state,
                                    "# comment\n"
                                    "; comment\n"
                                    "\n"
                                    "[Manager]\n"
                                    "  UseEmulation = Yes \n"
                                    "HostDiskPaths=/a \\\n"
                                    "# between\n"
                                    "  /b\n"
                                    "HostDiskPaths=/c\n"
                                    "FeatureGates=\n"
                                    "FeatureGates=Snapshot\n"
                                    "Workers=64\n"
                                    "NamespaceMaxObjects=7\n"
                                    "NamespaceMaxSize=3G\n"
                                    "GuestUsers=500000-500009\n"
                                    "SharedCPUs=0-1,4\n"
                                    "ForwardAddress=192.0.2.7\n"
                                    "StateDirectory=/srv//vmi/",
                                    &warnings, &error);

    assert_non_null(config);
    assert_int_equal(warnings->len, 0);
    assert_true(config->use_emulation);
    assert_int_equal(g_strv_length(config->host_disk_paths), 3);
    assert_string_equal(config->host_disk_paths[1], "/b");
    assert_int_equal(g_strv_length(config->feature_gates), 1);
    assert_string_equal(config->feature_gates[0], "Snapshot");
    assert_int_equal(config->workers, 64);
    assert_int_equal(config->namespace_objects, 7);
    assert_true(config->namespace_bytes == G_GUINT64_CONSTANT(3) << 30);
    assert_int_equal(config->uid_first, 500000);
    assert_int_equal(config->uid_count, 10);
    assert_string_equal(config->shared_cpus, "0-1,4");
    assert_string_equal(config->forward_address, "192.0.2.7");
    assert_string_equal(config->state_directory, "/srv/vmi");
}

static void test_dropins(void **state)
{
    Fixture *self = *state;
    g_autoptr(GPtrArray) warnings = NULL;
    g_autofree char *a =
        write_file(self->directories[1], "10-a.conf", "[Manager]\nWorkers=10\nUseEmulation=yes\n");
    g_autofree char *b = write_file(self->directories[0], "20-b.conf", "[Manager]\nWorkers=20\n");
    // Hidden by the one of the same name in the more important directory.
    g_autofree char *c = write_file(self->directories[1], "20-b.conf", "[Manager]\nWorkers=21\n");
    g_autofree char *d = write_file(self->directories[0], "90.txt", "rubbish");
    g_autoptr(Config) config =
        load(self, "[Manager]\nWorkers=1\nRegisterMachines=no\n", &warnings, NULL);

    assert_non_null(config);
    assert_int_equal(config->workers, 20);
    assert_true(config->use_emulation);
    assert_false(config->register_machines);
}

static void test_warnings(void **state)
{
    g_autoptr(GPtrArray) warnings = NULL;
    g_autoptr(Config) config = load(*state,
                                    "Early=1\n"
                                    "[Manager]\n"
                                    "NoSuchThing=1\n"
                                    "[Other]\n"
                                    "Workers=bad\n"
                                    "[X-Ours]\n"
                                    "Whatever=1\n",
                                    &warnings, NULL);

    assert_non_null(config);
    assert_int_equal(warnings->len, 3);
    assert_non_null(strstr(g_ptr_array_index(warnings, 0), "vmid.conf:1: "));
    assert_non_null(strstr(g_ptr_array_index(warnings, 0), "\"Early\""));
    assert_non_null(strstr(g_ptr_array_index(warnings, 1), "vmid.conf:3: "));
    assert_non_null(strstr(g_ptr_array_index(warnings, 1), "\"NoSuchThing\""));
    assert_non_null(strstr(g_ptr_array_index(warnings, 2), "vmid.conf:4: "));
}

static void test_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "[Manager]\nWorkers=0", "vmid.conf:2: Workers=: \"0\"" },
        { "[Manager]\n\nWorkers=65", "vmid.conf:3: " },
        { "[Manager]\nNamespaceMaxObjects=0", "NamespaceMaxObjects=: \"0\"" },
        { "[Manager]\nNamespaceMaxSize=", "NamespaceMaxSize=: \"\"" },
        { "[Manager]\nNamespaceMaxSize=M", "NamespaceMaxSize=: \"M\"" },
        { "[Manager]\nNamespaceMaxSize=99999999999999T", "such as 256M" },
        { "[Manager]\nUseEmulation=maybe", "maybe" },
        { "[Manager]\nGuestUsers=400000", "400000" },
        { "[Manager]\nGuestUsers=5-10", "1000" },
        { "[Manager]\nGuestUsers=2000-1999", "FIRST-LAST" },
        { "[Manager]\nGuestUsers=60000-70000", "nobody" },
        { "[Manager]\nGuestUsers=100000-4000000", "65536" },
        { "[Manager]\nStateDirectory=var", "absolute" },
        { "[Manager]\nStateDirectory=", "StateDirectory= must not be empty" },
        { "[Manager]\nHostDiskPaths=/a b", "\"b\"" },
        { "[Manager]\nHostDiskPaths=/var/lib/vmi", "StateDirectory=" },
        { "[Manager]\nHostDiskPaths=/var/lib/vmi/pools/default", "StateDirectory=" },
        { "[Manager]\nHostDiskPaths=/var", "\"/var\"" },
        { "[Manager]\nHostDiskPaths=/", "\"/\"" },
        { "[Manager]\nHostDiskPaths=/srv /srv/../run//vmi/", "RuntimeDirectory=" },
        { "[Manager]\nHostDiskPaths=/etc", "ManifestDirectories=" },
        { "[Manager]\nHostDiskPaths=/proc/self/root/var/lib/vmi/x", "StateDirectory=" },
        { "[Manager]\nStateDirectory=/srv/a/vmi\nHostDiskPaths=/srv/a", "StateDirectory=" },
        { "[Manager]\nSharedCPUs=3-1", "3-1" },
        { "[Manager]\nSharedCPUs=a", "\"a\"" },
        { "[Manager]\nForwardAddress=localhost", "localhost" },
        { "[Manager]\nForwardAddress=::1", "::1" },
        { "[Manager]\nnonsense", "nonsense" },
        { "[Manager", "bracket" },
        { "=x", "Name=value" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) warnings = NULL;
        g_autoptr(GError) error = NULL;

        if (load(*state, cases[i].text, &warnings, &error))
            fail_msg("accepted: %s", cases[i].text);
        assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_INVALID));
        if (!strstr(error->message, cases[i].message))
            fail_msg("\"%s\" does not say \"%s\"", error->message, cases[i].message);
        assert_null(warnings);
    }
}

// Also where only a link leads there, and where the rest of the way is not there yet.
static void test_host_disks_through_a_link(void **state)
{
    Fixture *self = *state;
    g_autofree char *link_path = g_build_filename(self->directories[0], "link", NULL);
    g_autofree char *inside = g_strdup_printf("[Manager]\nStateDirectory=%s/state\n"
                                              "HostDiskPaths=%s/state/images",
                                              self->directories[1], link_path);
    g_autofree char *beside = g_strdup_printf("[Manager]\nStateDirectory=%s/state\n"
                                              "HostDiskPaths=%s/stateless/../images",
                                              self->directories[1], link_path);
    g_autofree char *images = g_build_filename(link_path, "images", NULL);
    g_autoptr(GPtrArray) warnings = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Config) config = NULL;

    assert_int_equal(symlink(self->directories[1], link_path), 0);
    assert_null(load(self, inside, &warnings, &error));
    assert_non_null(strstr(error->message, "StateDirectory="));
    config = load(self, beside, &warnings, NULL);
    assert_non_null(config);
    assert_string_equal(config->host_disk_paths[0], images);
}

static void test_cpus(void **state)
{
    g_autoptr(GArray) cpus = config_parse_cpus("4,0-2, 1-3 4", NULL);

    assert_non_null(cpus);
    assert_int_equal(cpus->len, 5);
    for (guint i = 0; i < cpus->len; i++)
        assert_int_equal(g_array_index(cpus, guint, i), i);
    assert_null(config_parse_cpus("0-99999", NULL));
    assert_null(config_parse_cpus("1-", NULL));
    assert_null(config_parse_cpus("-1", NULL));
}

static void test_table(void **state)
{
    const ConfigSetting *setting = NULL;
    guint n = 0;

    for (; (setting = config_setting(n)); n++) {
        assert_true(g_ascii_isupper(setting->name[0]));
        assert_non_null(setting->syntax);
        assert_non_null(setting->fallback);
        assert_true(g_str_has_suffix(setting->doc, "."));
    }
    assert_true(n >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fallbacks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_user, setup, teardown),
        cmocka_unit_test_setup_teardown(test_syntax, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dropins, setup, teardown),
        cmocka_unit_test_setup_teardown(test_warnings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_host_disks_through_a_link, setup, teardown),
        cmocka_unit_test(test_cpus),
        cmocka_unit_test(test_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
