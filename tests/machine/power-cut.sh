#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Cuts the power of a machine in the middle of a loop of applies, boots it again on the same disk, and finds every definition whole and every
# orphan swept. Usage: power-cut.sh IMAGE STAGE
set -euo pipefail

here=$(dirname "$(realpath "$0")")
machine=$here/../harness/machine.sh
image=$1 stage=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
truncate -s 96M "$work/disk"
mkfs.ext4 -q "$work/disk"

# Somewhere in the loop, never at the same place.
cut=$((RANDOM % 10 + 6))
exec {feed}< <(exec "$machine" --image "$image" --layer "$stage" --disk "$work/disk" --seconds 3600 "$here/power-cut-before.sh" 2>&1)
before=$!
last=0 changing=0 together=0
while IFS= read -r -u "$feed" line; do
    case $line in
    "applied new-"*)
        last=${line##* }
        [[ $last -lt $cut || $changing -lt 1 || $together -lt 1 ]] || break
        ;;
    "applied changing "*) changing=${line##* } ;;
    "applied together "*) together=${line##* } ;;
    "applied "*) ;;
    FAIL:*) echo "$line" && kill "$before" && exit 1 ;;
    *) echo "$line" ;;
    esac
done
kill "$before" # the power
while IFS= read -r -u "$feed" line; do
    case $line in
    "applied new-"*) last=${line##* } ;;
    "applied changing "*) changing=${line##* } ;;
    "applied together "*) together=${line##* } ;;
    esac
done
exec {feed}<&-
[[ $last -ge $cut && $changing -ge 1 && $together -ge 1 ]] || { echo "FAIL: it came to an end by itself, or too early, after new-$last, changing $changing, together $together" && exit 1; }
echo "# power cut after the reports of new-$last, changing $changing, together $together"
"$machine" --image "$image" --layer "$stage" --disk "$work/disk" --seconds 3600 "$here/power-cut-after.sh" "$last" "$changing" "$together"
