// SPDX-License-Identifier: LGPL-2.1-or-later
// Arithmetic of placing a guest: resources -> systemd's properties, CPU sets, host ports, the list that opens /dev/kvm, and what
// is read back from a live domain.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "guest/acl.h"
#include "guest/capabilities.h"
#include "guest/cpus.h"
#include "guest/ports.h"
#include "guest/run.h"
#include "guest/scope-limits.h"

#define GIB (G_GUINT64_CONSTANT(1) << 30)

typedef struct {
    int cores;
    gboolean dedicated;
    const char *request_cpu, *limit_cpu, *limit_memory;
    ScopeLimits limits;
} LimitsRow;

static ApiVmiSpec *make_spec(const LimitsRow *row)
{
    ApiVmiSpec *spec = api_vmi_spec_new();

    spec->domain = api_domain_new();
    spec->domain->cpu = api_cpu_new();
    spec->domain->cpu->cores = (ApiInt){ .set = row->cores > 0, .value = row->cores };
    spec->domain->cpu->dedicated_cpu_placement = row->dedicated ? API_TRUE : API_UNSET;
    spec->domain->resources = api_resources_new();
    if (row->request_cpu)
        api_map_set(&spec->domain->resources->requests, "cpu", row->request_cpu);
    if (row->limit_cpu)
        api_map_set(&spec->domain->resources->limits, "cpu", row->limit_cpu);
    if (row->limit_memory)
        api_map_set(&spec->domain->resources->limits, "memory", row->limit_memory);
    return spec;
}

static void limits_follow_resources(void **state)
{
    static const LimitsRow rows[] = {
        { 0, FALSE, NULL, NULL, NULL, { 10, 0, 0 } }, // 100m per guest CPU
        { 4, FALSE, NULL, NULL, NULL, { 40, 0, 0 } },
        { 4, FALSE, "1", NULL, NULL, { 100, 0, 0 } },
        { 4, FALSE, "250m", "2", NULL, { 25, 2000000, 0 } },
        { 4, FALSE, NULL, "1500m", NULL, { 150, 1500000, 0 } }, // the request is the limit
        { 4, TRUE, NULL, "4", NULL, { 400, 0, 0 } },            // never throttled
        { 4, TRUE, NULL, NULL, NULL, { 400, 0, 0 } },
        { 1, FALSE, "1m", NULL, NULL, { 1, 0, 0 } },
        { 1, FALSE, "1000", NULL, NULL, { 10000, 0, 0 } },
        { 1, FALSE, "8E", "8E", NULL, { 10000, G_GUINT64_CONSTANT(1000000000000), 0 } },
        { 1, FALSE, NULL, NULL, "1Gi", { 10, 0, GIB + 7 } }, // and the overhead
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ApiVmiSpec) spec = make_spec(&rows[i]);
        ScopeLimits limits = scope_limits_of(spec, 7);

        assert_int_equal(limits.cpu_weight, rows[i].limits.cpu_weight);
        assert_int_equal(limits.cpu_quota_usec, rows[i].limits.cpu_quota_usec);
        assert_int_equal(limits.memory_max, rows[i].limits.memory_max);
    }
}

