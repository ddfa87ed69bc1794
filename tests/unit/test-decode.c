// SPDX-License-Identifier: LGPL-2.1-or-later
// api/manifest.h: kinds, strict decoding with its suggestions, the generic operations on what was
// decoded, and explain.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "api/explain.h"
#include "api/manifest.h"
#include "api/yaml.h"
#include "base/error.h"

#define HEAD "apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\nmetadata: {name: a}\n"
#define SPEC HEAD "spec:\n"
#define DOMAIN SPEC "  domain:\n"
#define DISK DOMAIN "    devices:\n      disks:\n      - name: d\n"
#define CLAIM SPEC "  domain: {}\n  volumes:\n  - name: v\n    persistentVolumeClaim:\n"

static GPtrArray *parse(const char *text, char **ret_errors)
{
    g_autoptr(ApiFindings) findings = api_findings_new("t");
    GPtrArray *objects = api_manifest_parse(text, strlen(text), findings);

    *ret_errors = api_findings_format(findings, NULL);
    return objects;
}

static ApiObject *parse_one(const char *text)
{
    g_autofree char *errors = NULL;
    g_autoptr(GPtrArray) objects = parse(text, &errors);

    assert_string_equal(errors, "");
    assert_int_equal(objects->len, 1);
    return g_ptr_array_steal_index(objects, 0);
}

static const char full[] = "apiVersion: kubevirt.io/v1alpha3\n"
                           "kind: VirtualMachineInstance\n"
                           "metadata: {name: a, labels: {x: y, 'z': '1', none: },\n"
                           "           ownerReferences: [{a: [1, b, null]}]}\n"
                           "spec:\n"
                           "  terminationGracePeriodSeconds: 0x10\n"
                           "  domain:\n"
                           "    resources: {requests: {memory: 64M, cpu: 1.5}}\n"
                           "    ioThreadsPolicy: auto\n"
                           "    devices:\n"
                           "      disks:\n"
                           "      - name: d\n"
                           "        bootOrder: 3\n"
                           "        disk:\n"
                           "      - {name: e, cdrom: {readOnly: yes, bus: sata}, cache: ''}\n"
                           "      rng: {}\n"
                           "      interfaces: null\n"
                           "      gpus: []\n"
                           "status: {never: read}\n";

static void test_fields(void **state)
{
    g_autoptr(ApiObject) object = parse_one(full);
    const ApiVmiSpec *spec = api_object_vmi(object)->spec;
    const ApiDevices *devices = spec->domain->devices;
    const ApiDisk *d = devices->disks->pdata[0], *e = devices->disks->pdata[1];

    assert_string_equal(object->info->kind, "VirtualMachineInstance");
    assert_string_equal(api_object_meta(object)->name, "a");
    assert_null(api_object_meta(object)->namespace);
    assert_string_equal(api_map_get(api_object_meta(object)->labels, "z"), "1");
    assert_string_equal(api_map_get(api_object_meta(object)->labels, "none"), "");
    assert_null(api_map_get(api_object_meta(object)->labels, "q"));
    assert_int_equal(api_int_or(spec->termination_grace_period_seconds, -1), 16);
    assert_string_equal(api_map_get(spec->domain->resources->requests, "cpu"), "1.5");
    assert_int_equal(spec->domain->io_threads_policy, API_IO_THREADS_POLICY_AUTO);
    assert_true(d->boot_order.set && d->boot_order.value == 3);
    assert_null(d->disk);
    assert_int_equal(e->cdrom->readonly, API_TRUE);
    assert_int_equal(e->cdrom->bus, API_DISK_BUS_SATA);
    assert_int_equal(e->cache, API_DISK_CACHE_UNSET);
    assert_false(e->boot_order.set);
    assert_non_null(devices->rng);
    assert_null(devices->interfaces);
    assert_int_equal(((ApiNode *)api_object_meta(object)->owner_references->pdata[0])->kind,
                     API_NODE_MAP);
    assert_null(api_object_vmi(object)->status);
    assert_null(api_object_pvc(object));
}

