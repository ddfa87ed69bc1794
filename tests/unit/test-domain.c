// SPDX-License-Identifier: LGPL-2.1-or-later
// The domain builder's arithmetic and names; whole documents are the golden cases' business
// (../golden).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "api/defaults.h"
#include "api/manifest.h"
#include "base/error.h"
#include "domain/builder.h"

static const Layout layout = { LAYOUT_STATE_ROOT, LAYOUT_RUN_ROOT };

// Asserts that the owned string ACTUAL is EXPECTED, and frees it.
static void assert_owned(char *actual, const char *expected)
{
    assert_string_equal(actual, expected);
    g_free(actual);
}

// An instance with the given lines below spec, defaulted.
static ApiObject *instance(const char *spec)
{
    static const ApiDefaultsContext context = { .architecture = "amd64",
                                                .firmware_uuid =
                                                    "0d3b1c52-8c3a-4f5e-9c0e-3a4a1f7f2b11" };
    g_autofree char *text = g_strconcat("apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\n"
                                        "metadata: {name: a, namespace: default}\nspec:\n",
                                        spec, NULL);
    g_autoptr(ApiFindings) findings = api_findings_new("test");
    g_autoptr(GPtrArray) objects = api_manifest_parse(text, strlen(text), findings);
    g_autofree char *problems = api_findings_format(findings, text);

    if (!objects || objects->len != 1)
        fail_msg("%s", problems);
    ApiObject *object = api_object_copy(objects->pdata[0]);
    api_vmi_apply_defaults(api_object_vmi(object), &context);
    return object;
}

static ApiVmiSpec *spec_of(ApiObject *object)
{
    return api_object_vmi(object)->spec;
}

// COUNT virtio disks d0.. on emptyDisks; those whose bit is set in DEDICATED have a thread of their
// own.
static char *disks(const char *domain, guint count, guint dedicated)
{
    GString *text = g_string_new("  domain:\n    memory: {guest: 64Mi}\n");

    g_string_append_printf(text, "%s    devices:\n      disks:\n", domain);
    for (guint i = 0; i < count; i++)
        g_string_append_printf(text,
                               "      - {name: d_%u, dedicatedIOThread: %s, disk: {bus: virtio}}\n",
                               i, dedicated & (1u << i) ? "true" : "false");
    g_string_append(text, "  volumes:\n");
    for (guint i = 0; i < count; i++)
        g_string_append_printf(text, "  - {name: d_%u, emptyDisk: {capacity: 1Mi}}\n", i);
    return g_string_free(text, FALSE);
}

// ---- names ----

