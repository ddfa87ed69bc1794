#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A claim is plugged into the running guest, which sees it by its serial number, and is taken out again.
. "$(dirname "$0")/lib.sh"

hello_claim
claim extra 8Mi
since=$(now)
hello_vmi plug | apply
until_greets plug "$since"

guest_disk_sizes() {
    guest plug 'cat /sys/block/[sv]d*/size' | tr '\n' ' '
}
expect_equal "before" "98304 " "$(guest_disk_sizes)"

# From here on the guest's kernel says on the console what comes and goes.
guest plug 'dmesg -n 7'
until_kernel_says() { # SINCE REGEX
    until_line 30 "$2" vmictl -n "$ns" logs --follow --since "@$1" plug >/dev/null
}
since=$(now)
v attach plug --disk extra --claim extra --serial EXTRA-1
until_kernel_says "$since" 'Attached SCSI disk'
expect_equal "attached" "16384 98304 " "$(guest_disk_sizes)"
expect_match "its serial" 'EXTRA-1' "$(guest plug 'cat /sys/block/vd*/serial /sys/block/sd*/device/vpd_pg80 2>/dev/null' | tr -d '\000')"
guest plug 'echo was-here | dd of=/dev/sda conv=fsync 2>/dev/null'
expect_match "Volumes" extra "$(property plug Volumes)"
expect_refused 'extra' vmictl -n "$ns" attach plug --disk extra --claim extra
expect_refused 'nowhere' vmictl -n "$ns" attach plug --disk other --claim nowhere
expect_refused 'extra' vmictl -n "$ns" delete pvc extra

since=$(now)
v detach plug --disk extra
until_kernel_says "$since" 'Synchronizing SCSI cache'
expect_equal "detached" "98304 " "$(guest_disk_sizes)"
expect_equal "what the guest wrote" was-here "$(head -c 8 "$(claim_image extra)")"
expect_refused 'extra' vmictl -n "$ns" detach plug --disk extra

note "--persist edits the definition"
v attach plug --disk extra --claim extra --persist
expect_match "the definition" 'extra' "$(v get vmi plug -o yaml)"
v detach plug --disk extra --persist
[[ $(v get vmi plug -o json | jq -r '.spec.volumes[].name') != *extra* ]] || fail "still in the definition"