// The field at PATH, "a.b[].c", with an empty text, as flow YAML.
static void append_empty(GString *text, const char *path)
{
    gsize length = strcspn(path, ".[");
    gboolean list = path[length] == '[';

    g_string_append_printf(text, "%.*s: ", (int)length, path);
    if (path[length] == '\0') {
        g_string_append(text, "\"\"");
        return;
    }
    g_string_append(text, list ? "[{" : "{");
    append_empty(text, path + length + (list ? strlen("[].") : strlen(".")));
    g_string_append(text, list ? "}]" : "}");
}

// A required field is missing then; no other has anything to say, or is kept.
static void check_empty(const char *path, const ApiField *field, gpointer user_data)
{
    const char *kind = user_data;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GPtrArray) objects = NULL;
    g_autofree char *errors = NULL;
    g_auto(GStrv) lines = NULL;

    if ((field->kind != API_KIND_STRING && field->kind != API_KIND_QUANTITY &&
         field->kind != API_KIND_ENUM) ||
        field->shape != API_SINGLE || field->empty || field->internal ||
        field->support == API_SUPPORT_REMOVED)
        return;
    g_string_printf(text, "{apiVersion: %s, kind: %s, metadata: {name: a",
                    api_kind_find(kind)->api_versions[0], kind);
    if (g_str_equal(path, "metadata.name"))
        return;
    if (g_str_has_prefix(path, "metadata.")) {
        g_string_append(text, ", ");
        append_empty(text, path + strlen("metadata."));
        g_string_append(text, "}}");
    } else {
        g_string_append(text, "}, ");
        append_empty(text, path);
        g_string_append(text, "}");
    }
    objects = parse(text->str, &errors);
    lines = g_strsplit(errors, "\n", -1);
    for (char **line = lines; *line; line++)
        if (**line && !strstr(*line, "\" is required"))
            fail_msg("%s\n%s", text->str, *line);
    if (objects->len > 0) {
        g_autofree char *printed = api_object_print(objects->pdata[0], API_FORMAT_STORED);

        if (strstr(printed, "\"\""))
            fail_msg("%s\n%s", text->str, printed);
    }
}

// Upstream, the empty text of a field and none at all are the same.
static void test_empty_texts(void **state)
{
    g_autoptr(ApiObject) object = parse_one(
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a, namespace: \"\"}\n"
        "spec: {storageClassName: \"\", resources: {requests: {storage: 1, cpu: \"\", x: }}}\n");
    const ApiPvcSpec *spec = api_object_pvc(object)->spec;

    assert_null(api_object_meta(object)->namespace);
    assert_string_equal(spec->storage_class_name, ""); // in a cluster not the default class
    assert_int_equal(spec->resources->requests->len, 1);
    api_type_walk(&api_virtual_machine_instance_type, check_empty,
                  (gpointer) "VirtualMachineInstance");
    api_type_walk(&api_persistent_volume_claim_type, check_empty,
                  (gpointer) "PersistentVolumeClaim");
    api_type_walk(&api_secret_type, check_empty, (gpointer) "Secret");
}

static void test_copy_and_equal(void **state)
{
    g_autoptr(ApiObject) object = parse_one(full);
    g_autoptr(ApiObject) copy = api_object_copy(object);
    ApiVirtualMachineInstance *vmi = api_object_vmi(copy);
    ApiDisk *disk = vmi->spec->domain->devices->disks->pdata[1];

    assert_true(api_object_equal(object, copy));
    assert_null(copy->root);
    vmi->spec->domain->devices->gpus = api_list_new(&api_gpu_type); // empty is unset
    assert_true(api_object_equal(object, copy));
    disk->cdrom->readonly = API_FALSE;
    assert_false(api_object_equal(object, copy));
    disk->cdrom->readonly = API_TRUE;
    api_map_set(&vmi->metadata->labels, "x", "y");
    assert_true(api_object_equal(object, copy));
    api_map_set(&vmi->metadata->labels, "new", "1");
    assert_false(api_object_equal(object, copy));
    assert_null(api_object_copy(NULL));
    api_object_free(NULL);
}