static void test_target_names(void **state)
{
    static const struct {
        ApiDiskBus bus;
        guint index;
        const char *name;
    } rows[] = {
        { API_DISK_BUS_VIRTIO, 0, "vda" },
        { API_DISK_BUS_VIRTIO, 25, "vdz" },
        { API_DISK_BUS_VIRTIO, 26, "vdaa" },
        { API_DISK_BUS_SATA, 701, "sdzz" },
        { API_DISK_BUS_SCSI, 702, "sdaaa" },
        { API_DISK_BUS_USB, 1, "sdb" },
        { API_DISK_BUS_USB, G_MAXUINT, "sdmwlqkwv" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_owned(disk_target_name(rows[i].bus, rows[i].index), rows[i].name);
}

static void test_cpu_list(void **state)
{
    static const guint cpus[] = { 9, 2, 3, 1, 5 };

    assert_owned(cpu_list_format(cpus, G_N_ELEMENTS(cpus)), "1-3,5,9");
    assert_owned(cpu_list_format(cpus, 1), "9");
    assert_owned(cpu_list_format(NULL, 0), "");
}

static void test_layout_paths(void **state)
{
    assert_owned(layout_claim_image(&layout, "default", "ns", "c"),
                 "/var/lib/vmi/pools/default/ns/c/disk.img");
    assert_owned(layout_claim_dir(&layout, "fast", "ns", "c"), "/var/lib/vmi/pools/fast/ns/c");
    assert_owned(layout_scratch_dir(&layout, "ns", "a.b"), "/var/lib/vmi/scratch/ns/a.b");
    assert_owned(layout_scratch_file(&layout, "ns", "a", "v_1", ".iso"),
                 "/var/lib/vmi/scratch/ns/a/v_1.iso");
    assert_owned(layout_console_socket(&layout, "ns", "a"), "/run/vmi/guests/ns_a/console.sock");
    assert_owned(layout_domain_name("ns", "a"), "ns_a");
    assert_owned(layout_machine_name("ns", "a"), "a.ns");
}

static void test_layout_domain_owner(void **state)
{
    static const char *const foreign[] = { "", "a", "_a", "ns_", "_", "a_b_c" };
    g_auto(GStrv) owner = layout_domain_owner("a-b_c.d-1");

    assert_non_null(owner);
    assert_int_equal(g_strv_length(owner), 2);
    assert_string_equal(owner[0], "a-b");
    assert_string_equal(owner[1], "c.d-1");
    for (gsize i = 0; i < G_N_ELEMENTS(foreign); i++)
        assert_null(layout_domain_owner(foreign[i]));
}

static void test_layout_units(void **state)
{
    assert_owned(layout_scope_name("default", "web"), "vmi-default-web.scope");
    // a hyphen inside a name is not the one between names
    assert_owned(layout_scope_name("a-b", "c"), "vmi-a\\x2db-c.scope");
    assert_owned(layout_scope_name("a", "b-c"), "vmi-a-b\\x2dc.scope");
    assert_owned(layout_scope_name("a", "b.c_d"), "vmi-a-b.c_d.scope");
    assert_owned(layout_slice_name("a-b"), "machine-vmi-a\\x2db.slice");
}

static void test_layout_hostile(void **state)
{
    g_autofree char *scope = layout_scope_name("ns", "a b\n$%\\\"\xc3\xbc;-.scope");
    g_autofree char *slice = layout_slice_name(".hidden");

    assert_string_equal(scope,
                        "vmi-ns-a\\x20b\\x0a\\x24\\x25\\x5c\\x22\\xc3\\xbc\\x3b\\x2d.scope.scope");
    assert_string_equal(slice, "machine-vmi-\\x2ehidden.slice");
}

// systemd.unit(5): at most 255 of these characters.
static void assert_unit_name(const char *name)
{
    assert_true(strlen(name) < 256);
    assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  ":-_.\\"),
                     strlen(name));
}

static void test_layout_long(void **state)
{
    g_autofree char *hyphens = g_strnfill(63, '-');
    g_autofree char *slice = layout_slice_name(hyphens);
    g_autofree char *namespace = g_strnfill(63, 'n');
    g_autofree char *one = g_strnfill(253, '-');
    g_autofree char *two = g_strdup(one);
    two[252] = 'x';
    g_autofree char *socket_one = layout_console_socket(&layout, namespace, one);
    g_autofree char *socket_two = layout_console_socket(&layout, namespace, two);
    g_autofree char *scope_one = layout_scope_name(namespace, one);
    g_autofree char *scope_two = layout_scope_name(namespace, two);
    g_autofree char *machine = layout_machine_name(namespace, one);

    assert_true(strlen(socket_one) < 108);
    assert_string_not_equal(socket_one, socket_two);
    assert_unit_name(scope_one);
    assert_true(g_str_has_suffix(scope_one, ".scope"));
    assert_unit_name(slice);
    assert_true(g_str_has_suffix(slice, ".slice"));
    assert_string_not_equal(scope_one, scope_two);
    assert_int_equal(strlen(machine), 64);
}

// ---- IOThreads ----

