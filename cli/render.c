// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl render: the domain XML of a manifest by the daemon's own builder, for a host that is assumed and never
// looked at, so that the output is the same everywhere.
#include <stdio.h>
#include <string.h>

#include "api/defaults.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/offline.h"
#include "cli/verbs.h"
#include "domain/domain.h"

enum {
    RENDER_DEDICATED_CPUS = 1024, // more than a guest may have
};

// KubeVirt's rule for guests that were given none: UUIDv5 of the name in this namespace
// (pkg/virt-controller/watch/vm: "firmwareUUIDns").
static char *firmware_uuid(const char *name)
{
    static const guint8 kubevirt[16] = { 0x6a, 0x1a, 0x24, 0xa1, 0x40, 0x61, 0x46, 0x07,
                                         0x8b, 0xf4, 0xa3, 0x96, 0x3d, 0x0c, 0x58, 0x95 };
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
    guint8 u[20];
    gsize length = sizeof u;

    g_checksum_update(sum, kubevirt, sizeof kubevirt);
    g_checksum_update(sum, (const guchar *)name, -1);
    g_checksum_get_digest(sum, u, &length);
    u[6] = (guint8)((u[6] & 0x0f) | 0x50); // version 5
    u[8] = (guint8)((u[8] & 0x3f) | 0x80); // variant of RFC 4122
    return g_strdup_printf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                           u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11],
                           u[12], u[13], u[14], u[15]);
}

static gboolean render(ApiVirtualMachineInstance *vmi, const char *namespace, GError **error)
{
    static const Layout layout = { .state = LAYOUT_STATE_ROOT, .run = LAYOUT_RUN_ROOT };
    g_autofree char *uuid = firmware_uuid(vmi->metadata->name);
    ApiDefaultsContext context = { .architecture = "amd64", .firmware_uuid = uuid };
    guint cpus[RENDER_DEDICATED_CPUS];
    DomainHost host = {
        .lean_cpu_probe = TRUE, .queue_mapping = TRUE, .passt = TRUE, .forward_address = "127.0.0.1"
    };
    GArray *volumes;
    g_autoptr(DomainPlan) plan = NULL;

    if (!vmi->metadata->namespace)
        vmi->metadata->namespace = g_strdup(namespace);
    api_vmi_apply_defaults(vmi, &context);
    // A guest with CPUs of its own is shown as if it had been given the first ones.
    for (guint i = 0; i < G_N_ELEMENTS(cpus); i++)
        cpus[i] = i;
    host.dedicated_cpus = cpus;
    host.n_dedicated_cpus = MIN(api_vmi_dedicated_cpus(vmi->spec), G_N_ELEMENTS(cpus));
    volumes = domain_plan_volumes(vmi, &layout);
    plan = domain_build(vmi, volumes, &host, &layout, error);
    domain_volumes_free(volumes);
    if (!plan)
        return FALSE;
    printf("%s%s", plan->xml, g_str_has_suffix(plan->xml, "\n") ? "" : "\n");
    for (guint i = 0; i < plan->warnings->len; i++)
        cli_print_error(plan->warnings->pdata[i]);
    return TRUE;
}

// Adds the VMIs of SOURCE to OBJECTS; with errors in the manifest, prints all of them.
static gboolean collect(const Source *source, const Options *options, GPtrArray *objects,
                        GError **error)
{
    g_autoptr(ApiFindings) findings = api_findings_new(source->name);
    g_autoptr(GPtrArray) parsed = offline_parse(source, options, findings);
    g_autofree char *text = api_findings_format(findings, NULL);

    fprintf(stderr, "%s", text);
    if (!parsed || api_findings_count(findings, API_FINDING_ERROR) > 0) {
        cli_set_exit(error, CLI_EXIT_FAILED);
        return FALSE;
    }
    g_ptr_array_extend_and_steal(objects, g_steal_pointer(&parsed));
    return TRUE;
}

// The one VMI among OBJECTS, or the one called NAME.
static ApiVirtualMachineInstance *pick(const GPtrArray *objects, const char *name, GError **error)
{
    ApiVirtualMachineInstance *found = NULL;

    for (guint i = 0; i < objects->len; i++) {
        ApiVirtualMachineInstance *vmi = api_object_vmi(objects->pdata[i]);

        if (!vmi || (name && strcmp(vmi->metadata->name, name) != 0))
            continue;
        if (found && !name) {
            cli_set_usage_error(error,
                                "there are several guests, \"%s\" and \"%s\" among them; say which",
                                found->metadata->name, vmi->metadata->name);
            return NULL;
        }
        found = found ? found : vmi;
    }
    if (!found)
        g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND,
                    "no VirtualMachineInstance%s%s%s is in the manifest", name ? " \"" : "",
                    name ? name : "", name ? "\"" : "");
    return found;
}

gboolean verb_render(const Verb *verb, const Options *options, char **args, GError **error)
{
    g_autoptr(GPtrArray) sources = sources_read(options, error);
    g_autoptr(GPtrArray) objects = g_ptr_array_new_with_free_func((GDestroyNotify)api_object_free);
    ApiVirtualMachineInstance *vmi;

    if (!sources)
        return FALSE;
    for (guint i = 0; i < sources->len; i++)
        if (!collect(sources->pdata[i], options, objects, error))
            return FALSE;
    vmi = pick(objects, args[0], error);
    return vmi && render(vmi, options_namespace(options), error);
}
