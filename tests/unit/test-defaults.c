// SPDX-License-Identifier: LGPL-2.1-or-later
// Defaulting: what a manifest leaves open, in KubeVirt's order.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "api/defaults.h"
#include "api/manifest.h"

#define UUID "0d3b1c52-8c3a-4f5e-9c0e-3a4a1f7f2b11"

static const ApiDefaultsContext context = { .architecture = "amd64", .firmware_uuid = UUID };

// The instance of SPEC (YAML, indented by two), defaulted.
static ApiObject *defaulted(const char *spec)
{
    g_autofree char *text = g_strconcat(
        "apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\nmetadata: {name: a}\nspec:\n",
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

static void test_minimal(void **state)
{
    g_autoptr(ApiObject) object = defaulted("  domain:\n    memory: {guest: 64Mi}\n");
    const ApiVmiSpec *spec = spec_of(object);
    assert_string_equal(spec->architecture, "amd64");
    assert_string_equal(spec->domain->machine->type, "q35");
    assert_string_equal(spec->domain->firmware->uuid, UUID);
    assert_int_equal(spec->domain->cpu->sockets.value, 1);
    assert_int_equal(spec->domain->cpu->cores.value, 1);
    assert_int_equal(spec->domain->cpu->threads.value, 1);
    assert_int_equal(spec->networks->len, 1);
    const ApiNetwork *network = spec->networks->pdata[0];
    assert_string_equal(network->name, "default");
    assert_non_null(network->pod);
    const ApiInterface *interface = spec->domain->devices->interfaces->pdata[0];
    assert_string_equal(interface->name, "default");
    assert_non_null(interface->masquerade);
    assert_null(interface->bridge);
    assert_null(spec->domain->devices->disks);
}

// What is written stays.
static void test_written_values_stay(void **state)
{
    g_autoptr(ApiObject) object =
        defaulted("  domain:\n"
                  "    machine: {type: pc-q35-7.2}\n"
                  "    firmware: {uuid: 5d307ca9-b3ef-428c-8861-06e72d69f223}\n"
                  "    cpu: {cores: 3}\n"
                  "    memory: {guest: 64Mi}\n"
                  "    resources: {requests: {memory: 1Gi, cpu: 8}}\n"
                  "    devices:\n"
                  "      disks:\n"
                  "      - {name: a, cdrom: {bus: scsi, readonly: false, tray: open}}\n"
                  "  volumes: [{name: a, emptyDisk: {capacity: 1Gi}}]\n");
    const ApiVmiSpec *spec = spec_of(object);
    assert_string_equal(spec->domain->machine->type, "pc-q35-7.2");
    assert_string_equal(spec->domain->firmware->uuid, "5d307ca9-b3ef-428c-8861-06e72d69f223");
    assert_string_equal(spec->domain->memory->guest, "64Mi");
    assert_int_equal(spec->domain->cpu->cores.value, 3);
    assert_false(
        spec->domain->cpu->sockets.set); // upstream leaves the rest of a given topology unset
    assert_int_equal(api_vmi_vcpus(spec), 3);
    assert_int_equal(api_vmi_memory(spec), 64 * 1024 * 1024);
    const ApiDisk *disk = spec->domain->devices->disks->pdata[0];
    assert_null(disk->disk);
    assert_int_equal(disk->cdrom->bus, API_DISK_BUS_SCSI);
    assert_int_equal(disk->cdrom->readonly, API_FALSE);
    assert_int_equal(disk->cdrom->tray, API_CDROM_TRAY_OPEN);
}

static void test_disks(void **state)
{
    g_autoptr(ApiObject) object =
        defaulted("  domain:\n"
                  "    memory: {guest: 64Mi}\n"
                  "    devices:\n"
                  "      disks:\n"
                  "      - {name: cd, cdrom: {}}\n"
                  "      - {name: bare}\n"
                  "      - {name: fast, disk: {bus: virtio}}\n"
                  "  volumes:\n"
                  "  - {name: bare, emptyDisk: {capacity: 1Gi}}\n"
                  "  - {name: cd, persistentVolumeClaim: {claimName: iso}}\n"
                  "  - {name: fast, emptyDisk: {capacity: 1Gi}}\n"
                  "  - {name: alone, emptyDisk: {capacity: 1Gi}}\n");
    const GPtrArray *disks = spec_of(object)->domain->devices->disks;
    assert_int_equal(disks->len, 4);
    const ApiDisk *cd = disks->pdata[0], *bare = disks->pdata[1], *fast = disks->pdata[2];
    assert_int_equal(cd->cdrom->bus, API_DISK_BUS_SATA);
    assert_int_equal(cd->cdrom->readonly, API_TRUE);
    assert_int_equal(cd->cdrom->tray, API_CDROM_TRAY_CLOSED);
    assert_int_equal(bare->disk->bus, API_DISK_BUS_SATA);
    assert_int_equal(bare->disk->readonly, API_UNSET);
    assert_int_equal(fast->disk->bus, API_DISK_BUS_VIRTIO);
    const ApiDisk *alone = disks->pdata[3];
    assert_string_equal(alone->name, "alone");
    assert_int_equal(alone->disk->bus, API_DISK_BUS_SATA);
}

static void test_cpu_and_memory_from_resources(void **state)
{
    static const struct {
        const char *resources;
        gint64 sockets;
        const char *guest;   // memory.guest afterwards
        const char *request; // of cpu, afterwards
    } cases[] = {
        { "{requests: {memory: 1Gi, cpu: 2}}", 2, "1Gi", "2" },
        { "{requests: {memory: 1Gi, cpu: 1500m}}", 2, "1Gi", "1500m" },
        { "{requests: {memory: 1Gi, cpu: 2}, limits: {cpu: 4}}", 4, "1Gi", "2" },
        { "{requests: {memory: 1Gi}, limits: {cpu: 3}}", 3, "1Gi", "3" },
        { "{limits: {memory: 2Gi}}", 1, "2Gi", NULL },
        { "{requests: {memory: 0}, limits: {memory: 2Gi, cpu: 0}}", 1, "2Gi", NULL },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text =
            g_strdup_printf("  domain:\n    resources: %s\n", cases[i].resources);
        g_autoptr(ApiObject) object = defaulted(text);
        const ApiDomain *domain = spec_of(object)->domain;
        assert_int_equal(domain->cpu->sockets.value, cases[i].sockets);
        assert_string_equal(domain->memory->guest, cases[i].guest);
        const char *request = api_map_get(domain->resources->requests, "cpu");
        assert_int_equal(g_strcmp0(request, cases[i].request), 0);
        assert_int_equal(api_vmi_vcpus(spec_of(object)), cases[i].sockets);
    }
}

static void test_no_interface_unless_wanted(void **state)
{
    static const char *const specs[] = {
        "  domain:\n    devices: {autoattachPodInterface: false}\n",
        "  domain: {}\n  networks: [{name: x, pod: {}}]\n",
    };
    for (guint i = 0; i < G_N_ELEMENTS(specs); i++) {
        g_autoptr(ApiObject) object = defaulted(specs[i]);
        const GPtrArray *interfaces = spec_of(object)->domain->devices->interfaces;
        assert_true(!interfaces || interfaces->len == 0);
    }
}

// Defaulting what has been defaulted changes nothing, and neither does leaving out the random part.
static void test_idempotent(void **state)
{
    g_autoptr(ApiObject) object =
        defaulted("  domain:\n    resources: {limits: {memory: 1Gi, cpu: 2}}\n"
                  "  volumes: [{name: a, emptyDisk: {capacity: 1Gi}}]\n");
    g_autoptr(ApiObject) again = api_object_copy(object);
    const ApiDefaultsContext other = { .architecture = "arm64", .firmware_uuid = NULL };
    api_vmi_apply_defaults(api_object_vmi(again), &other);
    assert_true(api_struct_equal(object->info->type, object->data, again->data));
}

static void test_vcpus_saturate(void **state)
{
    ApiCpu cpu = { .cores = { TRUE, G_MAXINT64 },
                   .sockets = { TRUE, G_MAXINT64 },
                   .threads = { TRUE, -7 } };
    ApiDomain domain = { .cpu = &cpu };
    ApiVmiSpec spec = { .domain = &domain };
    assert_true(api_vmi_vcpus(&spec) >= 512);
    cpu = (ApiCpu){ .cores = { TRUE, 0 }, .sockets = { TRUE, 2 } };
    assert_int_equal(api_vmi_vcpus(&spec), 2);
    domain.cpu = NULL;
    assert_int_equal(api_vmi_vcpus(&spec), 1);
    assert_int_equal(api_vmi_memory(&spec), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minimal),
        cmocka_unit_test(test_written_values_stay),
        cmocka_unit_test(test_disks),
        cmocka_unit_test(test_cpu_and_memory_from_resources),
        cmocka_unit_test(test_no_interface_unless_wanted),
        cmocka_unit_test(test_idempotent),
        cmocka_unit_test(test_vcpus_saturate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