// Counts and assigns as the builder does; the assignment as "1,2,3".
static char *assignment(const char *domain, guint count, guint dedicated, IoThreads *ret_threads)
{
    g_autofree char *spec = disks(domain, count, dedicated);
    g_autoptr(ApiObject) object = instance(spec);
    g_autoptr(GString) text = g_string_new(NULL);
    IoThreadCursor cursor = { 0 };

    assert_true(io_threads_count(spec_of(object), ret_threads, NULL));
    for (guint i = 0; i < count; i++)
        g_string_append_printf(text, "%s%u", i > 0 ? "," : "",
                               io_threads_assign(ret_threads, &cursor, dedicated & (1u << i)));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void test_io_threads_worked_examples(void **state)
{
    IoThreads threads;

    // the user guide's two examples: 7 virtio disks, the 2nd and 3rd dedicated, 2 cores, no CPU
    // request
    assert_owned(assignment("    ioThreadsPolicy: shared\n    cpu: {cores: 2}\n", 7, 0x6, &threads),
                 "1,2,3,1,1,1,1");
    assert_int_equal(threads.total, 3);
    assert_int_equal(threads.pool, 1);
    assert_owned(assignment("    ioThreadsPolicy: auto\n    cpu: {cores: 2}\n", 7, 0x6, &threads),
                 "1,3,4,2,1,2,1");
    assert_int_equal(threads.total, 4);
    assert_int_equal(threads.pool, 2);
}

static void test_io_threads_rules(void **state)
{
    static const struct {
        const char *domain;
        guint disks, dedicated;
        guint total, pool;
        const char *assigned;
    } rows[] = {
        { "", 2, 0x0, 0, 0, "0,0" },
        { "", 2, 0x1, 2, 1, "2,1" }, // a dedicated disk alone switches threads on, as `shared`
        { "", 1, 0x1, 1, 0, "1" },   // and no pool when nobody is in it
        { "", 2, 0x3, 3, 1, "2,3" }, // upstream's arithmetic leaves an idle pool thread here
        { "    ioThreadsPolicy: shared\n", 3, 0x0, 1, 1, "1,1,1" },
        { "    ioThreadsPolicy: shared\n", 0, 0x0, 0, 0, "" },
        { "    ioThreadsPolicy: auto\n", 5, 0x0, 2, 2, "1,2,1,2,1" },
        { "    ioThreadsPolicy: auto\n", 1, 0x0, 1, 1, "1" }, // never more threads than disks
        { "    ioThreadsPolicy: auto\n    cpu: {cores: 8}\n    resources: {requests: {cpu: "
          "1100m}}\n",
          6, 0x1, 4, 3, "4,1,2,3,1,2" }, // the request, rounded up, wins over the topology
        { "    ioThreadsPolicy: auto\n    cpu: {cores: 8}\n    resources: {limits: {cpu: 1}}\n", 6,
          0x0, 2, 2, "1,2,1,2,1,2" },
        { "    ioThreadsPolicy: auto\n    cpu: {sockets: 2, cores: 1, threads: 2}\n", 9, 0x0, 8, 8,
          "1,2,3,4,5,6,7,8,1" },
        { "    ioThreadsPolicy: auto\n", 5, 0x7, 4, 1,
          "2,3,4,1,1" }, // dedicated ones may exceed the limit
        { "    ioThreadsPolicy: supplementalPool\n    ioThreads: {supplementalPoolThreadCount: "
          "2}\n",
          3, 0x1, 2, 2, "1,2,1" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        IoThreads threads;
        g_autofree char *assigned =
            assignment(rows[i].domain, rows[i].disks, rows[i].dedicated, &threads);

        if (threads.total != rows[i].total || threads.pool != rows[i].pool ||
            strcmp(assigned, rows[i].assigned) != 0)
            fail_msg("row %u: total %u pool %u assigned %s", i, threads.total, threads.pool,
                     assigned);
    }
}

static void test_io_threads_pool_size(void **state)
{
    static const char *const counts[] = { "0", "-1", "1025" };

    for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
        g_autofree char *domain =
            g_strdup_printf("    ioThreadsPolicy: supplementalPool\n"
                            "    ioThreads: {supplementalPoolThreadCount: %s}\n",
                            counts[i]);
        g_autofree char *spec = disks(domain, 1, 0);
        g_autoptr(ApiObject) object = instance(spec);
        g_autoptr(GError) error = NULL;
        IoThreads threads;

        assert_false(io_threads_count(spec_of(object), &threads, &error));
        assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_INVALID));
    }
}