static void cpu_lists_round_trip(void **state)
{
    static const char *const good[] = { "", "0", "0-3", "0-1,4,6-7", "63-64,1023" };
    static const char *const bad[] = { "x", "3-1", "0,", "0-99999999", "1 2" };

    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GArray) cpus = cpus_parse(good[i]);
        g_autofree char *text = cpus_format(cpus);

        assert_string_equal(text, good[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        if (strcmp(bad[i], "0,") != 0) // a trailing comma is harmless
            assert_null(cpus_parse(bad[i]));
}

static void cpu_mask_is_little_endian(void **state)
{
    g_autoptr(GArray) cpus = cpus_parse("0,9,17\n");
    g_autoptr(GByteArray) mask = cpus_to_mask(cpus);

    assert_int_equal(mask->len, 3);
    assert_int_equal(mask->data[0], 1);
    assert_int_equal(mask->data[1], 2);
    assert_int_equal(mask->data[2], 2);
}

static void affinity_is_read_from_the_kernel(void **state)
{
    g_autoptr(GArray) before = cpus_of_thread(gettid());
    g_autoptr(GArray) one = cpus_new(), after = NULL, saved = cpus_save_process(getpid());

    assert_true(before->len > 0);
    g_array_append_val(one, g_array_index(before, guint, 0));
    assert_true(cpus_pin_thread(gettid(), one));
    after = cpus_of_thread(gettid());
    assert_true(cpus_equal(after, one));
    cpus_restore_process(saved);
    g_array_unref(after);
    after = cpus_of_thread(gettid());
    assert_true(cpus_equal(after, before));
}

static void sockets_of_the_kernels_tables(void **state)
{
    static const char tcp[] = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
                              "retrnsmt   uid  timeout inode\n"
                              "   0: 0100007F:2726 00000000:0000 0A 00000000:00000000 00:00000000 "
                              "00000000     0        0 11 1 0\n"
                              "   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 "
                              "00000000     0        0 12 1 0\n"
                              "   2: 0100007F:ABCD 0100007F:2726 01 00000000:00000000 00:00000000 "
                              "00000000     0        0 13 1 0\n"
                              "   3: 0500000A:0050 00000000:0000 0A 00000000:00000000 00:00000000 "
                              "00000000     0        0 14 1 0\n";
    static const char tcp6[] =
        "   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A "
        "00000000:00000000 00:00000000 00000000     0        0 21 1 0\n"
        "   1: 0000000000000000FFFF00000100007F:1F91 00000000000000000000000000000000:0000 0A "
        "00000000:00000000 00:00000000 00000000     0        0 22 1 0\n"
        "   2: 00000000000000000000000001000000:1F92 00000000000000000000000000000000:0000 0A "
        "00000000:00000000 00:00000000 00000000     0        0 23 1 0\n";
    guint32 home = inet_addr("127.0.0.1");

    assert_int_equal(ports_find_socket(tcp, FALSE, home, 10022), 11);
    assert_int_equal(ports_find_socket(tcp, FALSE, home, 22), 12);
    assert_int_equal(ports_find_socket(tcp, FALSE, home, 0xabcd), 0); // a connection
    assert_int_equal(ports_find_socket(tcp, TRUE, home, 0xabcd), 13); // as UDP it would be bound
    assert_int_equal(ports_find_socket(tcp, FALSE, home, 80), 0);     // of another address
    assert_int_equal(ports_find_socket(tcp6, FALSE, home, 8080), 21);
    assert_int_equal(ports_find_socket(tcp6, FALSE, home, 8081), 22);
    assert_int_equal(ports_find_socket(tcp6, FALSE, home, 8082), 0);
}

// The port of a socket of ours that has PROTOCOL on 127.0.0.1.
static guint listen_somewhere(int protocol, int *ret_fd)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t length = sizeof(in);

    *ret_fd = socket(AF_INET, protocol | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(*ret_fd, (struct sockaddr *)&in, sizeof(in)), 0);
    assert_true(protocol == SOCK_DGRAM || listen(*ret_fd, 1) == 0);
    assert_int_equal(getsockname(*ret_fd, (struct sockaddr *)&in, &length), 0);
    return ntohs(in.sin_port);
}

static void a_port_in_use_is_refused_with_its_holder(void **state)
{
    static const struct {
        int type;
        ApiPortProtocol protocol;
        const char *name, *what;
    } rows[] = {
        { SOCK_STREAM, API_PORT_PROTOCOL_TCP, "tcp", "TCP port" },
        { SOCK_DGRAM, API_PORT_PROTOCOL_UDP, "udp", "UDP port" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) forwards = g_ptr_array_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *us = g_strdup_printf("in use by process %d (test-", getpid());
        vmi_autofd int fd = -1;
        guint port = listen_somewhere(rows[i].type, &fd);
        DomainForward forward = { (char *)rows[i].name, (char *)"127.0.0.1", (guint16)port, 22 };

        g_ptr_array_add(forwards, &forward);
        assert_false(ports_is_free(rows[i].protocol, "127.0.0.1", port));
        assert_false(ports_check_free(forwards, &error));
        assert_non_null(strstr(error->message, rows[i].what));
        assert_non_null(strstr(error->message, us));
        vmi_close_fd(&fd);
        assert_true(ports_is_free(rows[i].protocol, "127.0.0.1", port));
        assert_true(ports_check_free(forwards, NULL));
    }
}

// user::rw- user:400000:rw- group::rw- mask::rw- other::---
static const guint8 granted[] = {
    2, 0,    0,    0,   1,   0,   6,  0, 255, 255, 255, 255, 2,   0,   6,
    0, 0x80, 0x1a, 6,   0,   4,   0,  6, 0,   255, 255, 255, 255, 16,  0,
    6, 0,    255,  255, 255, 255, 32, 0, 0,   0,   255, 255, 255, 255,
};

static void acl_grants_and_revokes(void **state)
{
    const AclEdit first = { .first = 400000, .count = 1, .permissions = 6 };
    const AclEdit second = { .first = 300000, .count = 1, .permissions = 6 };
    const AclEdit without = { .first = 299999, .count = 2 };
    g_autoptr(GByteArray) one = acl_edit(NULL, 0, 0660, &first);
    g_autoptr(GByteArray) again = acl_edit(one->data, one->len, 0660, &first);
    g_autoptr(GByteArray) two = acl_edit(one->data, one->len, 0660, &second);
    g_autoptr(GByteArray) back = acl_edit(two->data, two->len, 0660, &without);

    assert_int_equal(one->len, sizeof(granted));
    assert_memory_equal(one->data, granted, sizeof(granted));
    assert_memory_equal(again->data, granted, sizeof(granted));
    assert_int_equal(two->len, sizeof(granted) + 8);
    assert_int_equal(two->data[16], 0xe0); // sorted by uid: 300000 first
    assert_int_equal(back->len, sizeof(granted));
    assert_memory_equal(back->data, granted, sizeof(granted));
    assert_null(acl_edit((const guint8 *)"\1\0\0\0", 4, 0660, &first));
    assert_null(acl_edit(granted, sizeof(granted) - 1, 0660, &first));
}

