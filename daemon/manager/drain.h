// SPDX-License-Identifier: LGPL-2.1-or-later
// The last thing before vmid ends: guests that have just ended are released, and how they ended is saved. When the host shuts down, systemd
// stops vmid as soon as the last scope is empty, which is before libvirt has said why.
#pragma once

#include "manager/private.h"

// A guest's end was dealt with, or vmid begins to wait: tells who waits when there is none left.
void drain_check(Manager *self);