// One manifest, and how its one finding begins.
static const struct {
    const char *text, *errors;
} mistakes[] = {
    // kinds
    { "a: 1\n", "t:1:1: \"kind\" is missing" },
    { "- a\n", "t:1:1: a manifest must be a map" },
    { "kind: []\n", "t:1:1: kind: \"kind\" must be a text" },
    { "kind: Pod\n", "t:1:1: kind: unknown kind \"Pod\"; use one of: VirtualMachineInstance, " },
    { "kind: virtualmachineinstance\n",
      "t:1:1: kind: unknown kind \"virtualmachineinstance\"; did you mean "
      "\"VirtualMachineInstance\"?" },
    { "apiVersion: v1\nkind: StorageClass\n",
      "t:2:1: kind: kind \"StorageClass\" is not supported yet" },
    { "kind: Kubevirt\n", "t:1:1: kind: kind \"KubeVirt\" is not supported yet" },
    { "kind: VirtualMachine\nspec: {domain: {}}\n",
      "t:2:8: spec.domain: a VirtualMachine has spec.template; this is a "
      "VirtualMachineInstance's spec; " },
    { "kind: VirtualMachine\nspec: {domain: {}, template: {}}\n",
      "t:1:1: kind: kind \"VirtualMachine\" is not supported yet" },
    { "kind: Namespace\nmetadata: {name: a}\n",
      "t:1:1: \"apiVersion\" is missing; write apiVersion: v1" },
    { "apiVersion: v2\nkind: Namespace\nmetadata: {name: a}\n",
      "t:1:1: apiVersion: \"v2\" is not an apiVersion of Namespace; write apiVersion: v1" },
    { "apiVersion: v1\nkind: Namespace\n", "t:1:1: metadata.name: \"metadata.name\" is missing" },
    { "apiVersion: v1\nkind: Namespace\nmetadata: {labels: {}}\n",
      "t:3:11: metadata.name: \"name\" is required" },
    { "kind: List\nitem: []\n", "t:2:1: item: unknown field of a List" },
    { "kind: List\nitems: {}\n", "t:2:1: items: \"items\" must be a list" },
    // names
    { DISK "        floppy: {}\n",
      "t:9:9: spec.domain.devices.disks[0].floppy: \"floppy\" was removed from the API; use" },
    { DOMAIN "    volumes: []\n",
      "t:6:5: spec.domain.volumes: unknown field \"volumes\"; did you mean \"spec.volumes\"?" },
    { DOMAIN "    resources:\n      disks: []\n",
      "t:7:7: spec.domain.resources.disks: unknown field \"disks\"; did you mean "
      "\"spec.domain.devices.disks\"?" },
    { CLAIM "      claimname: x\n", "t:9:7: spec.volumes[0].persistentVolumeClaim.claimname: "
                                    "unknown field \"claimname\"; did you mean \"claimName\"?" },
    { DISK "        bus: virtio\n",
      "t:9:9: spec.domain.devices.disks[0].bus: unknown field \"bus\"; did you mean "
      "\"spec.domain.devices.disks[].disk.bus\"?" },
    { DISK "        xyzzy:\n",
      "t:9:9: spec.domain.devices.disks[0].xyzzy: unknown field \"xyzzy\"\n" },
    { DISK "        bootorder: 1\n", "t:9:9: spec.domain.devices.disks[0].bootorder: unknown "
                                     "field \"bootorder\"; did you mean \"bootOrder\"?" },
    { DISK "        cdrom: {readonly: true, readOnly: true}\n",
      "t:9:33: spec.domain.devices.disks[0].cdrom.readOnly: \"readonly\" and \"readOnly\" are "
      "the same field; remove one" },
    { DOMAIN "    devices: {disks: [{bootOrder: 1}]}\n",
      "t:6:23: spec.domain.devices.disks[0].name: \"name\" is required: " },
    { HEAD, "t:1:1: spec: \"spec\" is required: " },
    // values
    { SPEC "  hostname: 12\n  domain: {}\n", "t:5:13: spec.hostname: expected a text, found the "
                                             "number 12; quote it: \"12\"" },
    { SPEC "  hostname: [a]\n  domain: {}\n",
      "t:5:13: spec.hostname: expected a text, found a list" },
    { SPEC "  hostname: on\n  domain: {}\n",
      "t:5:13: spec.hostname: expected a text, found on, which is a boolean; quote it" },
    { DISK "        bootOrder: '1'\n", "t:9:20: spec.domain.devices.disks[0].bootOrder: expected "
                                       "a whole number, found the text \"1\"; remove the quo" },
    { DISK "        bootOrder: 1.5\n",
      "t:9:20: spec.domain.devices.disks[0].bootOrder: expected a whole number, found the "
      "number 1.5" },
    { DISK "        bootOrder: 2147483648\n",
      "t:9:20: spec.domain.devices.disks[0].bootOrder: 2147483648 does not fit into 32 bits" },
    { SPEC "  terminationGracePeriodSeconds: 9223372036854775808\n  domain: {}\n",
      "t:5:34: spec.terminationGracePeriodSeconds: 9223372036854775808 does not fit into 64" },
    { DISK "        disk: {readonly: 'true'}\n",
      "t:9:26: spec.domain.devices.disks[0].disk.readonly: expected true or false, found the "
      "text \"true\"; remove the quotes" },
    { DISK "        disk: {readonly: 1}\n",
      "t:9:26: spec.domain.devices.disks[0].disk.readonly: expected true or false, found the "
      "number 1\n" },
    { DISK "        disk: {bus: Virtio}\n",
      "t:9:21: spec.domain.devices.disks[0].disk.bus: \"Virtio\" is none of the allowed "
      "values; "
      "did you mean \"virtio\"? Allowed: virtio, sata, scsi, usb\n" },
    { DISK "        disk: virtio\n", "t:9:15: spec.domain.devices.disks[0].disk: expected a map "
                                     "of fields, found the text \"virtio\"" },
    { DOMAIN "    devices: {disks: {name: a}}\n",
      "t:6:22: spec.domain.devices.disks: expected a list, found a map; begin each item" },
    { DOMAIN "    devices: {disks: [null]}\n",
      "t:6:23: spec.domain.devices.disks[0]: an empty item" },
    { DOMAIN "    memory: {guest: 1Gig}\n",
      "t:6:21: spec.domain.memory.guest: \"1Gig\" is not a quantity, write a number" },
    { DOMAIN "    resources: {requests: {cpu: []}}\n",
      "t:6:33: spec.domain.resources.requests[cpu]: expected a quantity such as" },
    { DOMAIN "    resources: {requests: [cpu]}\n",
      "t:6:27: spec.domain.resources.requests: expected a map, found a list" },
};

