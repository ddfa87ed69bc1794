#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Powers a machine with two guests off, in order, boots it again on the same disk, and finds that both were shut down at the same time, and
# why. Usage: host-shutdown.sh IMAGE STAGE
set -euo pipefail

here=$(dirname "$(realpath "$0")")
machine=$here/../harness/machine.sh
image=$1 stage=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
truncate -s 128M "$work/disk"
mkfs.ext4 -q "$work/disk"
mkdir "$work/layer"
# Slow enough that whoever asks one after the other asks the second when the first is gone.
"$here/../harness/obedient-guest.sh" --seconds 10 "$work/layer/obedient.img"

"$machine" --image "$image" --layer "$stage" --layer "$work/layer" --disk "$work/disk" --seconds 900 \
    "$here/host-shutdown-before.sh" /obedient.img >"$work/before" 2>&1 || true
grep '^#' "$work/before" || true
# The machine went as a whole, its test with it.
grep -q '^# off it goes' "$work/before" || { cat "$work/before" && exit 1; }
"$machine" --image "$image" --layer "$stage" --disk "$work/disk" --seconds 900 "$here/host-shutdown-after.sh"
