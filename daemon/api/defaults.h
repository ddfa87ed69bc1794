// SPDX-License-Identifier: LGPL-2.1-or-later
// KubeVirt's defaulting of a VirtualMachineInstance in its order (behaviour reference section 0), as far as it has
// meaning on one host. Pure: what upstream draws at random (firmware uuid) is given by the caller.
#pragma once

#include "api/types.h"

typedef struct {
    const char *architecture;  // "amd64"
    const char *firmware_uuid; // used when the manifest has none; NULL leaves it unset
} ApiDefaultsContext;

// Fills unset fields of VMI->spec in place.
void api_vmi_apply_defaults(ApiVirtualMachineInstance *vmi, const ApiDefaultsContext *context);

// Whether a guest that lists no interface is given one on the pod network.
gboolean api_vmi_is_given_interface(const ApiVmiSpec *spec);
// cores*sockets*threads, unset counting as 1. At least 1.
guint api_vmi_vcpus(const ApiVmiSpec *spec);
// Host CPUs that the guest has to itself: one for each vCPU and each thread of a supplemental pool; 0 unless
// dedicatedCpuPlacement.
guint api_vmi_dedicated_cpus(const ApiVmiSpec *spec);
// Threads of a core of the guest. At least 1.
guint api_vmi_threads(const ApiVmiSpec *spec);
// terminationGracePeriodSeconds; 30 when it is not given. 0 to G_MAXINT32.
gint64 api_vmi_grace_seconds(const ApiVmiSpec *spec);
// Guest memory in bytes: memory.guest, else requests.memory, else limits.memory; 0 if none.
guint64 api_vmi_memory(const ApiVmiSpec *spec);
