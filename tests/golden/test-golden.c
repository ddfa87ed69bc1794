// SPDX-License-Identifier: LGPL-2.1-or-later
// Golden cases of the domain builder. A case is a directory: in.yaml (one VirtualMachineInstance),
// host.ini (optional: what the host can do and what storage found), and what must come out: out.xml
// and out.plan, or out.err. VMI_TEST_REGENERATE=1 writes the expected files instead of comparing.
// Usage: test-golden CASE-DIRECTORY
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/defaults.h"
#include "api/manifest.h"
#include "base/error.h"
#include "domain/domain.h"

#define UUID "0d3b1c52-8c3a-4f5e-9c0e-3a4a1f7f2b11"

typedef struct {
    DomainHost host;
    GArray *shared_cpus, *dedicated_cpus; // guint
    GPtrArray *host_ports;                // ApiHostPort
    char *uid_of_object, *emulator, *resolver;
    char **machines;
} Facts;

static char *case_file(const char *directory, const char *name)
{
    return g_build_filename(directory, name, NULL);
}

static gint64 ini_number(GKeyFile *ini, const char *key, gint64 fallback)
{
    return g_key_file_has_key(ini, "host", key, NULL) ? g_key_file_get_int64(ini, "host", key, NULL)
                                                      : fallback;
}

static gboolean ini_bool(GKeyFile *ini, const char *group, const char *key, gboolean fallback)
{
    return g_key_file_has_key(ini, group, key, NULL) ? g_key_file_get_boolean(ini, group, key, NULL)
                                                     : fallback;
}

static GArray *ini_cpus(GKeyFile *ini, const char *key)
{
    GArray *cpus = g_array_new(FALSE, FALSE, sizeof(guint));
    gsize count = 0;
    g_autofree gint *list = g_key_file_get_integer_list(ini, "host", key, &count, NULL);

    for (gsize i = 0; i < count; i++) {
        guint cpu = list[i];

        g_array_append_val(cpus, cpu);
    }
    return cpus;
}

// "10022:22/tcp;10053:53/udp"
static GPtrArray *ini_host_ports(GKeyFile *ini)
{
    GPtrArray *ports = api_list_new(&api_host_port_type);
    g_auto(GStrv) list = g_key_file_get_string_list(ini, "host", "host_ports", NULL, NULL);

    for (guint i = 0; list && list[i]; i++) {
        ApiHostPort *port = api_host_port_new();
        guint host = 0, guest = 0;

        if (sscanf(list[i], "%u:%u", &host, &guest) != 2)
            abort();
        port->protocol =
            g_str_has_suffix(list[i], "/udp") ? API_PORT_PROTOCOL_UDP : API_PORT_PROTOCOL_TCP;
        port->host_port = (ApiInt){ TRUE, host };
        port->port = (ApiInt){ TRUE, guest };
        g_ptr_array_add(ports, port);
    }
    return ports;
}

static void load_facts(GKeyFile *ini, Facts *facts)
{
    facts->shared_cpus = ini_cpus(ini, "shared_cpus");
    facts->dedicated_cpus = ini_cpus(ini, "dedicated_cpus");
    facts->host_ports = ini_host_ports(ini);
    facts->resolver = g_key_file_get_string(ini, "host", "resolver", NULL);
    facts->uid_of_object = g_key_file_get_string(ini, "host", "object_uid", NULL);
    facts->emulator = g_key_file_get_string(ini, "host", "emulator", NULL);
    facts->machines = g_key_file_get_string_list(ini, "host", "machines", NULL, NULL);
    facts->host = (DomainHost){
        .use_emulation = ini_bool(ini, "host", "emulation", TRUE),
        .lean_cpu_probe = ini_bool(ini, "host", "lean_cpu_probe", FALSE),
        .queue_mapping = ini_bool(ini, "host", "queue_mapping", FALSE),
        .passt = ini_bool(ini, "host", "passt", FALSE),
        .shared_cpus = (const guint *)facts->shared_cpus->data,
        .n_shared_cpus = facts->shared_cpus->len,
        .dedicated_cpus = (const guint *)facts->dedicated_cpus->data,
        .n_dedicated_cpus = facts->dedicated_cpus->len,
        .uid = ini_number(ini, "uid", 0),
        .gid = ini_number(ini, "uid", 0),
        .emulator = facts->emulator,
        .machines = (const char *const *)facts->machines,
        .replace_machine_type = ini_bool(ini, "host", "replace_machine_type", FALSE),
        .uid_of_object = facts->uid_of_object,
        .forward_address = "127.0.0.1",
        .host_ports = facts->host_ports,
        .resolver = facts->resolver,
    };
}

static void clear_facts(Facts *facts)
{
    g_array_unref(facts->shared_cpus);
    g_array_unref(facts->dedicated_cpus);
    g_ptr_array_unref(facts->host_ports);
    g_free(facts->resolver);
    g_free(facts->uid_of_object);
    g_free(facts->emulator);
    g_strfreev(facts->machines);
}

// What storage would have found out: a group "volume NAME" each.
static void apply_volume_facts(GKeyFile *ini, const ApiVmiSpec *spec, GArray *volumes)
{
    for (guint i = 0; i < volumes->len; i++) {
        DomainVolume *volume = &g_array_index(volumes, DomainVolume, i);
        const ApiVolume *source = g_ptr_array_index(spec->volumes, i);
        g_autofree char *group = g_strconcat("volume ", source->name, NULL);
        g_autofree char *path = g_key_file_get_string(ini, group, "path", NULL);
        guint number = 0;

        volume->direct_io = ini_bool(ini, group, "direct_io", TRUE);
        volume->preallocated = ini_bool(ini, group, "preallocated", FALSE);
        volume->keep_allocated = ini_bool(ini, group, "keep_allocated", FALSE);
        if (path && volume->image) {
            g_free(volume->image->path);
            volume->image->path = g_steal_pointer(&path);
        }
        for (DomainImage *image = volume->image; image; image = image->backing) {
            image->block = ini_bool(ini, group, "block", FALSE);
            if (ini_bool(ini, group, "descriptors", FALSE))
                image->fdgroup = g_strdup_printf("%s-%u", source->name, number++);
        }
    }
}