static void test_io_threads_spread(void **state)
{
    static const guint cpus[] = { 10, 11, 12, 13, 14, 15, 16, 17 };
    static const struct {
        guint count, width;
        const char *lists; // of thread 1, 2, ...
    } rows[] = {
        { 3, 8, "10-12 13-15 16-17 " }, // the reference's example
        { 2, 8, "10-13 14-17 " },
        { 1, 8, "10-17 " },
        { 2, 2, "11 10 " }, // as many as CPUs: starts at the second
        { 5, 2, "11 10 11 10 11 " },
        { 1, 1, "10 " },
        { 2, 0, "  " }, // nothing to pin to
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) lists = g_string_new(NULL);

        for (guint thread = 1; thread <= rows[i].count; thread++) {
            g_autoptr(GArray) spread =
                io_threads_spread(thread, rows[i].count, cpus, rows[i].width);
            g_autofree char *list = cpu_list_format((const guint *)spread->data, spread->len);

            g_string_append_printf(lists, "%s ", list);
        }
        assert_string_equal(lists->str, rows[i].lists);
    }
}

// ---- disks ----

static void test_cache(void **state)
{
    static const struct {
        ApiDiskCache asked;
        gboolean direct_io;
        ApiDiskCache given;
    } rows[] = {
        { API_DISK_CACHE_UNSET, TRUE, API_DISK_CACHE_NONE },
        { API_DISK_CACHE_UNSET, FALSE, API_DISK_CACHE_WRITETHROUGH },
        { API_DISK_CACHE_NONE, TRUE, API_DISK_CACHE_NONE },
        { API_DISK_CACHE_NONE, FALSE, API_DISK_CACHE_UNSET },
        { API_DISK_CACHE_WRITEBACK, FALSE, API_DISK_CACHE_WRITEBACK },
        { API_DISK_CACHE_WRITETHROUGH, TRUE, API_DISK_CACHE_WRITETHROUGH },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(DomainImage) image = domain_image_new("/srv/slow.img", "raw");
        ApiDisk disk = { .cache = rows[i].asked };
        DomainVolume volume = { .image = image, .direct_io = rows[i].direct_io };
        g_autoptr(GError) error = NULL;

        assert_int_equal(domain_disk_cache(&disk, &volume, &error), rows[i].given);
        assert_int_equal(error != NULL, rows[i].given == API_DISK_CACHE_UNSET);
        if (error)
            assert_non_null(strstr(error->message, "/srv/slow.img"));
    }
}

static void test_plan_volumes(void **state)
{
    g_autoptr(ApiObject) object =
        instance("  domain:\n    memory: {guest: 64Mi}\n    devices:\n      disks:\n"
                 "      - {name: seed, cdrom: {}}\n      - {name: over, disk: {bus: virtio}}\n"
                 "  volumes:\n"
                 "  - {name: over, ephemeral: {persistentVolumeClaim: {claimName: base}}}\n"
                 "  - {name: seed, cloudInitNoCloud: {userData: \"#x\"}}\n"
                 "  - {name: later, containerDisk: {image: x}}\n"
                 "  - {name: data, persistentVolumeClaim: {claimName: data, readOnly: true}}\n");
    GArray *plan = domain_plan_volumes(api_object_vmi(object), &layout);
    const DomainVolume *volumes = (const DomainVolume *)plan->data;

    assert_int_equal(plan->len, 4);
    assert_string_equal(volumes[0].image->path, "/var/lib/vmi/scratch/default/a/over.qcow2");
    assert_string_equal(volumes[0].image->format, "qcow2");
    assert_false(volumes[0].image->read_only);
    assert_string_equal(volumes[0].image->backing->path,
                        "/var/lib/vmi/pools/default/default/base/disk.img");
    assert_string_equal(volumes[0].image->backing->format, "raw");
    assert_true(volumes[0].image->backing->read_only);
    assert_string_equal(volumes[1].image->path, "/var/lib/vmi/scratch/default/a/seed.iso");
    assert_true(volumes[1].image->read_only); // its disk is a CD-ROM
    assert_null(volumes[2].image);
    assert_true(volumes[3].image->read_only);
    assert_true(volumes[3].direct_io);

    g_autoptr(DomainImage) copy = domain_image_copy(volumes[0].image);
    assert_string_equal(copy->backing->path, volumes[0].image->backing->path);
    assert_ptr_not_equal(copy->backing, volumes[0].image->backing);
    domain_volumes_free(plan);
}

// ---- hotplug ----

