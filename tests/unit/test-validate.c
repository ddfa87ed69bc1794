// SPDX-License-Identifier: LGPL-2.1-or-later
// Validation: a table of manifests and the findings each must give, one line each: severity (E or W), line:column, field
// path, what. Remedies are checked to be there, not for their words.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "api/manifest.h"
#include "api/printable.h"
#include "api/validate.h"

// The body of a spec begins on line 5, after VMI; after MEMORY on line 7, after DEVICES on line 8.
#define HEAD(kind, version) "apiVersion: " version "\nkind: " kind "\nmetadata: {name: a}\n"
#define VMI HEAD("VirtualMachineInstance", "kubevirt.io/v1") "spec:\n"
#define MEMORY VMI "  domain:\n    memory: {guest: 64Mi}\n"
#define DEVICES MEMORY "    devices:\n"
// One disk `a` of an emptyDisk volume; DISK are further entries of the disk on line 9.
#define DISK(entries) \
    DEVICES "      disks:\n      - {name: a" entries "}\n" \
            "  volumes: [{name: a, emptyDisk: {capacity: 1Gi}}]\n"
// Disks `a` and `b`, on lines 9 and 10.
#define TWO_DISKS(first, second) \
    DEVICES "      disks:\n      - {name: a, " first "}\n      - {name: b, " second "}\n" \
            "  volumes: [{name: a, emptyDisk: {capacity: 1Gi}}, {name: b, emptyDisk: {capacity: " \
            "1Gi}}]\n"
#define SERIAL_36 "pvc-00000000-1111-2222-3333-44444444"
// One volume `a`, on line 7.
#define VOLUME(source) MEMORY "  volumes: [{name: a" source "}]\n"
#define SEED(entries) VOLUME(", cloudInitNoCloud: {" entries "}")
// One interface and its pod network: the interface is on line 8, the network on line 9.
#define NIC(entries) \
    DEVICES "      interfaces: [{name: n" entries "}]\n  networks: [{name: n, pod: {}}]\n"
#define PVC HEAD("PersistentVolumeClaim", "v1") "spec:\n"
#define MEM_REQUIRED "spec.domain.memory.guest or resources.requests.memory is required"
#define DOMAIN "spec.domain"
#define DISKS "spec.domain.devices.disks"
#define NICS "spec.domain.devices.interfaces"
#define NO_INTERFACE "no interface is listed"
#define SEED_PATH "spec.volumes[0].cloudInitNoCloud"

typedef struct {
    const char *text;
    const char *expected; // lines, in order of position
} Case;

static char *one_line(const ApiFinding *finding)
{
    return g_strdup_printf("%c %u:%u %s: %s\n", finding->severity == API_FINDING_ERROR ? 'E' : 'W',
                           finding->line, finding->column, finding->path, finding->what);
}

// Nearly all cases here are short, and list no interface. What that is told is a test of its own.
static gboolean is_about_no_interface(const ApiFinding *finding)
{
    return g_str_equal(finding->path, NICS) && g_str_has_prefix(finding->what, NO_INTERFACE);
}

static char *lines_of(const char *text, const ApiValidateContext *context, gboolean no_interface)
{
    g_autoptr(ApiFindings) findings = api_findings_new("test");
    g_autoptr(GPtrArray) objects = api_manifest_parse(text, strlen(text), findings);
    for (guint i = 0; objects && i < objects->len; i++)
        api_object_validate(objects->pdata[i], context, findings);
    GString *lines = g_string_new(NULL);
    const GPtrArray *list = api_findings_list(findings);
    for (guint i = 0; i < list->len; i++) {
        const ApiFinding *finding = list->pdata[i];
        g_autofree char *line = one_line(finding);
        if (is_about_no_interface(finding) && !no_interface)
            continue;
        g_string_append(lines, line);
        // What follows these words says all there is to say.
        if (!finding->remedy && !strstr(finding->what, "has no effect") &&
            !strstr(finding->what, "is not supported:") &&
            !strstr(finding->what, "is required: ") && !strstr(finding->what, "is skipped"))
            fail_msg("no remedy: %s", line);
    }
    return g_string_free(lines, FALSE);
}

static char *findings_of(const char *text, const ApiValidateContext *context)
{
    return lines_of(text, context, FALSE);
}

static void check_cases(const Case *cases, guint n_cases)
{
    static const char *const gates[] = { "HostDisk", NULL };
    const ApiValidateContext context = { .feature_gates = gates };
    guint failed = 0;
    for (guint i = 0; i < n_cases; i++) {
        g_autofree char *found = findings_of(cases[i].text, &context);
        g_autofree char *expected =
            g_strconcat(cases[i].expected, *cases[i].expected ? "\n" : "", NULL);
        if (g_str_equal(found, expected))
            continue;
        print_error("--- manifest\n%s--- expected\n%s--- found\n%s\n", cases[i].text, expected,
                    found);
        failed++;
    }
    assert_int_equal(failed, 0);
}
#define CHECK(cases) check_cases(cases, G_N_ELEMENTS(cases))

static void test_metadata(void **state)
{
    static const Case cases[] = {
        { MEMORY, "" },
        { "apiVersion: kubevirt.io/v1alpha3\nkind: VirtualMachineInstance\nmetadata: {name: A_b}\n"
          "spec: {domain: {memory: {guest: 64Mi}}}\n",
          "E 3:12 metadata.name: \"A_b\" cannot be a name here" },
        { "apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\nmetadata: {name: "
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, namespace: a.b}\n"
          "spec: {domain: {memory: {guest: 64Mi}}}\n",
          "E 3:12 metadata.name: "
          "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" "
          "is too long for an instance\n"
          "E 3:84 metadata.namespace: \"a.b\" cannot be a name here" },
        { "apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\nmetadata:\n  name: a\n"
          "  labels: {kubevirt.io/domain: a, '-b': x, c: 'd e'}\n"
          "spec: {domain: {memory: {guest: 64Mi}}}\n",
          "E 5:35 metadata.labels[-b]: \"-b\" cannot be the key of a label\n"
          "E 5:44 metadata.labels[c]: \"d e\" cannot be the value of a label" },
    };
    CHECK(cases);
}

