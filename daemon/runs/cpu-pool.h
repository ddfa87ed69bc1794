// SPDX-License-Identifier: LGPL-2.1-or-later
// Which host CPUs are shared by all guests, and which of the others are handed out to guests with dedicatedCpuPlacement.
// Pure; main thread only.
#pragma once

#include <glib.h>

typedef struct CpuPool CpuPool;

// ONLINE: guint, ascending; CORES: for each of them a number that the threads of one core share. SHARED: guint, or NULL for all;
// those that are not online are left out. When none of SHARED is online, all online CPUs are shared.
CpuPool *cpu_pool_new(const GArray *online, const GArray *cores, const GArray *shared);
void cpu_pool_free(CpuPool *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuPool, cpu_pool_free)

const GArray *cpu_pool_shared(
    const CpuPool *self); // guint, ascending; never empty unless ONLINE was
// CPUs for one guest: CORES times THREADS that are threads of one core of the host, one core after the other, then SINGLE
// ones. On a host whose cores have fewer threads to give than that, all are single. GArray of guint. Fails with NO_SPACE.
GArray *cpu_pool_take(CpuPool *self, guint cores, guint threads, guint single,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
// For a guest that was found running; CPUs that are not the pool's to give are ignored.
void cpu_pool_reserve(CpuPool *self, const GArray *cpus);
void cpu_pool_give_back(CpuPool *self, const GArray *cpus);
