#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# A guest that is paused: it can be stopped, and one that a full disk has paused says so, and since when.
. "$(dirname "$0")/lib.sh"

state_of() { # NAME
    echo "$(phase "$1")/$(property "$1" Reason | tr -d '"')"
}

condition() { # NAME TYPE KEY
    v get vmi "$1" -o json | jq -r --arg type "$2" --arg key "$3" '.status.conditions[]? | select(.type == $type) | .[$key]'
}

note "a stop lets it run first, and is a shutdown like any other"
obedient_vmi calm | apply
until_up calm
v pause calm
expect_equal "state" Running/PausedByUser "$(state_of calm)"
v stop calm
expect_equal "state" Succeeded/GuestStopped "$(state_of calm)"
expect_equal "Paused" "" "$(condition calm Paused status)"

note "one that never ran"
spec='startStrategy: Paused' obedient_vmi patient | apply
expect_equal "state" Running/PausedByUser "$(state_of patient)"
v stop patient
expect_equal "state" Succeeded/GuestStopped "$(state_of patient)"

note "a full disk"
disk=$state/pools/default/$ns/big
scenario_end() {
    v delete --force vmi big >/dev/null
    umount "$disk"
}
claim big 64Mi
until_signal 300 claim_bound big
mount -t tmpfs -o "size=4m,mode=$(stat -c %a "$disk")" tmpfs "$disk"
obedient_vmi big --fill 64M | apply
is_paused() {
    [[ $(property big Paused) == true ]]
}
until_signal "$boot_seconds" is_paused || fail "it runs on: $(state_of big)"
expect_equal "state" Running/PausedIOError "$(state_of big)"
said='the volume "root".*is full.*unpause'
expect_match "describe" "Paused: since .* ago.*Why: PausedIOError: .*$said" "$(v describe vmi big | tr '\n' ' ')"
expect_equal "the condition's reason" PausedIOError "$(condition big Paused reason)"
expect_match "the condition's message" "$said" "$(condition big Paused message)"
since=$(condition big Paused lastTransitionTime)
expect_match "its time" '^20..-..-..T' "$since"
expect_equal "Ready" False "$(condition big Ready status)"

note "a restart of vmid forgets none of it"
systemctl restart vmid
until_signal 300 phase_is big Running
expect_equal "state" Running/PausedIOError "$(state_of big)"
expect_match "the message" "$said" "$(property big Message | jq -r .)"
expect_equal "since" "$since" "$(condition big Paused lastTransitionTime)"
expect_equal "on the bus" "$since" "$(date -u -d "@$(($(property big PausedSinceUSec) / 1000000))" +%Y-%m-%dT%H:%M:%SZ)"

note "room, and it goes on"
mount -o remount,size=100m "$disk"
v unpause big
expect_equal "state" Running/Started "$(state_of big)"
expect_equal "Paused" "" "$(condition big Paused status)"
expect_equal "since" 0 "$(property big PausedSinceUSec)"
v stop big
expect_equal "state" Succeeded/GuestStopped "$(state_of big)"
