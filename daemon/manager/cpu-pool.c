// SPDX-License-Identifier: LGPL-2.1-or-later
// Host CPUs for guests; see cpu-pool.h. First fit in ascending order; topology is the domain builder's concern.
#include "manager/cpu-pool.h"

#include "base/error.h"

typedef struct {
    guint cpu;
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

CpuPool *cpu_pool_new(const GArray *online, const GArray *shared)
{
    CpuPool *self = g_new0(CpuPool, 1);

    self->shared = g_array_new(FALSE, FALSE, sizeof(guint));
    self->dedicated = g_array_new(FALSE, FALSE, sizeof(Dedicated));
    for (guint i = 0; i < online->len; i++) {
        guint cpu = g_array_index(online, guint, i);
        Dedicated entry = { .cpu = cpu };

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

GArray *cpu_pool_take(CpuPool *self, guint n, GError **error)
{
    GArray *cpus = NULL;

    if (self->dedicated->len == 0 && n > 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_NO_SPACE,
                    "dedicatedCpuPlacement needs host CPUs of its own, but all are shared: name "
                    "the shared ones "
                    "with SharedCPUs= in vmid.conf");
        return NULL;
    }
    if (n > self->n_free) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_NO_SPACE,
                    "dedicatedCpuPlacement needs %u host CPUs, but only %u of %u are free: stop a "
                    "guest that has "
                    "some, or narrow SharedCPUs= in vmid.conf",
                    n, self->n_free, self->dedicated->len);
        return NULL;
    }
    cpus = g_array_sized_new(FALSE, FALSE, sizeof(guint), n);
    for (guint i = 0; i < self->dedicated->len && cpus->len < n; i++) {
        Dedicated *entry = &g_array_index(self->dedicated, Dedicated, i);

        if (entry->taken)
            continue;
        entry->taken = TRUE;
        g_array_append_val(cpus, entry->cpu);
    }
    self->n_free -= n;
    return cpus;
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

void cpu_pool_reserve(CpuPool *self, const GArray *cpus)
{
    mark(self, cpus, TRUE);
}

void cpu_pool_give_back(CpuPool *self, const GArray *cpus)
{
    mark(self, cpus, FALSE);
}
