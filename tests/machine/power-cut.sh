#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Cuts the power of a machine in the middle of a loop of applies, boots it again on the same disk, and finds every definition whole and every
# orphan swept. Usage: power-cut.sh STAGE
set -euo pipefail

here=$(dirname "$(realpath "$0")")
machine=$here/../harness/machine.sh
stage=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
truncate -s 96M "$work/disk"
mkfs.ext4 -q "$work/disk"

# Somewhere in the loop, never at the same place.
cut=$((RANDOM % 10 + 6))
exec {feed}< <(exec "$machine" --layer "$stage" --disk "$work/disk" --seconds 1200 bash "$here/power-cut-before.sh" 2>&1)
before=$!
last=0
while IFS= read -r -u "$feed" line; do
    case $line in
    "applied new-"*)
        last=${line##* }
        [[ $last -lt $cut ]] || break
        ;;
    "applied "*) ;;
    *) echo "$line" ;;
    esac
done
kill "$before" # the power
while IFS= read -r -u "$feed" line; do
    case $line in
    "applied new-"*) last=${line##* } ;;
    esac
done
exec {feed}<&-
[[ $last -ge $cut ]] || { echo "FAIL: it came to an end by itself after $last" && exit 1; }
echo "# power cut after the report of number $last"
"$machine" --layer "$stage" --disk "$work/disk" --seconds 1200 bash "$here/power-cut-after.sh" "$last"
