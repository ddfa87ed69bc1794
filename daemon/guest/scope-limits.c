// SPDX-License-Identifier: LGPL-2.1-or-later
// See scope-limits.h.
#include "guest/scope-limits.h"

#include "api/defaults.h"
#include "api/quantity.h"

#define WEIGHT_PER_CPU 100
#define DEFAULT_MILLI_PER_GUEST_CPU 100
#define MAX_MILLI (G_GINT64_CONSTANT(1000) * 1000 * 1000)

ScopeLimits scope_limits_of(const ApiVmiSpec *spec, guint64 overhead)
{
    const ApiResources *resources = spec->domain ? spec->domain->resources : NULL;
    const ApiCpu *cpu = spec->domain ? spec->domain->cpu : NULL;
    gboolean dedicated = cpu && api_bool_or(cpu->dedicated_cpu_placement, FALSE);
    gint64 vcpus = api_vmi_vcpus(spec), request_milli, limit_milli = 0, limit_memory = 0;
    ScopeLimits limits = { 0 };

    request_milli = dedicated ? vcpus * 1000 : vcpus * DEFAULT_MILLI_PER_GUEST_CPU;
    if (resources) {
        limit_milli = api_quantity_milli(api_map_get(resources->limits, "cpu"), 0);
        request_milli = api_quantity_milli(api_map_get(resources->requests, "cpu"),
                                           limit_milli > 0 ? limit_milli : request_milli);
        limit_memory = api_quantity_value(api_map_get(resources->limits, "memory"), 0);
    }

    // Quantities reach up to 2^63: bounded before they are multiplied.
    request_milli = MIN(request_milli, MAX_MILLI);
    limit_milli = MIN(limit_milli, MAX_MILLI);
    limits.cpu_weight = CLAMP((request_milli * WEIGHT_PER_CPU + 500) / 1000, 1, 10000);
    if (limit_milli > 0 && !dedicated)
        limits.cpu_quota_usec = (guint64)limit_milli * 1000;
    if (limit_memory > 0)
        limits.memory_max = (guint64)limit_memory + overhead;
    return limits;
}
