// SPDX-License-Identifier: LGPL-2.1-or-later
// The bytes in the FIFO between vmi-leader, which links nothing of vmid, and vmid.
#pragma once

#define LEADER_POWEROFF 'p'
#define LEADER_REBOOT 'r'