static char *print_plan(const DomainPlan *plan)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < plan->disks->len; i++) {
        const DomainDiskPlan *disk = g_ptr_array_index(plan->disks, i);

        g_string_append_printf(text, "disk %s %s %s iothread %u%s\n", disk->volume, disk->target,
                               disk->bus, disk->iothread, disk->mapped ? " mapped" : "");
    }
    for (guint i = 0; i < plan->iothreads->len; i++) {
        const DomainIoThread *thread = g_ptr_array_index(plan->iothreads, i);

        g_string_append_printf(text, "iothread %u cpus", thread->id);
        for (guint j = 0; j < thread->cpus->len; j++)
            g_string_append_printf(text, " %u", g_array_index(thread->cpus, guint, j));
        g_string_append_c(text, '\n');
    }
    for (guint i = 0; i < plan->forwards->len; i++) {
        const DomainForward *forward = g_ptr_array_index(plan->forwards, i);

        g_string_append_printf(text, "forward %s %s:%u -> %u\n", forward->protocol,
                               forward->address, forward->host_port, forward->guest_port);
    }
    for (guint i = 0; i < plan->passts->len; i++) {
        const DomainPasst *passt = g_ptr_array_index(plan->passts, i);
        g_autofree char *arguments = g_strjoinv(" ", passt->arguments);

        g_string_append_printf(text, "run %s\n", arguments);
    }
    for (guint i = 0; i < plan->warnings->len; i++)
        g_string_append_printf(text, "warning %s\n", (char *)g_ptr_array_index(plan->warnings, i));
    return g_string_free(text, FALSE);
}

static DomainPlan *build(const char *directory, GError **error)
{
    static const ApiDefaultsContext context = { .architecture = "amd64", .firmware_uuid = UUID };
    static const Layout layout = { LAYOUT_STATE_ROOT, LAYOUT_RUN_ROOT };
    g_autofree char *input = case_file(directory, "in.yaml");
    g_autofree char *host_file = case_file(directory, "host.ini");
    g_autofree char *text = NULL;
    g_autoptr(ApiFindings) findings = api_findings_new("in.yaml");
    g_autoptr(GKeyFile) ini = g_key_file_new();
    g_autoptr(GPtrArray) objects = NULL;
    ApiVirtualMachineInstance *vmi;
    DomainPlan *plan;
    GArray *volumes;
    Facts facts;
    gsize length;

    if (!g_file_get_contents(input, &text, &length, error))
        return NULL;
    if (g_file_test(host_file, G_FILE_TEST_EXISTS) &&
        !g_key_file_load_from_file(ini, host_file, G_KEY_FILE_NONE, error))
        return NULL;
    objects = api_manifest_parse(text, length, findings);
    if (!api_findings_to_error(findings, error))
        return NULL;
    vmi = api_object_vmi(g_ptr_array_index(objects, 0));
    if (!vmi->metadata->namespace)
        vmi->metadata->namespace = g_strdup("default");
    api_vmi_apply_defaults(vmi, &context);
    load_facts(ini, &facts);
    volumes = domain_plan_volumes(vmi, &layout);
    apply_volume_facts(ini, vmi->spec, volumes);
    plan = domain_build(vmi, volumes, &facts.host, &layout, error);
    domain_volumes_free(volumes);
    clear_facts(&facts);
    return plan;
}

// TRUE when the file says ACTUAL (NULL: when there is no such file); rewrites it when asked to.
static gboolean check(const char *directory, const char *name, const char *actual, gboolean rewrite)
{
    g_autofree char *file = case_file(directory, name);
    g_autofree char *expected = NULL;

    if (rewrite && !actual)
        return remove(file) == 0 || TRUE;
    if (rewrite)
        return g_file_set_contents(file, actual, -1, NULL);
    if (!g_file_get_contents(file, &expected, NULL, NULL))
        expected = NULL;
    if (g_strcmp0(expected, actual) == 0)
        return TRUE;
    printf("%s differs\n---- expected ----\n%s---- actual ----\n%s----\n", file,
           expected ? expected : "(no file)\n", actual ? actual : "(nothing)\n");
    return FALSE;
}

int main(int argc, char **argv)
{
    gboolean rewrite = g_strcmp0(g_getenv("VMI_TEST_REGENERATE"), "1") == 0;
    g_autoptr(DomainPlan) plan = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *plan_text = NULL;
    g_autofree char *error_text = NULL;
    gboolean good;

    if (argc != 2) {
        fprintf(stderr, "usage: %s CASE-DIRECTORY\n", argv[0]);
        return EXIT_FAILURE;
    }
    plan = build(argv[1], &error);
    if (plan)
        plan_text = print_plan(plan);
    else
        error_text = g_strdup_printf("%s: %s\n", vmi_error_describe(error)->name, error->message);
    good = check(argv[1], "out.xml", plan ? plan->xml : NULL, rewrite);
    good = check(argv[1], "out.plan", plan_text, rewrite) && good;
    good = check(argv[1], "out.err", error_text, rewrite) && good;
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
