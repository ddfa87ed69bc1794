#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# machinectl's verbs do what they say, and a stop of everything at once, as at the host's shutdown, forgets no guest's end.
. "$(dirname "$0")/lib.sh"
requires machinectl

reason() { # NAME
    property "$1" Reason | tr -d '"'
}

machine_leader() { # NAME
    machinectl show --property=Leader --value "$1.$ns"
}

obedient_vmi box | apply
until_up box
helper=$(machine_leader box)
[[ $helper != "$(leader box)" && $helper != "$(systemctl show -P MainPID vmid)" ]] || fail "the leader is QEMU or vmid"
expect_match "it is in the guest's scope" "$(scope box)" "$(cat "/proc/$helper/cgroup")"
expect_equal "its user is the guest's" "$(property box RuntimeUser)" "$(stat -c %u "/proc/$(leader box)")"
expect_match "and has nothing else" "^Uid:([[:space:]]+$(property box RuntimeUser)){4}\$" "$(grep ^Uid: "/proc/$helper/status")"
expect_equal "its descriptors: the FIFO, QEMU, nothing, its signals" 4 "$(find "/proc/$helper/fd" -mindepth 1 | wc -l)"
note "it takes $(awk '/^Pss:/ { print $2 }' "/proc/$helper/smaps_rollup") KiB"

note "reboot"
qemu=$(leader box)
since=$(from_now)
machinectl reboot "box.$ns"
until_runs_anew box "$qemu"
until_gone "$helper"
expect_match "machinectl list" "box\\.$ns" "$(machinectl list --no-pager)"
expect_equal "warnings" '[]' "$(property box Warnings)"
until_up box "$since"
expect_match "why" 'asked to reboot' "$(property box Events)"

note "power off, asked while vmid is away"
qemu=$(leader box)
systemctl stop vmid
machinectl poweroff "box.$ns"
[[ -d /proc/$qemu ]] || fail "QEMU died of it"
systemctl start vmid
until_phase box Succeeded
expect_equal "reason" GuestStopped "$(reason box)"
until_gone "$qemu"

note "power off, as it is meant"
since=$(from_now)
v start box
until_up box "$since"
machinectl poweroff "box.$ns"
until_phase box Succeeded
expect_equal "reason" GuestStopped "$(reason box)"

note "QEMU dies: its leader goes as well, and the guest has failed"
v start box
helper=$(machine_leader box)
kill -KILL "$(leader box)"
until_gone "$helper"
until_phase box Failed
expect_nothing_left

note "guests and vmid are stopped at once: in the right order, and how the guests ended is not forgotten"
obedient_vmi other | apply
since=$(from_now)
v start box
until_up box "$since"
until_up other
# In one transaction, as at the host's shutdown: systemctl stop would ask for one after the other.
everything="vmid.service $(scope box) $(scope other)"
printf '[Unit]\nConflicts=%s\nAfter=%s\n' "$everything" "$everything" >/run/systemd/system/vmi-tests-end.target
systemctl daemon-reload
systemctl start vmi-tests-end.target
for unit in $everything; do
    [[ $(systemctl show -P ActiveState "$unit") == inactive ]] || fail "$unit is not stopped"
done
systemctl start vmid
until_ready
for name in box other; do
    expect_equal "phase and reason of $name" Succeeded/GuestStopped "$(phase "$name")/$(reason "$name")"
done