static void reads_a_live_domain(void **state)
{
    static const char xml[] =
        "<domain type='qemu' id='1' "
        "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><uuid>u-1</uuid>"
        "<iothreads>2</iothreads><cputune><iothreadpin iothread='2' cpuset='1,3'/></cputune>"
        "<os><type machine='pc-q35-7.2'>hvm</type></os><devices>"
        "<disk type='file'><driver iothread='2'/><target dev='vda' bus='virtio'/><alias "
        "name='ua-root'/></disk>"
        "<disk type='file'><driver><iothreads><iothread id='1'/></iothreads></driver>"
        "<target dev='vdb' bus='virtio'/><alias name='ua-data'/></disk></devices>"
        "<qemu:commandline><qemu:arg value='-device'/>"
        "<qemu:arg "
        "value='virtio-net-pci,mac=02:00:00:00:00:01,bus=pcie.0'/></qemu:commandline></domain>";
    g_autoptr(GuestRun) run = run_new();
    const DomainDiskPlan *disk;
    const GuestIoThread *thread;

    assert_true(run_read_xml(run, xml, NULL));
    assert_string_equal(run->domain_uuid, "u-1");
    assert_string_equal(run->machine_type, "pc-q35-7.2");
    assert_string_equal(run->mac, "02:00:00:00:00:01");
    assert_int_equal(run->disks->len, 2);
    disk = run->disks->pdata[0];
    assert_string_equal(disk->volume, "root");
    assert_int_equal(disk->iothread, 2);
    assert_false(disk->mapped);
    disk = run->disks->pdata[1];
    assert_string_equal(disk->target, "vdb");
    assert_true(disk->mapped);
    thread = run->iothreads->pdata[1];
    assert_int_equal(thread->planned->len, 2);
    // No such thread in the kernel: that is not what was planned.
    run_check_pinning(run);
    assert_int_equal(run->warnings->len, 1);
    assert_string_equal(run->warnings->pdata[0],
                        "IOThread 2 was to run on CPUs 1,3, the kernel lets it run on ");
    assert_false(run_read_xml(run, "<domain/>", NULL));
    assert_false(run_read_xml(run, "no xml", NULL));
}

static void reads_capabilities(void **state)
{
    static const char xml[] =
        "<capabilities><host><topology><cells num='2'>"
        "<cell id='0'><cpus num='2'><cpu id='0' core_id='0' siblings='0,2'/>"
        "<cpu id='2' core_id='0' siblings='0,2'/></cpus></cell>"
        "<cell id='1'><cpus num='2'><cpu id='1' core_id='0' siblings='1,3'/>"
        "<cpu id='3' core_id='0' siblings='1,3'/></cpus></cell></cells></topology></host>"
        "<guest><os_type>hvm</os_type><arch "
        "name='i686'><machine>pc-q35-1.0</machine></arch></guest>"
        "<guest><arch name='x86_64'><machine>pc-i440fx-7.2</machine>"
        "<machine canonical='pc-q35-7.2'>q35</machine><machine>pc-q35-7.2</machine></arch></guest>"
        "</capabilities>";
    static const guint cores[] = { 0, 1, 0, 1 };
    g_auto(Capabilities) found = { 0 };
    g_auto(Capabilities) nothing = { 0 };

    capabilities_parse(xml, &found);
    assert_int_equal(found.cores->len, G_N_ELEMENTS(cores));
    assert_memory_equal(found.cores->data, cores, sizeof cores);
    assert_int_equal(g_strv_length(found.machines), 2);
    assert_string_equal(found.machines[0], "q35");
    assert_string_equal(found.machines[1], "pc-q35-7.2");
    capabilities_parse("<capabilities/>", &nothing);
    assert_int_equal(nothing.cores->len, 0);
    assert_null(nothing.machines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_capabilities),
        cmocka_unit_test(limits_follow_resources),
        cmocka_unit_test(cpu_lists_round_trip),
        cmocka_unit_test(cpu_mask_is_little_endian),
        cmocka_unit_test(affinity_is_read_from_the_kernel),
        cmocka_unit_test(sockets_of_the_kernels_tables),
        cmocka_unit_test(a_port_in_use_is_refused_with_its_holder),
        cmocka_unit_test(acl_grants_and_revokes),
        cmocka_unit_test(reads_a_live_domain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
