#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The machine tier. Usage: run.sh STAGE, a directory that vmi is installed in (DESTDIR).
#
# All of it is one disk that is booted three times, because an emulated boot takes longer than most of what is done after it:
#   1. objects are applied in a loop, until the power is cut
#   2. what the cut left is looked at; then two guests run, and the machine is powered off in order
#   3. what the shutdown left is looked at; then the limits of guests
set -euo pipefail

here=$(dirname "$(realpath "$0")")
# shellcheck source=tests/harness/tap.sh
. "$here/../harness/tap.sh"
stage=$1

make_parts() {
    "$here/../harness/machine-image.sh" "$work/image"
    truncate -s 128M "$work/disk"
    mkfs.ext4 -q "$work/disk"
    mkdir -p "$work/layer/tests"
    cp "$here"/*.sh "$work/layer/tests/"
    # Slow enough that whoever asks one after the other asks the second when the first is gone.
    "$here/../harness/obedient-guest.sh" --seconds 10 "$work/layer/tests/obedient.img"
}

# Boots the disk and runs these in it, each with its arguments one word: see in-turn.sh.
boot() { # "SCRIPT ARGUMENT…"…
    exec "$here/../harness/machine.sh" --image "$work/image" --layer "$stage" --layer "$work/layer" --disk "$work/disk" \
        --seconds 3600 "$here/in-turn.sh" "$@" 2>&1
}

# Prints what SCRIPT said in a boot, from its name to where it passed, or to the end.
said_by() { # SCRIPT OUTPUT-OF-THE-BOOT
    grep -qx "=== $1" "$2" || { cat "$2" && return 1; }
    sed -n "/^=== $1\$/,/^=== passed $1\$/p" "$2"
}

passed() { # SCRIPT OUTPUT-OF-THE-BOOT
    said_by "$@" && grep -qx "=== passed $1" "$2"
}

# Somewhere in the loop, never at the same place. Sets $last, $changing and $together: the numbers of the last new object, and of the last contents
# of the changing one and of those that change together, that were reported as applied.
cut_power() {
    local cut=$((RANDOM % 10 + 6)) feed before line
    last=0 changing=0 together=0
    exec {feed}< <(boot power-cut-before.sh)
    before=$!
    while IFS= read -r -u "$feed" line; do
        case $line in
        "applied new-"*)
            last=${line##* }
            [[ $last -lt $cut || $changing -lt 1 || $together -lt 1 ]] || break
            ;;
        "applied changing "*) changing=${line##* } ;;
        "applied together "*) together=${line##* } ;;
        "applied "*) ;;
        FAIL:*) echo "$line" && kill "$before" && return 1 ;;
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
    [[ $last -ge $cut && $changing -ge 1 && $together -ge 1 ]] ||
        { echo "FAIL: it came to an end by itself, or too early, after new-$last, changing $changing, together $together" && return 1; }
    echo "# power cut after the reports of new-$last, changing $changing, together $together"
}

# Finds every definition whole and every orphan swept.
power_cut() {
    cut_power || return
    (boot "power-cut-after.sh $last $changing $together" host-shutdown-before.sh) >"$work/second" || true
    passed power-cut-after.sh "$work/second"
}

# Finds that both guests were shut down at the same time, and why.
host_shutdown() {
    said_by host-shutdown-before.sh "$work/second" || return
    # The machine went as a whole, its test with it.
    grep -q '^# off it goes' "$work/second" || return
    (boot host-shutdown-after.sh limits.sh) >"$work/third" || true
    passed host-shutdown-after.sh "$work/third"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make_parts
tap_run machine/power-cut power_cut
tap_run machine/host-shutdown host_shutdown
tap_run machine/limits-are-enforced passed limits.sh "$work/third"
tap_end
