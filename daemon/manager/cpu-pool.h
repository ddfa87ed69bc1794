// SPDX-License-Identifier: LGPL-2.1-or-later
// Which host CPUs are shared by all guests, and which of the others are handed out to guests with dedicatedCpuPlacement.
// Pure; main thread only.
#pragma once

#include <glib.h>

typedef struct CpuPool CpuPool;

// ONLINE: guint, ascending. SHARED: guint, or NULL for all; those that are not online are left out. When none of SHARED is
// online, all online CPUs are shared.
CpuPool *cpu_pool_new(const GArray *online, const GArray *shared);
void cpu_pool_free(CpuPool *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuPool, cpu_pool_free)

const GArray *cpu_pool_shared(
    const CpuPool *self); // guint, ascending; never empty unless ONLINE was
// N CPUs for one guest, ascending; GArray of guint. Fails with NO_SPACE.
GArray *cpu_pool_take(CpuPool *self, guint n, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// For a guest that was found running; CPUs that are not the pool's to give are ignored.
void cpu_pool_reserve(CpuPool *self, const GArray *cpus);
void cpu_pool_give_back(CpuPool *self, const GArray *cpus);
