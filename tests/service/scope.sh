#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# systemd owns the guest: its scope, slice and machine are where administrators look, and stopping the scope is a graceful shutdown,
# also after vmid was restarted.
. "$(dirname "$0")/lib.sh"

since=$(now)
obedient_vmi owned | apply
unit=$(scope owned)
expect_equal "the scope's name" "vmi-scope-owned.scope" "$unit"
expect_match "systemctl status" 'active \(running\).*qemu' "$(systemctl status --no-pager "$unit" | tr '\n' ' ')"
expect_equal "slice" "machine-vmi-scope.slice" "$(systemctl show -P Slice "$unit")"
expect_match "QEMU's cgroup" "machine-vmi-scope.slice/$unit" "$(cat "/proc/$(leader owned)/cgroup")"
expect_match "machinectl list" 'owned\.scope' "$(machinectl list --no-pager)"
expect_match "systemd-cgls" "$unit" "$(systemd-cgls --no-pager)"
expect_equal "vmid's own cgroup holds no guest" "" "$(systemd-cgls --no-pager -u vmid.service | grep -o qemu-system || true)"
until_up owned "$since"

stop_by_systemd() {
    local pid
    pid=$(leader owned)
    systemctl stop "$unit"
    until_gone "$pid"
    # One that is not asked, or does not obey, is killed, and Failed.
    until_phase owned Succeeded
    expect_nothing_left
}
stop_by_systemd

note "the same after a restart of vmid"
since=$(from_now)
v start owned
until_up owned "$since"
pid=$(leader owned)
systemctl restart vmid
until_ready
expect_equal "adopted" "$pid" "$(leader owned)"
stop_by_systemd

note "machinectl knows it is gone"
[[ $(machinectl list --no-pager) != *owned.scope* ]] || fail "still registered"

note "with a namespace goes its slice"
slice=machine-vmi-${ns}2.slice
vmictl apply -f - >/dev/null <<<"{apiVersion: v1, kind: Namespace, metadata: {name: ${ns}2}}"
blank_vmi short | vmictl -n "${ns}2" apply -f -
expect_equal "its slice" active "$(systemctl is-active "$slice")"
vmictl -n "${ns}2" delete --force vmi short
vmictl delete namespace "${ns}2"
slice_is_gone() {
    [[ $(systemctl is-active "$slice") == inactive ]]
}
until_signal 300 slice_is_gone
