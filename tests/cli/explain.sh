#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vmictl explain: a leaf, an object, a field that is not supported, a field that does not exist.
. "$(dirname "$0")/lib.sh"

expect 0 explain vmi.spec.domain.devices.disks.cache
expect_line out 'spec.domain.devices.disks\[\].cache'
expect_line out 'none, writethrough, writeback'
expect 0 explain 'vmi.spec.domain.devices.disks[].cache'
expect 0 explain pvc.spec
expect_line out 'accessModes'
expect 0 explain vmi.spec.domain.launchSecurity
expect_line out 'not supported yet'
expect 4 explain vmi.spec.nosuch
expect_empty out
expect_line err '"nosuch"'
