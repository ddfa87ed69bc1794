// SPDX-License-Identifier: LGPL-2.1-or-later
// Edits of a VMI's definition: hotplug that is to last, also when the manifest is applied again. Pure.
#pragma once

#include "api/types.h"
#include "domain/domain.h"

ApiVolume *definition_find_volume(const ApiVirtualMachineInstance *vmi,
                                  const char *name); // or NULL
ApiVolume *definition_new_volume(const char *name, const char *claim);
void definition_add_disk(ApiVirtualMachineInstance *vmi, const DomainDiskPlan *disk,
                         const char *claim, const char *serial);
// FALSE when there is no such volume.
gboolean definition_remove_disk(ApiVirtualMachineInstance *vmi, const char *name);