static void test_support_notes(void **state)
{
    static const Case cases[] = {
        { MEMORY "    chassis: {serial: x}\n",
          "E 7:5 " DOMAIN ".chassis: \"chassis\" is not supported yet" },
        { MEMORY "    cpu:\n      model: host-passthrough\n      isolateEmulatorThread: false\n",
          "E 8:7 " DOMAIN ".cpu.model: \"model\" is not supported yet" },
        { MEMORY "  nodeSelector: {a: b}\n  tolerations: [{key: x}]\n",
          "W 7:3 spec.nodeSelector: \"nodeSelector\" has no effect: there is only one host\n"
          "W 8:3 spec.tolerations: \"tolerations\" has no effect: there is only one host" },
        { MEMORY "  dnsPolicy: None\n  dnsConfig: {searches: [a]}\n",
          "W 7:3 spec.dnsPolicy: \"dnsPolicy\" has no effect: the guest uses the host's resolver\n"
          "E 7:3 spec.dnsPolicy: dnsPolicy None needs a name server\n"
          "W 8:3 spec.dnsConfig: \"dnsConfig\" has no effect: the guest uses the host's resolver" },
        { NIC(", slirp: {}"), "E 8:30 " NICS "[0].slirp: \"slirp\" is not supported: slirp was "
                              "discontinued upstream; use masquerade" },
        { DEVICES "      watchdog: {name: w, diag288: {action: reset}}\n",
          "E 8:7 " DOMAIN ".devices.watchdog: \"watchdog\" is not supported yet" },
        { DISK(", lun: {}"), "E 9:19 " DISKS "[0].lun: \"lun\" is not supported yet" },
        { VOLUME(", containerPath: {path: /x}"),
          "E 7:23 spec.volumes[0].containerPath: \"containerPath\" is not supported: there is no "
          "launcher container on one host; use a claim or hostDisk" },
        // A status is a report of another host.
        { MEMORY "status: {phase: Running, activePods: {a: b}}\n", "" },
    };
    CHECK(cases);
}

#define ONE_HOST "\" has no effect: there is only one host\n"
#define RESOLVER "\" has no effect: the guest uses the host's resolver\n"

// What has no effect here is judged as KubeVirt judges it.
static void test_cluster(void **state)
{
    static const Case cases[] = {
        { MEMORY "  evictionStrategy: Nonsense\n",
          "E 7:21 spec.evictionStrategy: \"Nonsense\" is none of the allowed values" },
        { MEMORY "  evictionStrategy: LiveMigrate\n",
          "W 7:3 spec.evictionStrategy: \"evictionStrategy\" has no effect: there is no other host "
          "to move to" },
        { MEMORY "  dnsPolicy: Nonsense\n",
          "E 7:14 spec.dnsPolicy: \"Nonsense\" is none of the allowed values" },
        { MEMORY "  dnsPolicy: None\n  dnsConfig:\n    nameservers: []\n    searches: [a..b]\n",
          "W 7:3 spec.dnsPolicy: \"dnsPolicy" RESOLVER
          "E 7:3 spec.dnsPolicy: dnsPolicy None needs a name server\n"
          "W 8:3 spec.dnsConfig: \"dnsConfig" RESOLVER
          "E 10:16 spec.dnsConfig.searches[0]: \"a..b\" cannot be a name here" },
        { MEMORY "  dnsPolicy: None\n  dnsConfig: {nameservers: [10.0.0.1, '::1', host]}\n",
          "W 7:3 spec.dnsPolicy: \"dnsPolicy" RESOLVER "W 8:3 spec.dnsConfig: \"dnsConfig" RESOLVER
          "E 8:46 spec.dnsConfig.nameservers[2]: \"host\" is not an IP address" },
        { MEMORY
          "  dnsConfig: {nameservers: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4], options: [{}]}\n",
          "E 7:76 spec.dnsConfig.options[0].name: \"name\" is required: name of the option" },
        { MEMORY "  subdomain: A\n  priorityClassName: high\n",
          "W 7:3 spec.subdomain: \"subdomain\" has no effect: there is no cluster DNS\n"
          "E 7:3 spec.subdomain: \"A\" cannot be a name here\n"
          "W 8:3 spec.priorityClassName: \"priorityClassName\" has no effect: there is only one "
          "host" },
        { MEMORY "  nodeSelector: {a: b c}\n",
          "W 7:3 spec.nodeSelector: \"nodeSelector" ONE_HOST
          "E 7:18 spec.nodeSelector[a]: \"a\": \"b c\" cannot be a label" },
        { MEMORY "  tolerations: [{operator: Equal}, {operator: Exists, effect: Never}]\n",
          "E 7:63 spec.tolerations[1].effect: \"Never\" is none of the allowed values" },
        { MEMORY "  tolerations: [{}, {operator: Exists, value: x}]\n",
          "W 7:3 spec.tolerations: \"tolerations" ONE_HOST
          "E 7:17 spec.tolerations[0].operator: a toleration without a key has the operator "
          "Exists\n"
          "E 7:40 spec.tolerations[1].value: operator Exists takes no value" },
        { MEMORY "  affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: "
                 "[{weight: 101, podAffinityTerm: {topologyKey: a}}]}}\n",
          "W 7:3 spec.affinity: \"affinity" ONE_HOST "E 7:83 spec.affinity.podAntiAffinity."
          "preferredDuringSchedulingIgnoredDuringExecution[0].weight: 101 is out of range" },
        { MEMORY "  topologySpreadConstraints: [{maxSkew: 0, topologyKey: a, whenUnsatisfiable: "
                 "DoNotSchedule}]\n",
          "W 7:3 spec.topologySpreadConstraints: \"topologySpreadConstraints" ONE_HOST
          "E 7:32 spec.topologySpreadConstraints[0].maxSkew: 0 is out of range" },
    };
    CHECK(cases);
}

// What stands beside a guest in a cluster is passed over, one warning each.
static void test_companions(void **state)
{
    static const char why[] = "the ports of a guest's interfaces are forwarded from the host";
    g_autoptr(ApiFindings) findings = api_findings_new("t");
    const char *text = "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Service, "
                       "metadata: {name: s, namespace: n}, spec: {anything: [1]}}]}";
    g_autoptr(GPtrArray) objects = api_manifest_parse(text, strlen(text), findings);
    g_autofree char *found = api_findings_format(findings, NULL);
    g_autofree char *expected = g_strdup_printf(
        "t:1:55: warning: kind: Service \"s\" is skipped, as kind Service has no effect here: %s\n",
        why);
    static const Case bad[] = {
        { "apiVersion: apps/v1\nkind: Service\nmetadata: {name: s}\n",
          "E 1:1 apiVersion: \"apps/v1\" is not an apiVersion of Service" },
        { "apiVersion: v1\nkind: Service\n", "E 1:1 metadata.name: \"metadata.name\" is missing" },
        // Nobody may believe that this runs.
        { "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: s}\n",
          "E 2:1 kind: unknown kind \"Deployment\"" },
    };

    assert_string_equal(found, expected);
    assert_int_equal(objects->len, 1);
    assert_true(api_object_is_companion(objects->pdata[0]));
    assert_string_equal(api_object_meta(objects->pdata[0])->namespace, "n");
    assert_null(api_kind_find("Service"));
    CHECK(bad);
}