static void test_errors(void **state)
{
    for (guint i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        g_autofree char *errors = NULL;
        g_autoptr(GPtrArray) objects = parse(mistakes[i].text, &errors);

        if (!g_str_has_prefix(errors, mistakes[i].errors) || strchr(errors, '\n')[1] != '\0')
            fail_msg("%s\nexpected: %s\nfound: %s", mistakes[i].text, mistakes[i].errors, errors);
        assert_int_equal(objects->len, 0);
    }
}

// Good documents are kept beside bad ones, lists are flattened, all mistakes are found in one go.
static void test_streams(void **state)
{
    const char *text =
        "kind: List\napiVersion: v1\nmetadata: {}\nitems:\n"
        "- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n"
        "- {apiVersion: v1, kind: Namespace, metadata: {name: b, nam: c}}\n"
        "- kind: List\n  items: [{apiVersion: v1, kind: Secret, metadata: {name: c}}]\n"
        "---\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\n"
        "data: {k: 1}\nbinarydata: {}\n";
    g_autofree char *errors = NULL;
    g_autoptr(GPtrArray) objects = parse(text, &errors);

    assert_int_equal(objects->len, 2);
    assert_string_equal(api_object_meta(objects->pdata[0])->name, "a");
    assert_string_equal(api_object_secret(objects->pdata[1])->metadata->name, "c");
    assert_non_null(strstr(errors, "t:6:57: metadata.nam: unknown field"));
    assert_non_null(strstr(errors, "t:14:11: data[k]: expected a text"));
    assert_non_null(strstr(errors, "t:15:1: binarydata: unknown field \"binarydata\"; did you"));
}

