// SPDX-License-Identifier: LGPL-2.1-or-later
// The guest's CPUs: number, topology, model, and which host CPUs its threads run on. Which host
// CPUs a guest owns is decided by the caller (host->dedicated_cpus); here they are only dealt out.

#include "domain/builder.h"

#include "api/defaults.h"
#include "base/error.h"

gboolean cpu_is_dedicated(const ApiDomain *domain)
{
    return domain->cpu && api_bool_or(domain->cpu->dedicated_cpu_placement, FALSE);
}

gboolean cpu_check(const DomainBuilder *b, GError **error)
{
    guint needed = b->vcpus + (b->threads.supplemental ? b->threads.total : 0);

    // Without an allotment nothing is pinned: that is `render`, which has no host to allot from.
    if (!cpu_is_dedicated(b->domain) || (b->host->n_dedicated_cpus == 0 && b->host->uid == 0))
        return TRUE;
    if (b->host->n_dedicated_cpus >= needed)
        return TRUE;
    g_set_error(
        error, VMI_ERROR, VMI_ERROR_NO_SPACE,
        "spec.domain.cpu.dedicatedCpuPlacement: the guest needs %u host CPUs of its own and got "
        "%u; ask for fewer CPUs or free some",
        needed, b->host->n_dedicated_cpus);
    return FALSE;
}

static int compare_cpus(gconstpointer a, gconstpointer b)
{
    guint x = *(const guint *)a, y = *(const guint *)b;

    return x < y ? -1 : x > y;
}

char *cpu_list_format(const guint *cpus, gsize count)
{
    g_autofree guint *sorted = g_memdup2(cpus, count * sizeof(guint));
    g_autoptr(GString) list = g_string_new(NULL);

    if (count > 0)
        qsort(sorted, count, sizeof(guint), compare_cpus);
    for (gsize i = 0, end; i < count; i = end + 1) {
        for (end = i; end + 1 < count && sorted[end + 1] == sorted[end] + 1; end++)
            ;
        g_string_append_printf(list, "%s%u", i > 0 ? "," : "", sorted[i]);
        if (end > i)
            g_string_append_printf(list, "-%u", sorted[end]);
    }
    return g_string_free(g_steal_pointer(&list), FALSE);
}

void cpu_write_count(const DomainBuilder *b)
{
    g_autofree char *count = g_strdup_printf("%u", b->vcpus);

    xml_open(b->xml, "vcpu");
    xml_attribute(b->xml, "placement", "static");
    xml_text(b->xml, count);
    xml_close(b->xml);
}

static void write_pin(Xml *xml, const char *element, const char *attribute, guint id,
                      const guint *cpus, guint count)
{
    g_autofree char *list = cpu_list_format(cpus, count);

    xml_open(xml, element);
    if (attribute)
        xml_attribute_uint(xml, attribute, id);
    xml_attribute(xml, "cpuset", list);
    xml_close(xml);
}

// vCPU i runs on the i-th host CPU of the allotment. QEMU's own threads share the vCPUs' CPUs, so that
// they take no time from those of other guests or of a supplemental pool.
void cpu_write_tune(const DomainBuilder *b)
{
    const DomainHost *host = b->host;
    gboolean dedicated = cpu_is_dedicated(b->domain) && host->n_dedicated_cpus > 0;
    gboolean opened = FALSE;

    if (dedicated) {
        xml_open(b->xml, "cputune");
        opened = TRUE;
        for (guint i = 0; i < b->vcpus; i++)
            write_pin(b->xml, "vcpupin", "vcpu", i, &host->dedicated_cpus[i], 1);
        write_pin(b->xml, "emulatorpin", NULL, 0, host->dedicated_cpus, b->vcpus);
    }
    for (guint i = 0; i < b->plan->iothreads->len; i++) {
        const DomainIoThread *thread = g_ptr_array_index(b->plan->iothreads, i);

        if (thread->cpus->len == 0)
            continue;
        if (!opened)
            xml_open(b->xml, "cputune");
        opened = TRUE;
        write_pin(b->xml, "iothreadpin", "iothread", thread->id, (const guint *)thread->cpus->data,
                  thread->cpus->len);
    }
    if (opened)
        xml_close(b->xml);
}

void cpu_write_features(const DomainBuilder *b)
{
    xml_open(b->xml, "features");
    xml_empty(b->xml, "acpi", NULL);
    if (b->host->use_emulation) {
        g_autofree char *size =
            g_strdup_printf("%" G_GUINT64_FORMAT, DOMAIN_EMULATION_OVERHEAD >> 20);

        // QEMU's default grows with the host's memory, up to 1 GiB: no memory limit could be worked
        // out for the guest
        xml_open(b->xml, "tcg");
        xml_open(b->xml, "tb-cache");
        xml_attribute(b->xml, "unit", "MiB");
        xml_text(b->xml, size);
        xml_close(b->xml);
        xml_close(b->xml);
    } else if (cpu_is_dedicated(b->domain)) {
        xml_open(b->xml, "kvm");
        xml_empty(b->xml, "hint-dedicated", "state", "on");
        xml_close(b->xml);
    }
    xml_empty(b->xml, "vmport", "state", "off");
    xml_close(b->xml);
}

// Emulation has no host CPU to be like: `maximum` is all that QEMU can emulate, on every host.
// host-model would be the named model nearest to this host less what cannot be emulated. Both start
// equally fast.
void cpu_write_model(const DomainBuilder *b)
{
    const ApiCpu *cpu = b->domain->cpu;
    gint64 sockets = cpu ? MAX(api_int_or(cpu->sockets, 1), 1) : 1;
    gint64 cores = cpu ? MAX(api_int_or(cpu->cores, 1), 1) : 1;
    gint64 threads = cpu ? MAX(api_int_or(cpu->threads, 1), 1) : 1;

    xml_open(b->xml, "cpu");
    xml_attribute(b->xml, "mode", b->host->use_emulation ? "maximum" : "host-model");
    xml_open(b->xml, "topology");
    xml_attribute_uint(b->xml, "sockets", sockets);
    xml_attribute_uint(b->xml, "cores", cores);
    xml_attribute_uint(b->xml, "threads", threads);
    xml_close(b->xml);
    xml_close(b->xml);
}
