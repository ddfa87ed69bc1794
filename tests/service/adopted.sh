#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# vmid may die at any time; its guests do not notice, and the next vmid takes them up.
. "$(dirname "$0")/lib.sh"

hello_claim
since=$(now)
hello_vmi kept | apply
blank_vmi gone | apply
until_greets kept "$since"
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
v pause kept
v unpause kept
v stop kept
until_gone "$kept"
expect_equal "phase" Succeeded "$(phase kept)"
expect_nothing_left
