#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# A definition is lost while its guest runs: the guest is left alone, and so is what it uses.
. "$(dirname "$0")/lib.sh"

disk() { # NAME
    printf -- '- name: %s\n  disk:\n    bus: virtio\n' "$1"
}

writes() { # CLAIM
    printf -- '- name: data\n  persistentVolumeClaim:\n    claimName: %s\n' "$1"
}

reads() { # CLAIM
    printf -- '- name: base\n  ephemeral:\n    persistentVolumeClaim:\n      claimName: %s\n' "$1"
}

claim data
claim base
until_signal 300 claim_bound data
until_signal 300 claim_bound base
disks=$(disk data && disk base) volumes=$(writes data && reads base) blank_vmi lost | apply
leader=$(leader lost)
unit=$(scope lost)

systemctl stop vmid
rm "$state/objects/virtualmachineinstances/$ns/lost.yaml"
systemctl start vmid
until_ready
[[ -d /proc/$leader ]] || fail "the guest did not live through it"

note "it is listed like others, and nothing but a stop can be asked of it"
expect_equal "the reason" '"NoDefinition"' "$(property lost Reason)"
expect_equal "in the list" Running "$(v get vmi -o json | jq -r '.items[] | select(.metadata.name == "lost") | .status.phase')"
expect_equal "its QEMU" "$leader" "$(leader lost)"
expect_match "the unit" "$(printf %q "$unit")" "$(v describe vmi lost)"
for verb in start restart pause; do
    expect_refused 'has no definition.*vmictl stop' vmictl -n "$ns" "$verb" lost
done
expect_refused 'has no definition.*vmictl stop' vmictl -n "$ns" delete vmi lost

note "what it uses is in use"
expect_refused "in use by $ns/lost" vmictl -n "$ns" delete pvc data
expect_refused "in use by $ns/lost" vmictl -n "$ns" delete pvc base
disks=$(disk data) volumes=$(writes data) blank_vmi writer | v apply --no-block -f -
waits() {
    [[ $(property writer Reason) == *ClaimInUse* ]]
}
until_signal 300 waits || fail "it does not wait: $(v get vmi writer 2>&1)"
expect_equal "it waits" Pending "$(phase writer)"
expect_match "why" "in use by the guest .+$ns/lost.+ which has no definition" "$(property writer Message)"
disks=$(disk base) volumes=$(reads base) blank_vmi reader | apply
expect_equal "one that only reads what it reads" Running "$(phase reader)"

note "ended, it leaves nothing, and who waited for what it used starts"
v stop --force lost
until_gone "$leader"
until_phase writer Running
expect_refused 'lost' vmictl -n "$ns" get vmi lost
