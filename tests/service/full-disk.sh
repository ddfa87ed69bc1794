#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# libvirt kills every guest when its driver is opened while its state cannot be written. That is on a file system of its own, so that a full disk is
# an error, not a disaster. Should even that be full, vmid must see it first: wait, say why, and leave the guests alone.
. "$(dirname "$0")/lib.sh"

small=$state/libvirt
scenario_end() {
    systemctl stop vmid
    umount "$small/run" "$small" || true
    systemctl start vmid
}

systemctl stop vmid
umount "$small/run"
mkdir -p /run/kept
cp -a "$small/." /run/kept/
mount -t tmpfs -o "size=12m,mode=$(stat -c %a "$small")" tmpfs "$small"
cp -a /run/kept/. "$small/"
systemctl start vmid
survivor() {
    disks='- name: data
  disk:
    bus: virtio' volumes='- name: data
  persistentVolumeClaim:
    claimName: data' blank_vmi survivor
}
respecified() {
    grace=7 survivor | apply
}
claim data
survivor | apply
pid=$(leader survivor)

fill() { # DIRECTORY
    dd if=/dev/zero of="$1/filler" bs=4k oflag=append conv=notrunc 2>/dev/null || true
}

dies_and_comes_back() {
    systemctl kill --kill-whom=main --signal=KILL vmid
    systemctl reset-failed vmid
    systemctl start --no-block vmid
}

state_is() {
    [[ $(busctl --json=short get-property org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager State | jq -r .data) == "$1" ]]
}

note "a full disk: the guest is taken up"
fill "$small"
dies_and_comes_back
until_signal 300 state_is running
[[ -d /proc/$pid ]] || fail "the guest died of a full disk"
expect_equal "the same QEMU" "$pid" "$(leader survivor)"

note "even the guests' own is full: vmid waits and says why; the guest lives"
mount -o remount,size=2m "$small/run"
fill "$small/run"
dies_and_comes_back
waits_for_room() {
    state_is degraded && busctl get-property org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager Problems | grep -qE 'space|full'
}
until_signal 300 waits_for_room
[[ -d /proc/$pid ]] || fail "the guest died of a full disk"
# Nobody knows yet who runs with what: nothing is taken from under the guest.
expect_refused 'not ready' v delete pvc data
[[ -f $(claim_image data) ]] || fail "the claim's image was deleted under the guest"
expect_refused 'not ready' respecified
expect_refused 'not ready' v delete vmi survivor
# What is asked meanwhile is kept and done later.
blank_vmi another | v apply --no-block -f - >/dev/null
[[ -d /proc/$pid ]] || fail "the guest died of a full disk"

note "room again: taken up without a restart"
rm "$small/filler" "$small/run/filler"
until_signal 300 state_is running
expect_equal "phase" Running "$(phase survivor)"
expect_equal "the same QEMU" "$pid" "$(leader survivor)"
until_phase another Running
v stop --force survivor another
