#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# vmid may die at any time; its guests do not notice, and the next vmid takes them up.
. "$(dirname "$0")/lib.sh"

config() { # NAME VALUE
    printf '{apiVersion: v1, kind: ConfigMap, metadata: {name: %s}, data: {word: %s}}\n' "$1" "$2" | apply
}

hello_claim
since=$(now)
hello_vmi kept | apply
blank_vmi gone | apply
until_greets kept "$since"
config before word # what was to be written before this is on disk by now
kept=$(leader kept)
gone=$(leader gone)
uptime=$(guest kept 'cut -d . -f 1 /proc/uptime')
vmictl -n "$ns" console kept </dev/null >/dev/null 2>&1 &
client=$!
expect_equal "the console has two clients" here "$(guest kept 'echo here')"

systemctl kill --kill-whom=main --signal=KILL vmid
note "a client of the console is told"
until_gone "$client"
note "one guest dies while nobody looks"
kill -KILL "$gone"
until_gone "$gone"
systemctl reset-failed vmid || true
systemctl start vmid
until_phase kept Running
expect_equal "the same QEMU" "$kept" "$(leader kept)"
until_phase gone Failed
[[ $(guest kept 'cut -d . -f 1 /proc/uptime') -ge $uptime ]] || fail "the guest was started anew"
expect_match "its disks are known again" 'root' "$(property kept Volumes)"

note "and it can be stopped, paused and deleted as before"
for _ in 1 2; do
    v pause kept
    v unpause kept
done

note "what happened is told also by a vmid that did not see it; equal ones are counted"
events() { # NAME: REASON COUNT…
    property "$1" Events | jq -r '[.[] | "\(.[2]) \(.[4])"] | join(" ")'
}
told='Created 1 Started 1 NoPorts 1 Adopted 1 Paused 2 Unpaused 2'
expect_equal "events" "$told" "$(events kept)"
expect_equal "of the one that is gone" 'Created 1 Started 1 NoPorts 1 GuestLost 1' "$(events gone)"
expect_match "a person reads it" '\(x2 over [^ ]+\) +Normal +Unpaused' "$(v describe vmi kept)"
config after word # what was to be written before this is on disk by now
systemctl kill --kill-whom=main --signal=KILL vmid
systemctl reset-failed vmid || true
systemctl start vmid
until_phase kept Running
expect_equal "after a kill" "${told/Adopted 1 /} Adopted 2" "$(events kept)"
systemctl restart vmid
until_phase kept Running
expect_equal "after a restart" "${told/Adopted 1 /} Adopted 3" "$(events kept)"
v delete cm before
v delete cm after
[[ $(v get vmi kept -o yaml) != *"the guest was resumed"* ]] || fail "events are printed, which KubeVirt's status has no field for"

v stop kept
until_gone "$kept"
expect_equal "phase" Succeeded "$(phase kept)"
expect_nothing_left
