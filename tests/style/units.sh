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
mount=$(dirname "$(realpath "$0")")/../../units/var-lib-vmi-libvirt-run.mount
# Without it systemd 254 and later makes a mount below ProtectControlGroups= that keeps libvirt from every guest.
has "$service" MemoryPressureWatch=off
# Before vmid's mount namespace is made, or it is not in there.
has "$service" Requires=var-lib-vmi-libvirt-run.mount
has "$service" After=var-lib-vmi-libvirt-run.mount
has "$mount" Where=/var/lib/vmi/libvirt/run
exit "$status"
