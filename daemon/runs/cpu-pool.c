// SPDX-License-Identifier: LGPL-2.1-or-later
// Host CPUs for guests; see cpu-pool.h. First fit in ascending order.
#include "runs/cpu-pool.h"

#include "base/error.h"

typedef struct {
    guint cpu, core;
    gboolean taken;
} Dedicated;

struct CpuPool {
    GArray *shared;    // guint
    GArray *dedicated; // Dedicated, ascending
    guint n_free;
};

static gboolean contains(const GArray *cpus, guint cpu)
{
    for (guint i = 0; i < cpus->len; i++)
        if (g_array_index(cpus, guint, i) == cpu)
            return TRUE;
    return FALSE;
}

CpuPool *cpu_pool_new(const GArray *online, const GArray *cores, const GArray *shared)
{
    CpuPool *self = g_new0(CpuPool, 1);

    self->shared = g_array_new(FALSE, FALSE, sizeof(guint));
    self->dedicated = g_array_new(FALSE, FALSE, sizeof(Dedicated));
    for (guint i = 0; i < online->len; i++) {
        guint cpu = g_array_index(online, guint, i);
        Dedicated entry = { .cpu = cpu, .core = g_array_index(cores, guint, i) };

        if (!shared || contains(shared, cpu))
            g_array_append_val(self->shared, cpu);
        else
            g_array_append_val(self->dedicated, entry);
    }
    if (self->shared->len == 0) {
        g_array_append_vals(self->shared, online->data, online->len);
        g_array_set_size(self->dedicated, 0);
    }
    self->n_free = self->dedicated->len;
    return self;
}

void cpu_pool_free(CpuPool *self)
{
    if (!self)
        return;
    g_array_unref(self->shared);
    g_array_unref(self->dedicated);
    g_free(self);
}

const GArray *cpu_pool_shared(const CpuPool *self)
{
    return self->shared;
}

static void mark(CpuPool *self, const GArray *cpus, gboolean taken)
{
    for (guint i = 0; i < self->dedicated->len; i++) {
        Dedicated *entry = &g_array_index(self->dedicated, Dedicated, i);

        if (entry->taken == taken || !contains(cpus, entry->cpu))
            continue;
        entry->taken = taken;
        self->n_free += taken ? -1 : 1;
    }
}

// Those of CORE's threads that are the pool's to give, or only the free ones.
static guint count_threads(const CpuPool *self, guint core, gboolean free_only)
{
    guint n = 0;

    for (guint i = 0; i < self->dedicated->len; i++) {
        const Dedicated *entry = &g_array_index(self->dedicated, Dedicated, i);

        if (entry->core == core && !(free_only && entry->taken))
            n++;
    }
    return n;
}

static gboolean has_core_of(const CpuPool *self, guint threads)
{
    for (guint i = 0; i < self->dedicated->len; i++)
        if (count_threads(self, g_array_index(self->dedicated, Dedicated, i).core, FALSE) >=
            threads)
            return TRUE;
    return FALSE;
}

// THREADS free CPUs of the first core that has so many. FALSE when there is none.
static gboolean take_core(CpuPool *self, guint threads, GArray *cpus)
{
    guint core = 0, missing = 0;

    for (guint i = 0; i < self->dedicated->len; i++) {
        Dedicated *entry = &g_array_index(self->dedicated, Dedicated, i);

        if (missing == 0 && !entry->taken && count_threads(self, entry->core, TRUE) >= threads) {
            core = entry->core;
            missing = threads;
        }
        if (missing == 0 || entry->taken || entry->core != core)
            continue;
        entry->taken = TRUE;
        self->n_free--;
        g_array_append_val(cpus, entry->cpu);
        if (--missing == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean check_free(const CpuPool *self, guint n, GError **error)
{
    if (self->dedicated->len == 0 && n > 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_NO_SPACE,
                    "dedicatedCpuPlacement needs host CPUs of its own, but all are shared: name "
                    "the shared ones "
                    "with SharedCPUs= in vmid.conf");
        return FALSE;
    }
    if (n > self->n_free) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_NO_SPACE,
                    "dedicatedCpuPlacement needs %u host CPUs, but only %u of %u are free: stop a "
                    "guest that has "
                    "some, or narrow SharedCPUs= in vmid.conf",
                    n, self->n_free, self->dedicated->len);
        return FALSE;
    }
    return TRUE;
}

GArray *cpu_pool_take(CpuPool *self, guint cores, guint threads, guint single, GError **error)
{
    g_autoptr(GArray) cpus = g_array_new(FALSE, FALSE, sizeof(guint));
    guint n = cores * threads + single;

    if (!check_free(self, n, error))
        return NULL;
    if (threads == 1 || !has_core_of(self, threads))
        cores = 0;
    for (guint taken = 0; taken < cores; taken++) {
        if (take_core(self, threads, cpus))
            continue;
        g_set_error(error, VMI_ERROR, VMI_ERROR_NO_SPACE,
                    "dedicatedCpuPlacement needs %u host cores with %u free CPUs each, but there "
                    "are only %u: stop a guest that has some, set spec.domain.cpu.threads to 1, or "
                    "narrow SharedCPUs= in vmid.conf",
                    cores, threads, taken);
        cpu_pool_give_back(self, cpus);
        return NULL;
    }
    while (cpus->len < n)
        if (!take_core(self, 1, cpus))
            g_return_val_if_reached(NULL); // as many were free
    return g_steal_pointer(&cpus);
}

void cpu_pool_reserve(CpuPool *self, const GArray *cpus)
{
    mark(self, cpus, TRUE);
}

void cpu_pool_give_back(CpuPool *self, const GArray *cpus)
{
    mark(self, cpus, FALSE);
}