static void test_memory_and_resources(void **state)
{
    static const Case cases[] = {
        { VMI "  domain: {}\n", "E 5:3 " DOMAIN ".memory.guest: " MEM_REQUIRED },
        { VMI "  domain: {resources: {limits: {memory: 64Mi}}}\n", "" },
        { VMI "  domain: {memory: {guest: 10}}\n",
          "E 5:21 " DOMAIN ".memory.guest: \"10\" is out of range" },
        { VMI "  domain:\n    memory: {guest: 2Gi}\n    resources: {limits: {memory: 1Gi}}\n",
          "E 6:14 " DOMAIN ".memory.guest: guest memory \"2Gi\" is above the limit \"1Gi\"" },
        { VMI "  domain:\n    resources:\n      requests: {memory: 2Gi, cpu: 2, hugepages-2Mi: 1}\n"
              "      limits: {memory: 1Gi, cpu: 1500m}\n",
          "E 7:18 " DOMAIN ".resources.requests.memory: memory request \"2Gi\" is above the limit "
          "\"1Gi\"\n"
          "E 7:31 " DOMAIN
          ".resources.requests.cpu: cpu request \"2\" is above the limit \"1500m\"\n"
          "W 7:39 " DOMAIN
          ".resources.requests[hugepages-2Mi]: \"hugepages-2Mi\" has no effect: only "
          "cpu and memory are shared out on one host" },
        { MEMORY "    resources: {requests: {memory: 1k}}\n",
          "E 7:28 " DOMAIN ".resources.requests[memory]: \"1k\" is out of range" },
        { MEMORY "    resources: {requests: {cpu: -1}}\n",
          "E 7:28 " DOMAIN ".resources.requests[cpu]: \"-1\" is negative" },
    };
    CHECK(cases);
}

static void test_cpu(void **state)
{
    static const Case cases[] = {
        { MEMORY "    cpu: {cores: 4, sockets: 2, threads: 2}\n", "" },
        { MEMORY "    cpu: {cores: -1}\n", "E 7:11 " DOMAIN ".cpu.cores: -1 is out of range" },
        { MEMORY "    cpu: {cores: 300, sockets: 2}\n",
          "E 7:5 " DOMAIN ".cpu: cores x sockets x threads make 600 CPUs" },
        { MEMORY "    cpu: {cores: 2, dedicatedCpuPlacement: true}\n", "" },
        { MEMORY "    cpu: {sockets: 2, dedicatedCpuPlacement: true}\n", "" },
        { MEMORY "    cpu: {threads: 2, dedicatedCpuPlacement: true}\n", "" },
        { MEMORY "    cpu: {dedicatedCpuPlacement: true}\n",
          "E 7:11 " DOMAIN ".cpu.dedicatedCpuPlacement: dedicated CPUs need a topology, "
          "resources.requests.cpu or resources.limits.cpu" },
        { MEMORY "    cpu: {dedicatedCpuPlacement: true}\n    resources: {limits: {cpu: 1500m}}\n",
          "E 8:26 " DOMAIN ".resources.limits.cpu: \"1500m\" is not a whole number of CPUs" },
        { VMI "  domain:\n    cpu: {dedicatedCpuPlacement: true}\n    resources:\n"
              "      requests: {memory: 1Gi, cpu: 2}\n      limits: {memory: 2Gi, cpu: 4}\n",
          "E 8:18 " DOMAIN
          ".resources.requests.memory: memory request \"1Gi\" differs from the limit "
          "\"2Gi\"\n"
          "E 8:31 " DOMAIN
          ".resources.requests.cpu: cpu request \"2\" differs from the limit \"4\"" },
        { MEMORY "    cpu: {cores: 2, dedicatedCpuPlacement: true}\n"
                 "    resources: {requests: {cpu: 4}}\n",
          "E 7:21 " DOMAIN ".cpu.dedicatedCpuPlacement: the guest has 2 CPUs, resources say 4" },
        { MEMORY "    cpu: {cores: 1, threads: 3, dedicatedCpuPlacement: true}\n",
          "E 7:21 " DOMAIN ".cpu.threads: more than 2 threads per core cannot be dedicated" },
    };
    CHECK(cases);
}

static void test_board(void **state)
{
    static const Case cases[] = {
        { MEMORY "    machine: {type: ''}\n", "" },
        { MEMORY "    machine: {type: pc-q35-2.10}\n", "" },
        { MEMORY "    machine: {type: pc-i440fx-7.2}\n",
          "E 7:15 " DOMAIN ".machine.type: machine type \"pc-i440fx-7.2\" is not supported" },
        { MEMORY "    firmware: {uuid: abc}\n",
          "E 7:16 " DOMAIN ".firmware.uuid: \"abc\" is not a UUID" },
        { MEMORY "    ioThreadsPolicy: supplementalPool\n",
          "E 7:5 " DOMAIN ".ioThreadsPolicy: ioThreadsPolicy supplementalPool "
          "needs supplementalPoolThreadCount" },
        { MEMORY "    ioThreadsPolicy: supplementalPool\n"
                 "    ioThreads: {supplementalPoolThreadCount: 0}\n",
          "E 8:17 " DOMAIN ".ioThreads.supplementalPoolThreadCount: 0 is out of range" },
        { MEMORY "    ioThreads: {supplementalPoolThreadCount: 4}\n",
          "W 7:17 " DOMAIN
          ".ioThreads.supplementalPoolThreadCount: supplementalPoolThreadCount has "
          "no effect without ioThreadsPolicy supplementalPool" },
        { DEVICES "      autoattachGraphicsDevice: true\n",
          "E 8:7 " DOMAIN ".devices.autoattachGraphicsDevice: graphics are not supported yet" },
        { DEVICES "      autoattachGraphicsDevice: false\n", "" },
        { MEMORY "  architecture: arm64\n  hostname: a.b\n  terminationGracePeriodSeconds: -1\n",
          "E 7:3 spec.architecture: architecture \"arm64\" is not supported\n"
          "E 8:3 spec.hostname: \"a.b\" cannot be a name here\n"
          "E 9:3 spec.terminationGracePeriodSeconds: -1 is out of range" },
    };
    CHECK(cases);
}