static char *hotplug(const char *domain, guint count, const char *bus, const char *const *in_use,
                     gboolean mapping, char **ret_target, GError **error)
{
    g_autofree char *spec = disks(domain, count, 0);
    g_autoptr(ApiObject) object = instance(spec);
    g_autoptr(DomainImage) image = domain_image_new("/srv/new.img", "raw");
    DomainHost host = { .queue_mapping = mapping };
    DomainHotplug new_disk = { .disk = "new",
                               .bus = bus,
                               .serial = "S",
                               .volume = { .image = image, .direct_io = TRUE },
                               .targets_in_use = in_use };

    image->fdgroup = g_strdup("new-0");
    return domain_build_hotplug(api_object_vmi(object), &new_disk, &host, ret_target, error);
}

static void test_hotplug_scsi(void **state)
{
    static const char *const in_use[] = { "vda", "sda", "sdc", NULL };
    g_autofree char *target = NULL;
    g_autofree char *xml =
        hotplug("    ioThreadsPolicy: auto\n", 1, "scsi", in_use, FALSE, &target, NULL);

    assert_string_equal(target, "sdb");
    assert_string_equal(xml, "<disk type=\"file\" device=\"disk\">\n"
                             "  <driver name=\"qemu\" type=\"raw\" cache=\"none\" "
                             "error_policy=\"stop\" discard=\"unmap\"/>\n"
                             "  <source file=\"/srv/new.img\" fdgroup=\"new-0\"/>\n"
                             "  <backingStore/>\n"
                             "  <target dev=\"sdb\" bus=\"scsi\"/>\n"
                             "  <serial>S</serial>\n"
                             "  <alias name=\"ua-new\"/>\n"
                             "  <address type=\"drive\" controller=\"0\" bus=\"0\" unit=\"1\"/>\n"
                             "</disk>\n");
}

static void test_hotplug_threads(void **state)
{
    static const char *const in_use[] = { "vda", "vdb", "vdc", NULL };
    static const char supplemental[] =
        "    ioThreadsPolicy: supplementalPool\n    ioThreads: {supplementalPoolThreadCount: 4}\n";
    static const struct {
        const char *domain;
        gboolean mapping;
        const char *expected;
    } rows[] = {
        { "    ioThreadsPolicy: auto\n", FALSE, "iothread=\"2\"" }, // 1,2,1 are there
        { "    ioThreadsPolicy: shared\n", FALSE, "iothread=\"1\"" },
        { supplemental, FALSE, "iothread=\"4\"" },
        { supplemental, TRUE, "<iothread id=\"4\"/>" },
        { "", FALSE, "discard=\"unmap\"/>" }, // no threads: the attribute before the end is discard
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *target = NULL;
        g_autofree char *xml =
            hotplug(rows[i].domain, 3, "virtio", in_use, rows[i].mapping, &target, NULL);

        assert_string_equal(target, "vdd");
        if (!strstr(xml, rows[i].expected))
            fail_msg("row %u: %s", i, xml);
    }
}

static void test_hotplug_refused(void **state)
{
    static const char *const buses[] = { "sata", "ide", NULL };

    for (guint i = 0; i < G_N_ELEMENTS(buses); i++) {
        g_autofree char *target = NULL;
        g_autoptr(GError) error = NULL;

        assert_null(hotplug("", 1, buses[i] ? buses[i] : "", NULL, FALSE, &target, &error));
        assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_INVALID));
        assert_null(target);
    }
}

static void test_overhead(void **state)
{
    g_autoptr(ApiObject) object =
        instance("  domain:\n    memory: {guest: 1Gi}\n    cpu: {cores: 2, threads: 2}\n");

    // 1Gi/512 + 50 + 40 + 4*8 + 8
    assert_int_equal(domain_memory_overhead(spec_of(object)), G_GUINT64_CONSTANT(132) << 20);
}

// ---- host ports and name servers --------------------------------------------------------------

static gboolean is_not_in(guint port, gpointer taken)
{
    for (const guint *one = taken; *one; one++)
        if (*one == port)
            return FALSE;
    return TRUE;
}

static gboolean is_never(guint port, gpointer unused)
{
    return FALSE;
}

