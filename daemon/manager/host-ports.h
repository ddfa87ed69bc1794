// SPDX-License-Identifier: LGPL-2.1-or-later
// The ports of this host at which a guest's ports are reached. One is chosen for each port and protocol that an object lists, no two objects
// have the same, and it is kept in the object's status until the object is deleted: whoever has learnt it once reaches the same guest.
#pragma once

#include "manager/private.h"

// Chooses for what EXPANDED lists and has none; gives back what it lists no more. The caller saves the object. Fails with CONFLICT, which
// changes nothing.
gboolean host_ports_assign(Instance *instance, const ApiVirtualMachineInstance *expanded,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Those of an INSTANCE that was read from disk are its own, and nobody else's.
void host_ports_add(Instance *instance);
// Those of one that goes are free.
void host_ports_forget(const Instance *instance);
// For a guest that was found running and has none on record: those that it is reached at.
void host_ports_adopt(Instance *instance, const GuestRun *run);
