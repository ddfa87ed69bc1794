#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What must stand in the units, whatever host built them: they are run on others, and on this one after its upgrade.
# Usage: units.sh BUILD_ROOT
set -euo pipefail

status=0
has() { # UNIT LINE
    grep -qxF -- "$2" "$1" || { echo "$1 lacks $2" && status=1; }
}

service=$1/units/vmid.service
# Without it systemd 254 and later makes a mount below ProtectControlGroups= that keeps libvirt from every guest.
has "$service" MemoryPressureWatch=off
exit "$status"
