// SPDX-License-Identifier: LGPL-2.1-or-later
// What a VMI's status says. Pure: times and facts are arguments.
#pragma once

#include "api/manifest.h"
#include "guest/guest.h"

gboolean status_is_final(ApiVmiPhase phase); // Succeeded, Failed

// Enters PHASE (or only changes reason and message), keeping phaseTransitionTimestamps and the Ready condition. Returning to
// Pending from a final phase begins a new history; what is known of its images stays.
void status_set_phase(ApiVirtualMachineInstance *vmi, ApiVmiPhase phase, const char *reason,
                      const char *message, gint64 now_usec);
// Sets the condition TYPE of a list, which is made when it is NULL. Its time of change is kept while VALUE's status is the same.
void status_set_condition(GPtrArray **conditions, const char *type, const ApiCondition *value,
                          gint64 now_usec);
void status_remove_condition(GPtrArray *conditions, const char *type); // missing is success
// The Paused condition, and Ready with it. REASON NULL: it is not paused, and there is no such condition.
void status_set_paused(ApiVirtualMachineInstance *vmi, const char *reason, const char *message,
                       gint64 now_usec);
const ApiCondition *status_paused(const ApiVirtualMachineInstance *vmi); // or NULL

// Something happened. Kept with the object, as few as it takes to bound them: one that is equal to a kept one but for its time is counted
// there, and becomes the newest; a long message is cut.
void status_add_event(ApiVmiStatus *status, gboolean warning, const char *reason,
                      const char *message, gint64 now_usec);
const ApiEvent *status_last_event(const ApiVmiStatus *status); // the newest, or NULL

typedef struct {
    const ApiVirtualMachineInstance *expanded;
    const GuestRun *run;
    const GPtrArray *claims; // ApiObject (PVC) that it names
    const char *node_name;
} StatusFacts;

// Everything that is known of a run: node, user, machine, volumes, interfaces, memory, CPUs. Entries of hotplugged volumes are kept.
void status_set_run(ApiVirtualMachineInstance *vmi, const StatusFacts *facts);
void status_clear_run(ApiVirtualMachineInstance *vmi);

void status_add_hotplug(ApiVirtualMachineInstance *vmi, const DomainDiskPlan *disk,
                        const ApiPersistentVolumeClaim *claim);
ApiVolumeStatus *status_find_volume(const ApiVirtualMachineInstance *vmi,
                                    const char *volume); // or NULL
void status_remove_volume(ApiVirtualMachineInstance *vmi, const char *volume);