static void test_own_status(void **state)
{
    const char *text = HEAD "spec: {domain: {}}\nstatus: {phase: Running, runtimeUser: 7}\n";
    g_autoptr(ApiFindings) findings = api_findings_new("t");
    g_autoptr(GPtrArray) objects = api_manifest_parse_own(text, strlen(text), findings);
    const ApiVirtualMachineInstance *vmi = api_object_vmi(objects->pdata[0]);

    assert_int_equal(vmi->status->phase, API_VMI_PHASE_RUNNING);
    assert_int_equal(vmi->status->runtime_user.value, 7);
}

// Thousands of mistakes do not take long, nor much room.
static void test_many_mistakes(void **state)
{
    g_autoptr(GString) text = g_string_new(HEAD "spec:\n");
    g_autofree char *errors = NULL;
    g_autoptr(GPtrArray) objects = NULL;

    for (int i = 0; i < 50000; i++)
        g_string_append_printf(text, "  unknown%d: 1\n", i);
    objects = parse(text->str, &errors);
    assert_non_null(strstr(errors, "49901 more problems are not shown"));
}

static void test_kinds(void **state)
{
    guint count;
    const ApiKindInfo *kinds = api_kinds(&count);

    for (guint i = 0; i < count; i++) {
        assert_ptr_equal(api_kind_find(kinds[i].kind), &kinds[i]);
        assert_ptr_equal(api_kind_find(kinds[i].plural), &kinds[i]);
        for (guint j = 0; kinds[i].names[j]; j++)
            assert_ptr_equal(api_kind_find(kinds[i].names[j]), &kinds[i]);
        assert_true((kinds[i].support == API_SUPPORT_YES) == (kinds[i].type != NULL));
    }
    assert_string_equal(api_kind_find("VMIS")->kind, "VirtualMachineInstance");
    assert_false(api_kind_find("ns")->namespaced);
    assert_null(api_kind_find("pod"));
}

static void test_explain(void **state)
{
    static const struct {
        const char *path, *part;
    } good[] = {
        { "vmi", "    spec <VmiSpec> required\n" },
        { "vmi.spec.domain.devices.disks.cache", "VALUES: none, writethrough, writeback\n" },
        { "vmi.spec.domain.devices.disks[0].name", "REQUIRED: yes" },
        { "VMIs.spec.domain.devices.disks[].disk", "FIELD: spec.domain.devices.disks[].disk <" },
        { "pvc.spec.resources.requests", "<map[string]quantity>" },
    };
    static const struct {
        const char *path, *message;
    } bad[] = {
        { "", "unknown kind \"\"" },
        { "pod.spec", "unknown kind \"pod\"" },
        { "vm.spec", "kind \"VirtualMachine\" is not supported yet" },
        { "vmi.spec.domian", "there is no field \"domian\" in \"vmi.spec.domian\", did you mean "
                             "\"domain\"?" },
        { "vmi.spec.hostname.x", "there is no field \"x\"" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *text = api_explain(good[i].path, NULL);

        assert_non_null(strstr(text, good[i].part));
    }
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(api_explain(bad[i].path, &error));
        assert_int_equal(error->domain, VMI_ERROR);
        if (!g_str_has_prefix(error->message, bad[i].message))
            fail_msg("expected: %s\nfound: %s", bad[i].message, error->message);
    }
}

static void test_reference(void **state)
{
    g_autofree char *page = api_reference_page("vmi", NULL);

    assert_non_null(strstr(page, "| `spec.domain.devices.disks[].cache` | none, writethrough, "
                                 "writeback |"));
    assert_non_null(strstr(page, "| `spec.domain.devices.disks[].floppy` |"));
    assert_null(api_reference_page("nothing", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),    cmocka_unit_test(test_copy_and_equal),
        cmocka_unit_test(test_errors),    cmocka_unit_test(test_streams),
        cmocka_unit_test(test_kinds),     cmocka_unit_test(test_own_status),
        cmocka_unit_test(test_explain),   cmocka_unit_test(test_many_mistakes),
        cmocka_unit_test(test_reference), cmocka_unit_test(test_empty_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