static void test_disks(void **state)
{
    static const Case cases[] = {
        { DISK(", disk: {bus: virtio, readonly: true}, serial: a-B_1.+"), "" },
        { DISK(", cdrom: {bus: virtio}"),
          "E 9:27 " DISKS "[0].cdrom.bus: a CD-ROM drive cannot be on bus virtio" },
        { DISK(", disk: {readOnly: true}"),
          "E 9:19 " DISKS "[0].disk.readonly: a hard disk on bus sata cannot be read-only" },
        { DISK(", disk: {}, cdrom: {}"),
          "E 9:9 " DISKS
          "[0]: a disk is either disk, lun or cdrom; this is \"disk\" and \"cdrom\"" },
        { DISK(", dedicatedIOThread: true"),
          "E 9:19 " DISKS
          "[0].dedicatedIOThread: only disks on bus virtio can have a thread of their "
          "own, this one is on sata" },
        { DISK(", dedicatedIOThread: true, disk: {bus: virtio}"), "" },
        { DISK(", io: native, cache: writeback"),
          "E 9:19 " DISKS "[0].io: io \"native\" does not work with cache \"writeback\"" },
        { DISK(", serial: 'a b'"),
          "E 9:19 " DISKS "[0].serial: \"a b\" cannot be a serial number" },
        { DISK(", serial: '', disk: {bus: scsi}"), "" },
        { DISK(", disk: {bus: scsi}, serial: " SERIAL_36), "" },
        { DISK(", disk: {bus: scsi}, serial: " SERIAL_36 "x"),
          "E 9:38 " DISKS "[0].serial: on bus scsi a serial number has at most 36 characters, "
          "\"" SERIAL_36 "x\" has 37" },
        { DISK(", serial: " SERIAL_36 "x"),
          "E 9:19 " DISKS "[0].serial: on bus sata a serial number has at most 36 characters, "
          "\"" SERIAL_36 "x\" has 37" },
        { DISK(", disk: {bus: usb}, serial: " SERIAL_36),
          "E 9:37 " DISKS "[0].serial: on bus usb a serial number has at most 20 characters, "
          "\"" SERIAL_36 "\" has 36" },
        { DISK(", disk: {bus: virtio}, serial: " SERIAL_36 "x"),
          "W 9:40 " DISKS "[0].serial: on bus virtio the guest sees the first 20 characters of "
          "\"" SERIAL_36 "x\"" },
        { DISK(", cdrom: {}, serial: " SERIAL_36 "x"), "" },
        { TWO_DISKS("serial: customer-database-volume-1, disk: {bus: virtio}",
                    "serial: customer-database-volume-2, disk: {bus: virtio}"),
          "W 9:19 " DISKS "[0].serial: on bus virtio the guest sees the first 20 characters of "
          "\"customer-database-volume-1\"\n"
          "W 10:19 " DISKS "[1].serial: on bus virtio the guest sees the first 20 characters of "
          "\"customer-database-volume-2\"\n"
          "E 10:19 " DISKS "[1].serial: the guest sees \"customer-database-vo\" as the serial "
          "number of disk \"a\" as well" },
        { TWO_DISKS("serial: customer-database-volume-1, disk: {bus: scsi}",
                    "serial: customer-database-volume-2, disk: {bus: scsi}"),
          "" },
        { TWO_DISKS("serial: one, disk: {bus: virtio}", "serial: one, disk: {bus: scsi}"),
          "W 10:19 " DISKS "[1].serial: disk \"a\" has the same serial number" },
        { DISK(", disk: {pciAddress: '0000:05:00.0'}"),
          "E 9:26 " DISKS "[0].disk.pciAddress: only disks on bus virtio have a PCI address" },
        { DISK(", disk: {bus: virtio, pciAddress: '0000:05:20.0'}"),
          "E 9:39 " DISKS "[0].disk.pciAddress: \"0000:05:20.0\" is not a PCI address" },
        { DISK(", disk: {bus: ide}"),
          "E 9:31 " DISKS "[0].disk.bus: \"ide\" is none of the allowed values" },
        { DEVICES "      disks:\n      - {name: b}\n      - {name: c, cdrom: {}}\n",
          "E 9:10 " DISKS "[0].name: disk \"b\" has no volume of its name\n"
          "E 10:10 " DISKS
          "[1].name: CD-ROM drive \"c\" has no volume; empty drives are not supported "
          "yet" },
        { DISK("}\n      - {name: a"),
          "E 10:10 " DISKS "[1].name: disk name \"a\" is already taken" },
        { DEVICES "      disks: [{name: B}]\n  volumes: [{name: B, emptyDisk: {capacity: 1Gi}}]\n",
          "E 8:16 " DISKS "[0].name: \"B\" cannot be a name here\n"
          "E 9:14 spec.volumes[0].name: \"B\" cannot be a name here" },
        { DEVICES "      disks: [{name: a_b, disk: {bus: virtio, pciAddress: '0000:01:00.0'}},\n"
                  "        {name: c, disk: {bus: virtio, pciAddress: '0000:01:00.0'}}]\n"
                  "  volumes: [{name: a_b, emptyDisk: {capacity: 1Gi}}, {name: c, emptyDisk: "
                  "{capacity: 1Gi}}]\n",
          "E 9:39 " DISKS "[1].disk.pciAddress: PCI address \"0000:01:00.0\" is already taken" },
    };
    CHECK(cases);
}

static void test_boot_order(void **state)
{
    static const Case cases[] = {
        { DISK(", bootOrder: 0"), "E 9:19 " DISKS "[0].bootOrder: 0 is out of range" },
        { DEVICES
          "      disks: [{name: a, bootOrder: 1}]\n"
          "      interfaces: [{name: n, masquerade: {}, bootOrder: 1, ports: [{port: 1}]}]\n"
          "  networks: [{name: n, pod: {}}]\n"
          "  volumes: [{name: a, emptyDisk: {capacity: 1Gi}}]\n",
          "E 9:46 " NICS "[0].bootOrder: boot order 1 is already taken" },
    };
    CHECK(cases);
}

