// SPDX-License-Identifier: LGPL-2.1-or-later
// The guest's memory, its balloon, and what QEMU needs beyond the guest's own memory.

#include "domain/builder.h"

#include "api/defaults.h"
#include "base/error.h"

#define MIB G_GUINT64_CONSTANT(1048576)

#define ANNOTATION_NO_PAGE_REPORTING "kubevirt.io/free-page-reporting-disabled"
#define BALLOON_STATS_SECONDS "10"

gboolean memory_check(const DomainBuilder *b, GError **error)
{
    if (api_vmi_memory(b->vmi->spec) > 0)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                "spec.domain.memory.guest: the guest has no memory; set it, or "
                "spec.domain.resources.requests.memory");
    return FALSE;
}

void memory_write(const DomainBuilder *b)
{
    g_autofree char *bytes = g_strdup_printf("%" G_GUINT64_FORMAT, api_vmi_memory(b->vmi->spec));

    xml_open(b->xml, "memory");
    xml_attribute(b->xml, "unit", "b");
    xml_text(b->xml, bytes);
    xml_close(b->xml);
}

void memory_write_balloon(const DomainBuilder *b)
{
    gboolean report =
        !cpu_is_dedicated(b->domain) && !devices_annotated(b, ANNOTATION_NO_PAGE_REPORTING);

    if (!api_bool_or(b->devices->autoattach_mem_balloon, TRUE)) {
        xml_empty(b->xml, "memballoon", "model", "none"); // libvirt would add one of its own
        return;
    }
    xml_open(b->xml, "memballoon");
    xml_attribute(b->xml, "model", b->virtio_model);
    xml_attribute(b->xml, "freePageReporting", report ? "on" : "off");
    xml_empty(b->xml, "stats", "period", BALLOON_STATS_SECONDS);
    xml_close(b->xml);
}

// Upstream's sum counts five processes; of those only QEMU (50Mi) and libvirt's share of its
// bookkeeping (40Mi) are here. The rest follows upstream: page tables of the guest's memory, tables
// and stacks per vCPU, and the static IOThread.
guint64 domain_memory_overhead(const ApiVmiSpec *spec)
{
    return api_vmi_memory(spec) / 512 + 50 * MIB + 40 * MIB + 8 * MIB * api_vmi_vcpus(spec) +
           8 * MIB;
}
