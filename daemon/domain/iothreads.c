// SPDX-License-Identifier: LGPL-2.1-or-later
// IOThreads: how many, which disk runs in which, and the host CPUs each is pinned to. Pure
// arithmetic, KubeVirt's (behaviour reference 2.1-2.4), with one documented change: without a CPU
// request or limit the guest's own CPUs count.

#include "domain/builder.h"

#include "api/defaults.h"
#include "api/quantity.h"
#include "api/validate.h"
#include "base/error.h"

// How many CPUs policy `auto` scales with.
static guint policy_cpus(const ApiVmiSpec *spec)
{
    const ApiResources *resources = spec->domain->resources;
    const char *cpu = resources ? api_map_get(resources->requests, "cpu") : NULL;

    if (!cpu && resources)
        cpu = api_map_get(resources->limits, "cpu");
    return cpu ? CLAMP(api_quantity_value(cpu, 1), 1, G_MAXINT16) : api_vmi_vcpus(spec);
}

static guint policy_limit(const ApiVmiSpec *spec)
{
    const ApiDomain *domain = spec->domain;

    if (domain->io_threads_policy != API_IO_THREADS_POLICY_AUTO)
        return 1;
    if (cpu_is_dedicated(domain) && api_bool_or(domain->cpu->isolate_emulator_thread, FALSE))
        return 1;
    return 2 * policy_cpus(spec);
}

static gboolean count_supplemental(const ApiDomain *domain, IoThreads *ret_threads, GError **error)
{
    gint64 count =
        domain->io_threads ? api_int_or(domain->io_threads->supplemental_pool_thread_count, 0) : 0;

    if (count < 1 || count > API_IO_THREADS_MAX) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "spec.domain.ioThreads.supplementalPoolThreadCount: %" G_GINT64_FORMAT
                    " threads; policy supplementalPool needs 1 to %d",
                    count, API_IO_THREADS_MAX);
        return FALSE;
    }
    *ret_threads = (IoThreads){ .total = count, .pool = count, .supplemental = TRUE };
    return TRUE;
}

// Every disk counts, of whatever kind and bus, although only virtio disks get a thread: that is
// KubeVirt's rule.
gboolean io_threads_count(const ApiVmiSpec *spec, IoThreads *ret_threads, GError **error)
{
    const ApiDomain *domain = spec->domain;
    const GPtrArray *disks = domain->devices ? domain->devices->disks : NULL;
    guint own = 0, pool = 0, limit;

    if (domain->io_threads_policy == API_IO_THREADS_POLICY_SUPPLEMENTAL_POOL)
        return count_supplemental(domain, ret_threads, error);
    for (guint i = 0; disks && i < disks->len; i++) {
        const ApiDisk *disk = g_ptr_array_index(disks, i);

        if (api_bool_or(disk->dedicated_io_thread, FALSE))
            own++;
        else
            pool++;
    }
    if (domain->io_threads_policy == API_IO_THREADS_POLICY_UNSET && own == 0) {
        *ret_threads = (IoThreads){ 0 };
        return TRUE;
    }
    limit = policy_limit(spec);
    if (pool + own > limit)
        pool = limit > own ? limit - own : 1;
    *ret_threads = (IoThreads){ .total = pool + own, .pool = pool };
    return TRUE;
}

// The thread of the next virtio disk; 0 when there is none for it.
guint io_threads_assign(const IoThreads *threads, IoThreadCursor *cursor, gboolean dedicated)
{
    if (dedicated && !threads->supplemental)
        return threads->pool + ++cursor->own_used;
    return threads->pool > 0 ? cursor->pool_used++ % threads->pool + 1 : 0;
}

// As many threads as CPUs or more: thread t on CPU t mod WIDTH (so the first thread is not on the
// first CPU). Fewer: WIDTH CPUs are cut into COUNT consecutive runs, the first ones one longer
// where it does not come out even.
GArray *io_threads_spread(guint thread, guint count, const guint *cpus, guint width)
{
    GArray *spread = g_array_new(FALSE, FALSE, sizeof(guint));

    if (width == 0)
        return spread;
    if (count >= width)
        return g_array_append_val(spread, cpus[thread % width]);

    guint length = width / count, longer = width % count, before = thread - 1;
    guint start = before * length + MIN(before, longer);

    return g_array_append_vals(spread, &cpus[start], length + (before < longer ? 1 : 0));
}

static GArray *plan_cpus(const DomainBuilder *b, guint id)
{
    const DomainHost *host = b->host;
    guint total = b->threads.total;

    if (!cpu_is_dedicated(b->domain))
        return io_threads_spread(id, total, host->shared_cpus, host->n_shared_cpus);
    if (host->n_dedicated_cpus == 0)
        return g_array_new(FALSE, FALSE, sizeof(guint));
    if (b->threads.supplemental) // further CPUs of their own, after those of the vCPUs
        return io_threads_spread(1, 1, &host->dedicated_cpus[b->vcpus + id - 1], 1);
    return io_threads_spread(id, total, host->dedicated_cpus, b->vcpus);
}

void io_threads_plan(DomainBuilder *b)
{
    for (guint id = 1; id <= b->threads.total; id++) {
        DomainIoThread *thread = g_new0(DomainIoThread, 1);

        thread->id = id;
        thread->cpus = plan_cpus(b, id);
        g_ptr_array_add(b->plan->iothreads, thread);
    }
}

void io_threads_write(const DomainBuilder *b)
{
    g_autofree char *count = g_strdup_printf("%u", b->threads.total);

    if (b->threads.total > 0)
        xml_text_element(b->xml, "iothreads", count);
}