static void test_volumes(void **state)
{
    static const Case cases[] = {
        { VOLUME(""), "E 7:13 spec.volumes[0]: the volume has no source" },
        { VOLUME(", emptyDisk: {capacity: 1Gi}, containerDisk: {image: x}"),
          "E 7:13 spec.volumes[0]: a volume has one source; this has \"emptyDisk\" and "
          "\"containerDisk\"\n"
          "E 7:51 spec.volumes[0].containerDisk: \"containerDisk\" is not supported yet" },
        { VOLUME(", emptyDisk: {capacity: 1Gi}}, {name: a, emptyDisk: {capacity: 1Gi}"),
          "E 7:53 spec.volumes[1].name: volume name \"a\" is already taken" },
        { VOLUME(", emptyDisk: {capacity: 100k}"),
          "E 7:35 spec.volumes[0].emptyDisk.capacity: \"100k\" is out of range" },
        { VOLUME(", emptyDisk: {capacity: 4Ei}"),
          "E 7:35 spec.volumes[0].emptyDisk.capacity: \"4Ei\" is out of range" },
        { VOLUME(", persistentVolumeClaim: {claimName: vmi-shared_disk}"), "" },
        { VOLUME(", persistentVolumeClaim: {claimName: a/b}"),
          "E 7:47 spec.volumes[0].persistentVolumeClaim.claimName: \"a/b\" cannot be a name here" },
        { VOLUME(", ephemeral: {persistentVolumeClaim: {claimName: ..}}"),
          "E 7:59 spec.volumes[0].ephemeral.persistentVolumeClaim.claimName: \"..\" cannot be a "
          "name "
          "here" },
        { VOLUME(", hostDisk: {path: /images/a.img, type: DiskOrCreate, capacity: 1Gi}"), "" },
        { VOLUME(", hostDisk: {path: /images/a.img, type: DiskOrCreate, capacity: 0}"),
          "E 7:75 spec.volumes[0].hostDisk.capacity: \"0\" is out of range" },
        { VOLUME(", hostDisk: {path: /images/a.img, type: DiskOrCreate, capacity: 1000k}"),
          "E 7:75 spec.volumes[0].hostDisk.capacity: \"1000k\" is out of range" },
        { VOLUME(", hostDisk: {path: '', type: Disk}"),
          "E 7:33 spec.volumes[0].hostDisk.path: \"path\" is required: absolute path "
          "of the image" },
        { VOLUME(", hostDisk: {path: /images/../a.img, type: Disk, capacity: 1Gi}"),
          "E 7:34 spec.volumes[0].hostDisk.path: \"/images/../a.img\" is not the absolute path of "
          "a "
          "file\n"
          "E 7:70 spec.volumes[0].hostDisk.capacity: type Disk takes the file as it is, "
          "\"capacity\" "
          "makes no sense" },
    };
    CHECK(cases);
}

#define UNREAD \
    "no cloud-init reads this user data: it is no text that begins with '#', no MIME, gzip or " \
    "Ignition"

static void test_cloud_init(void **state)
{
    static const Case cases[] = {
        { SEED("userData: '#x', networkDataBase64: eA=="), "" },
        { SEED(""), "E 7:23 " SEED_PATH ": the seed has neither user data nor network data" },
        { SEED("userData: '#x', secretRef: {name: s}"),
          "E 7:23 " SEED_PATH ": user data has one source: userData, userDataBase64 or secretRef" },
        { SEED("networkData: x, networkDataBase64: eA=="),
          "E 7:23 " SEED_PATH ": network data has one source: networkData, networkDataBase64 or "
          "networkDataSecretRef" },
        { SEED("userDataBase64: 'e A'"),
          "E 7:42 " SEED_PATH ".userDataBase64: the value is not base64" },
        { SEED("userDataBase64: eA="),
          "E 7:42 " SEED_PATH ".userDataBase64: the value is not base64" },
        { SEED("userDataBase64: I3g%3D"),
          "E 7:42 " SEED_PATH ".userDataBase64: the value is not base64" },
        { SEED("userData: \" \\n#!/bin/sh\""), "" },
        { SEED("userData: \"Content-Type: text/plain\\nMIME-Version: 1.0\\n\\nx\""), "" },
        { SEED("userData: '{\"ignition\": {\"version\": \"3.4.0\"}}'"), "" },
        { SEED("userDataBase64: H4sIAAAA"), "" },
        { SEED("userDataBase64: I2Nsb3VkLWNvbmZpZwo="), "" },
        { SEED("userData: 'users: []'"), "W 7:42 " SEED_PATH ".userData: " UNREAD },
        { SEED("userData: I2Nsb3VkLWNvbmZpZwo="), "W 7:42 " SEED_PATH ".userData: " UNREAD },
        { SEED("userDataBase64: JTIzY2xvdWQtY29uZmln"), // %23cloud-config
          "W 7:42 " SEED_PATH ".userDataBase64: " UNREAD },
        { SEED("secretRef: {name: A}"),
          "E 7:54 " SEED_PATH ".secretRef.name: \"A\" cannot be a name here" },
    };
    CHECK(cases);
}

// SIZE bytes of user data, plain or as base64 (of 3/4 of that).
static char *seed_of_size(const char *field, gsize size)
{
    g_autofree char *data = g_malloc(size + 1);
    const char *comment = g_str_equal(field, "userData") ? "'#" : "'";
    memset(data, 'a', size);
    data[size] = '\0';
    return g_strconcat(MEMORY "  volumes: [{name: a, cloudInitNoCloud: {", field, ": ", comment,
                       data + strlen(comment) - 1, "'}}]\n", NULL);
}

