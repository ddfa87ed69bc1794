#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Debian: one
# A claim that a definition names is not deleted with a word; by force it goes, at the latest with the guest that uses it.
. "$(dirname "$0")/lib.sh"

is_there() { # NAME
    v get pvc "$1" >/dev/null 2>&1
}
is_gone() { # NAME
    ! is_there "$1" && ! claim_bound "$1"
}

obedient_vmi web | apply
until_up web
v stop --force web

note "a stopped guest keeps its disk"
expect_refused 'part of VirtualMachineInstance "web".*vmictl delete --force pvc -n '"$ns"' web' vmictl -n "$ns" delete pvc web
is_there web || fail "the claim is gone"

note "a claim in use is only marked, and the mark outlives vmid"
v start web
expect_refused "in use by $ns/web" vmictl -n "$ns" delete pvc web
expect_match "what is said" 'is marked' "$(v delete --force pvc web)"
expect_match "the list" 'Terminating' "$(v get pvc web)"
qemu=$(leader web)
expect_refused 'is being deleted' vmictl -n "$ns" attach web --disk more --claim web
expect_refused 'being deleted' claim web
systemctl kill -s KILL vmid
until_phase web Running
expect_equal "the same QEMU" "$qemu" "$(leader web)"
[[ -e $(claim_image web) ]] || fail "the disk of a running guest is gone"
is_there web || fail "the claim of a running guest is gone"

note "it goes when the guest has ended, and is waited for then"
v stop --force web
until_signal 300 is_gone web
expect_refused 'web.*does not exist' vmictl -n "$ns" start web
claim web
until_phase web Running
v delete --force vmi web

note "one that only a definition names goes at once"
blank_claim='{name: data, persistentVolumeClaim: {claimName: data}}'
claim data
until_signal 300 claim_bound data
disks='- {name: data, disk: {bus: virtio}}' volumes="- $blank_claim" blank_vmi other | apply
v stop --force other
expect_match "by force" 'data deleted' "$(v delete --force pvc data)"
is_gone data || fail "it is still there"

note "guests are deleted before the claims that they use, whatever the order on the command line"
v delete pvc/web vmi/other 2>&1
claim data
until_signal 300 claim_bound data
disks='- {name: data, disk: {bus: virtio}}' volumes="- $blank_claim" blank_vmi last | apply
v delete pvc/data vmi/last
is_gone data || fail "it is still there"
