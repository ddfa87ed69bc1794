// SPDX-License-Identifier: LGPL-2.1-or-later
// spec.domain.resources -> what systemd's resource control is told. Pure.
#pragma once

#include "api/types.h"

typedef struct {
    guint64 cpu_weight;     // 1..10000
    guint64 cpu_quota_usec; // CPU time per second, 0 = no limit
    guint64 memory_max;     // bytes, 0 = no limit
} ScopeLimits;

// Kubernetes gives 1024 shares per requested CPU, systemd's default weight is 100: so 100 per CPU, which leaves room for
// requests from 10m to 100 CPUs in systemd's range. As upstream: a request that is not given is the limit, and else 100m per guest CPU
// (cpuAllocationRatio 10). CPUs of its own (dedicatedCpuPlacement) are never throttled. OVERHEAD is domain_memory_overhead(), bytes.
ScopeLimits scope_limits_of(const ApiVmiSpec *spec, guint64 overhead);