static void test_cloud_init_size(void **state)
{
    static const struct {
        const char *field;
        gsize size;
        const char *expected;
    } cases[] = {
        { "userData", 2048, "" },
        { "userData", 2049,
          "W 7:42 " SEED_PATH
          ".userData: 2049 bytes are not portable to KubeVirt, which takes 2048\n" },
        { "networkDataBase64", 2732, // 2049 bytes
          "W 7:42 " SEED_PATH
          ".networkDataBase64: 2049 bytes are not portable to KubeVirt, which takes 2048\n" },
        { "userData", 512 * 1024,
          "W 7:42 " SEED_PATH
          ".userData: 524288 bytes are not portable to KubeVirt, which takes 2048\n" },
        { "userData", 512 * 1024 + 1,
          "E 7:42 " SEED_PATH ".userData: 524289 bytes are more than 512Ki\n" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = seed_of_size(cases[i].field, cases[i].size);
        g_autofree char *found = findings_of(text, NULL);
        assert_string_equal(found, cases[i].expected);
    }
}

static void test_machine_types(void **state)
{
    static const char *const machines[] = { "q35", "pc-q35-7.2", NULL };
    const ApiValidateContext strict = { .machines = machines };
    const ApiValidateContext lenient = { .machines = machines, .replace_machine_type = TRUE };
    const char *rhel = MEMORY "    machine: {type: pc-q35-rhel9.2.0}\n";
    g_autofree char *refused = findings_of(rhel, &strict);
    assert_string_equal(refused, "E 7:15 " DOMAIN ".machine.type: this host's QEMU has no machine "
                                 "type \"pc-q35-rhel9.2.0\"\n");
    g_autofree char *replaced = findings_of(rhel, &lenient);
    assert_string_equal(replaced, "W 7:15 " DOMAIN ".machine.type: this host's QEMU has no machine "
                                  "type \"pc-q35-rhel9.2.0\"\n");
    g_autofree char *unknown = findings_of(rhel, NULL);
    assert_string_equal(unknown, "");
    g_autofree char *known = findings_of(MEMORY "    machine: {type: pc-q35-7.2}\n", &strict);
    assert_string_equal(known, "");
}

static void test_machines_are_listed_in_order(void **state)
{
    static const char *const machines[] = { "pc-q35-5.2", "pc-q35-10.0", "q35",
                                            "pc-q35-9.2", "pc-q35-2.4",  NULL };
    g_autofree char *list = api_machine_list(machines);
    assert_string_equal(list, "q35, pc-q35-2.4, pc-q35-5.2, pc-q35-9.2, pc-q35-10.0");
}

static void test_host_disk_gate(void **state)
{
    static const char *const none[] = { NULL };
    const ApiValidateContext off = { .feature_gates = none }, unknown = { 0 };
    const char *text = VOLUME(", hostDisk: {path: /images/a.img, type: Disk}");
    g_autofree char *refused = findings_of(text, &off);
    assert_string_equal(refused,
                        "E 7:23 spec.volumes[0].hostDisk: hostDisk is switched off on this host\n");
    g_autofree char *allowed = findings_of(text, &unknown);
    assert_string_equal(allowed, "");
}

static void test_no_interface(void **state)
{
    static const Case cases[] = {
        { MEMORY, "W 5:3 " NICS ": " NO_INTERFACE ": nothing reaches the guest through the one "
                  "that it is given, where a cluster would open all its ports\n" },
        { DEVICES "      disks: []\n",
          "W 7:5 " NICS ": " NO_INTERFACE ": nothing reaches the guest through the one that it is "
          "given, where a cluster would open all its ports\n" },
        { DEVICES "      autoattachPodInterface: false\n", "" },
        { NIC(", masquerade: {}, ports: [{port: 1}]"), "" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *lines = lines_of(cases[i].text, NULL, TRUE);
        assert_string_equal(lines, cases[i].expected);
    }
}

static void test_network(void **state)
{
    static const Case cases[] = {
        { NIC(", masquerade: {}, ports: [{name: http, port: 80}, {protocol: UDP, port: 53}], "
              "macAddress: 'de:ad:00:00:be:af', model: e1000"),
          "" },
        { DEVICES "      interfaces: [{name: a.b, masquerade: {}, ports: [{port: 1}]}]\n"
                  "  networks: [{name: a.b, pod: {}}]\n",
          "E 8:21 " NICS "[0].name: \"a.b\" cannot be a name here\n"
          "E 9:15 spec.networks[0].name: \"a.b\" cannot be a name here" },
        { DEVICES "      interfaces: [{name: n, masquerade: {}, ports: [{port: 1}]}, {name: n, "
                  "masquerade: {}, ports: [{port: 1}]}]\n"
                  "  networks: [{name: n, pod: {}}]\n",
          "E 8:68 " NICS "[1].name: name \"n\" is already taken" },
        { DEVICES "      interfaces: [{name: n, masquerade: {}, ports: [{port: 1}]}]\n"
                  "  networks: [{name: n, pod: {}, multus: {networkName: x}}]\n",
          "E 9:14 spec.networks[0]: a network is one thing; this has \"pod\" and \"multus\"\n"
          "E 9:33 spec.networks[0].multus: \"multus\" is not supported yet" },
        { NIC(", masquerade: {}"),
          "W 8:20 " NICS "[0].ports: no port is listed: nothing reaches the guest through this "
          "interface, where a cluster would open all its ports" },
        { NIC(""), "E 8:20 " NICS "[0]: interface \"n\" does not say how it is connected" },
        { NIC(", masquerade: {}, bridge: {}, ports: [{port: 1}]"),
          "E 8:20 " NICS
          "[0]: an interface has one binding; this has \"masquerade\" and \"bridge\"\n"
          "E 8:46 " NICS "[0].bridge: \"bridge\" is not supported yet" },
        { NIC(", masquerade: {}, model: ne2000, ports: [{port: 1}]"),
          "E 8:46 " NICS "[0].model: model \"ne2000\" is not supported" },
        { NIC(", masquerade: {}, macAddress: 'de:ad:00:00:be', ports: [{port: 1}]"),
          "E 8:46 " NICS "[0].macAddress: \"de:ad:00:00:be\" is not a hardware address" },
        { NIC(", masquerade: {}, macAddress: '01:00:00:00:00:01', ports: [{port: 1}]"),
          "E 8:46 " NICS "[0].macAddress: \"01:00:00:00:00:01\" is a multicast address" },
        { NIC(", masquerade: {}, macAddress: '02-00-00-00-00-00', ports: [{port: 1}]"),
          "E 8:46 " NICS "[0].macAddress: \"02-00-00-00-00-00\" is reserved for the host's side of "
          "masquerade" },
        { NIC(", masquerade: {}, ports: [{port: 0, name: x}, {port: 70000, name: x}, {port: 1, "
              "name: "
              "'1'}]"),
          "E 8:55 " NICS "[0].ports[0].port: 0 is out of range\n"
          "E 8:75 " NICS "[0].ports[1].port: 70000 is out of range\n"
          "E 8:88 " NICS "[0].ports[1].name: port name \"x\" is already taken\n"
          "E 8:108 " NICS "[0].ports[2].name: \"1\" cannot be a name here" },
        { DEVICES "      interfaces: [{name: m, masquerade: {}, ports: [{port: 1}]}]\n  networks: "
                  "[{name: n, pod: {}}]\n",
          "E 8:21 " NICS "[0].name: interface \"m\" has no network of its name\n"
          "E 9:15 spec.networks[0].name: network \"n\" has no interface of its name" },
        { DEVICES "      interfaces: [{name: n, masquerade: {}, ports: [{port: 1}]}, {name: m, "
                  "masquerade: {}, ports: [{port: 1}]}]\n"
                  "  networks: [{name: n, pod: {}}, {name: m, pod: {}}]\n",
          "E 9:44 spec.networks[1].pod: there is more than one pod network" },
        { DEVICES "      interfaces: [{name: n, masquerade: {}, ports: [{port: 1}]}]\n  networks: "
                  "[{name: n}]\n",
          "E 8:30 " NICS "[0].masquerade: masquerade works on the pod network only\n"
          "E 9:14 spec.networks[0]: network \"n\" does not say what it is" },
        { DEVICES "      interfaces: [{name: n, masquerade: {}, ports: [{port: 1}]}]\n"
                  "  networks: [{name: n, pod: {vmNetworkCIDR: 10.0.2.0/31}}]\n",
          "E 9:30 spec.networks[0].pod.vmNetworkCIDR: \"10.0.2.0/31\" is not an IPv4 network" },
    };
    CHECK(cases);
}

static void test_claim(void **state)
{
    static const Case cases[] = {
        { HEAD("PersistentVolumeClaim", "v1") "spec:\n  accessModes: [ReadWriteOnce]\n"
                                              "  resources: {requests: {storage: 1Gi}}\n",
          "" },
        { "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a_b}\n"
          "spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}\n",
          "" },
        { PVC "  accessModes: [ReadWriteOnce]\n",
          "E 4:1 spec.resources.requests.storage: spec.resources.requests.storage is required" },
        { PVC "  accessModes: [ReadWriteSometimes]\n  volumeMode: Block\n"
              "  resources: {requests: {storage: 1}}\n",
          "E 5:17 spec.accessModes[0]: \"ReadWriteSometimes\" is not an access mode\n"
          "E 6:3 spec.volumeMode: volumeMode Block is not supported yet\n"
          "E 7:26 spec.resources.requests.storage: \"1\" is out of range" },
        { PVC "  accessModes: [ReadWriteOnce]\n  storageClassName: A/b\n"
              "  resources: {requests: {storage: 1Gi}}\n",
          "E 6:3 spec.storageClassName: \"A/b\" cannot be a name here" },
        { PVC "  resources: {requests: {storage: 5Ei}}\n  dataSource: {kind: x}\n",
          "W 4:1 spec.accessModes: a claim without accessModes is not portable to Kubernetes; "
          "ReadWriteOnce is meant here\n"
          "E 5:26 spec.resources.requests.storage: \"5Ei\" is out of range\n"
          "E 6:3 spec.dataSource: \"dataSource\" is not supported yet" },
    };
    CHECK(cases);
}

static void test_secret_and_config_map(void **state)
{
    static const Case cases[] = {
        { HEAD("Secret", "v1") "data: {userdata: eA==}\nstringData: {b: c}\n", "" },
        { HEAD("Secret", "v1") "data: {a: 'x!', 'b/c': eA==}\n",
          "E 4:8 data[a]: the value is not base64\n"
          "E 4:17 data[b/c]: \"b/c\" cannot be a key" },
        { HEAD("ConfigMap", "v1") "data: {a: b}\nbinaryData: {a: eA==}\n",
          "E 5:14 binaryData[a]: \"a\" is in data as well" },
    };
    CHECK(cases);
}

static void test_secret_size(void **state)
{
    g_autofree char *data = g_strnfill(1024 * 1024 + 1, 'a');
    g_autofree char *text = g_strconcat(HEAD("Secret", "v1") "stringData: {a: ", data, "}\n", NULL);
    g_autofree char *found = findings_of(text, NULL);
    assert_string_equal(found, "E 4:1 stringData: 1048578 bytes of keys and values are more than "
                               "1Mi\n");
}

// Keys count as well, and the limits themselves are allowed.
static void test_size_limits(void **state)
{
    static const struct {
        const char *head;
        gsize bytes;
        const char *expected;
    } cases[] = {
        { HEAD("ConfigMap", "v1") "data:", 1024 * 1024, "" },
        { HEAD("ConfigMap", "v1") "data:", 1024 * 1024 + 1,
          "E 4:1 data: 1048577 bytes of keys and values are more than 1Mi\n" },
        { HEAD("Secret", "v1") "stringData:", 1024 * 1024, "" },
        { HEAD("Secret", "v1") "stringData:", 1024 * 1024 + 1,
          "E 4:1 stringData: 1048577 bytes of keys and values are more than 1Mi\n" },
        { "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  annotations:", 256 * 1024, "" },
        { "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  annotations:", 256 * 1024 + 1,
          "E 5:3 metadata.annotations: 262145 bytes of keys and values are more than 256Ki\n" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *value = g_strnfill(cases[i].bytes - strlen("key"), 'a');
        g_autofree char *text = g_strconcat(cases[i].head, " {key: ", value, "}\n", NULL);
        g_autofree char *found = findings_of(text, NULL);
        assert_string_equal(found, cases[i].expected);
    }
}

// Of labels each key and value is short; together they may have 64 KiB.
static void test_label_bytes(void **state)
{
    static const char head[] = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  labels:\n";
    g_autoptr(GString) text = g_string_new(head);
    g_autofree char *allowed = NULL, *refused = NULL;
    for (guint i = 0; i < 64 * 1024 / 64; i++)
        g_string_append_printf(text, "    k%07u: '%056u'\n", i, i);
    allowed = findings_of(text->str, NULL);
    assert_string_equal(allowed, "");
    g_string_append(text, "    a: ''\n");
    refused = findings_of(text->str, NULL);
    assert_string_equal(refused,
                        "E 5:3 metadata.labels: 65537 bytes of keys and values are more than "
                        "64Ki\n");
}

// Nobody reads a megabyte of somebody's value in a message.
static void test_findings_are_short(void **state)
{
    g_autofree char *value = g_strnfill(1024 * 1024, 'x');
    g_autofree char *text =
        g_strdup_printf("apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n", value);
    g_autofree char *found = findings_of(text, NULL);
    assert_true(strlen(found) < 1000);
    assert_non_null(strstr(found, "xxx[... 1048"));
    assert_non_null(strstr(found, "xxx\" cannot be a name here"));
}

static void test_shorten(void **state)
{
    static const struct {
        const char *text;
        gsize max;
        const char *expected;
    } cases[] = {
        { "", 3, "" },
        { "abc", 3, "abc" },
        { "abcdefghi", 6, "abcd[... 3 bytes ...]hi" },
        { "ab\xc3\xa4\xc3\xa4\xc3\xa4hi", 6, "ab\xc3\xa4[... 4 bytes ...]hi" },
        { "abc\xe2\x97\x8f\xe2\x97\x8fi", 6, "abc[... 6 bytes ...]i" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *shown = api_shorten(cases[i].text, cases[i].max);
        assert_string_equal(shown, cases[i].expected);
    }
}

// Very many findings, of which few are kept, about keys in both maps: would last minutes if it were quadratic.
static void test_large_maps(void **state)
{
    g_autoptr(GString) text = g_string_new(HEAD("ConfigMap", "v1") "data:\n");
    g_autoptr(ApiFindings) findings = api_findings_new("test");
    g_autoptr(GPtrArray) objects = NULL;
    for (guint i = 0; i < 40000; i++)
        g_string_append_printf(text, "  /%u: ''\n", i);
    g_string_append(text, "binaryData:\n");
    for (guint i = 0; i < 40000; i++)
        g_string_append_printf(text, "  /%u: ''\n", 39999 - i);
    objects = api_manifest_parse(text->str, text->len, findings);
    assert_int_equal(objects->len, 1);
    api_object_validate(objects->pdata[0], NULL, findings);
    assert_int_equal(api_findings_count(findings, API_FINDING_ERROR), 3 * 40000);
}

// A manifest may come from anybody: no terminal sequence in it reaches the person's terminal.
static void test_findings_are_printable(void **state)
{
    static const char text[] = HEAD("ConfigMap", "v1") "\"\\e[31m\\x9b\\n\\x7f\": x\n"
                                                       "data: {a: \x1b[2J}\n";
    static const char *const texts[] = {
        text,
        HEAD("ConfigMap", "v1") "data: {\"\\e[2J\": x}\nfoo: \"\\u009b\"\n",
        HEAD("ConfigMap", "v1") "data: {a: \x7f}\n",
        HEAD("ConfigMap", "v1") "\xc2\x9b: \"\xc2\x85\"\n",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(ApiFindings) findings = api_findings_new("a\033b");
        g_autoptr(GPtrArray) objects = api_manifest_parse(texts[i], strlen(texts[i]), findings);
        for (guint o = 0; objects && o < objects->len; o++)
            api_object_validate(objects->pdata[o], NULL, findings);
        g_autofree char *shown = api_findings_format(findings, texts[i]);
        assert_true(api_findings_count(findings, API_FINDING_ERROR) > 0);
        assert_true(g_str_has_prefix(shown, "a\\u001bb:"));
        for (const char *c = shown; *c; c = g_utf8_next_char(c))
            assert_true(*c == '\n' || !g_unichar_iscntrl(g_utf8_get_char(c)));
    }
}

static void test_printable(void **state)
{
    static const struct {
        const char *text, *keep, *expected;
    } cases[] = {
        { "", "", "" },
        { "plain \xc3\xa4\xe2\x97\x8f", "", "plain \xc3\xa4\xe2\x97\x8f" },
        { "\x1b[31m\r\x01\x7f", "\n\t", "\\u001b[31m\\u000d\\u0001\\u007f" },
        { "a\tb\nc", "", "a\\u0009b\\u000ac" },
        { "a\tb\nc", "\n\t", "a\tb\nc" },
        { "\xc2\x80\xc2\x9f\xc2\xa0", "\n\t", "\\u0080\\u009f\xc2\xa0" },
        { "\x9bK\xc3", "", "\\x9bK\\xc3" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *shown = api_printable(cases[i].text, cases[i].keep);
        assert_string_equal(shown, cases[i].expected);
    }
}

static void test_names(void **state)
{
    static const struct {
        gboolean (*matches)(const char *name);
        const char *good[4], *bad[8];
    } cases[] = {
        { api_name_is_dns_label,
          { "a", "a-1", "0" },
          { "", "-a", "a-", "A", "a.b", "a_b", "a\n" } },
        { api_name_is_dns_subdomain,
          { "a", "a.b-c" },
          { "", ".", "a.", ".a", "a..b", "a_b", "../a" } },
        { api_name_is_volume, { "a_b", "_a", "a-b" }, { "", "a.b", "-a", "A", "a/b" } },
        { api_name_is_claim, { "a_b.c", "a-b" }, { "", "..", "a/b", "A" } },
        { api_name_is_port, { "http", "a-1" }, { "", "1", "a--b", "sixteen-letters-", "A" } },
        { api_name_is_label_key, { "a", "x.y/Z_1" }, { "", "/a", "a/", "X/y", "a/b/c" } },
        { api_name_is_label_value, { "", "a.B_1" }, { "-", "a ", "a/b" } },
        { api_name_is_data_key, { "a.b", "_A-1" }, { "", ".", "..", "..a", "a/b" } },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_false(cases[i].matches(NULL));
        for (const char *const *name = cases[i].good; *name; name++)
            assert_true(cases[i].matches(*name));
        for (const char *const *name = cases[i].bad; *name; name++)
            assert_false(cases[i].matches(*name));
    }
    g_autofree char *label = g_strnfill(64, 'a');
    assert_false(api_name_is_dns_label(label));
    assert_false(api_name_is_volume(label));
    label[63] = '\0';
    assert_true(api_name_is_dns_label(label));
    g_autofree char *subdomain = g_strnfill(254, 'a');
    assert_false(api_name_is_dns_subdomain(subdomain));
    subdomain[253] = '\0';
    assert_true(api_name_is_dns_subdomain(subdomain));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_support_notes),
        cmocka_unit_test(test_memory_and_resources),
        cmocka_unit_test(test_cpu),
        cmocka_unit_test(test_board),
        cmocka_unit_test(test_disks),
        cmocka_unit_test(test_boot_order),
        cmocka_unit_test(test_volumes),
        cmocka_unit_test(test_cluster),
        cmocka_unit_test(test_machine_types),
        cmocka_unit_test(test_machines_are_listed_in_order),
        cmocka_unit_test(test_companions),
        cmocka_unit_test(test_cloud_init),
        cmocka_unit_test(test_cloud_init_size),
        cmocka_unit_test(test_host_disk_gate),
        cmocka_unit_test(test_no_interface),
        cmocka_unit_test(test_network),
        cmocka_unit_test(test_claim),
        cmocka_unit_test(test_secret_and_config_map),
        cmocka_unit_test(test_secret_size),
        cmocka_unit_test(test_size_limits),
        cmocka_unit_test(test_large_maps),
        cmocka_unit_test(test_label_bytes),
        cmocka_unit_test(test_findings_are_short),
        cmocka_unit_test(test_shorten),
        cmocka_unit_test(test_findings_are_printable),
        cmocka_unit_test(test_printable),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