static void test_host_ports(void **state)
{
    guint none[] = { 0 }, some[] = { 8443, 10022, 20022, 30022, 40022, 50022, 60022, 0 };

    assert_int_equal(domain_choose_host_port(1024, 8080, is_not_in, none), 8080);
    assert_int_equal(domain_choose_host_port(1024, 22, is_not_in, none), 10022);
    assert_int_equal(domain_choose_host_port(0, 22, is_not_in, none), 22);
    assert_int_equal(domain_choose_host_port(1024, 8443, is_not_in, some), 18443);
    assert_int_equal(domain_choose_host_port(1024, 22, is_not_in, some), 10023);
    assert_int_equal(domain_choose_host_port(65535, 65535, is_not_in, none), 65535);
    assert_int_equal(domain_choose_host_port(1024, 22, is_never, NULL), 0);
}

static void test_resolver_is_found(void **state)
{
    static const struct {
        const char *text, *resolver;
    } rows[] = {
        { "", NULL },
        { "search example.org\n# nameserver 192.0.2.1\noptions edns0\n", NULL },
        { "nameserver 192.0.2.1\nnameserver 192.0.2.2\n", "192.0.2.1" },
        { "nameserver \t 127.0.0.53", "127.0.0.53" },
        { "nameserver 2001:db8::1\nnameserver 192.0.2.2\n", "192.0.2.2" },
        { "nameserver ::1\nnameserver nonsense\n", "::1" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *resolver = domain_find_resolver(rows[i].text);

        assert_int_equal(g_strcmp0(resolver, rows[i].resolver), 0);
    }
}

static void test_resolver_is_allowed(void **state)
{
    static const struct {
        const char *resolver;
        gboolean loopback, with_passt, without;
    } rows[] = {
        { "192.0.2.1", FALSE, FALSE, FALSE }, { "2001:db8::1", FALSE, FALSE, FALSE },
        { "127.0.0.53", TRUE, TRUE, TRUE },   { "127.0.0.1", TRUE, TRUE, FALSE },
        { "::1", TRUE, FALSE, FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        DomainHost host = { .resolver = rows[i].resolver, .passt = TRUE };

        assert_int_equal(domain_resolver_is_loopback(rows[i].resolver), rows[i].loopback);
        assert_int_equal(domain_allowed_resolver(&host) != NULL, rows[i].with_passt);
        host.passt = FALSE;
        assert_int_equal(domain_allowed_resolver(&host) != NULL, rows[i].without);
    }
}

static void test_layout_scope_owner(void **state)
{
    g_autofree char *long_name = g_strnfill(200, 'x');
    g_autofree char *cut = layout_scope_name("default", long_name);
    g_autofree char *unit = layout_scope_name("my-team", "db-1.example");
    g_auto(GStrv) owner = layout_scope_owner(unit);

    assert_non_null(owner);
    assert_string_equal(owner[0], "my-team");
    assert_string_equal(owner[1], "db-1.example");
    assert_null(layout_scope_owner(cut));
    assert_null(layout_scope_owner("session-1.scope"));
    assert_null(layout_scope_owner("vmi-a.scope"));
    assert_null(layout_scope_owner("vmi-a-\\x2f.scope"));
    assert_null(layout_scope_owner("vmi-a-b.service"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target_names),
        cmocka_unit_test(test_cpu_list),
        cmocka_unit_test(test_layout_paths),
        cmocka_unit_test(test_layout_domain_owner),
        cmocka_unit_test(test_layout_units),
        cmocka_unit_test(test_layout_hostile),
        cmocka_unit_test(test_layout_long),
        cmocka_unit_test(test_io_threads_worked_examples),
        cmocka_unit_test(test_io_threads_rules),
        cmocka_unit_test(test_io_threads_pool_size),
        cmocka_unit_test(test_io_threads_spread),
        cmocka_unit_test(test_cache),
        cmocka_unit_test(test_plan_volumes),
        cmocka_unit_test(test_hotplug_scsi),
        cmocka_unit_test(test_hotplug_threads),
        cmocka_unit_test(test_hotplug_refused),
        cmocka_unit_test(test_overhead),
        cmocka_unit_test(test_host_ports),
        cmocka_unit_test(test_resolver_is_found),
        cmocka_unit_test(test_resolver_is_allowed),
        cmocka_unit_test(test_layout_scope_owner),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
