#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# Overlays and emptyDisks live as long as the run: they survive a reboot of the guest, and are gone after the run.
# The run's end is the guest's own power-off, and that is what the object says.
. "$(dirname "$0")/lib.sh"

hello_claim
disks='- name: scratch
  disk:
    bus: virtio'
volumes='- name: scratch
  emptyDisk:
    capacity: 4Mi'
before=$(sha256sum <"$(claim_image hello-disk)")
since=$(now)
hello_vmi short | apply
until_greets short "$since"
# Far behind the file system of the boot disk.
guest short 'echo overlay-mark | dd of=/dev/vda bs=1k seek=49100 2>/dev/null; echo scratch-mark | dd of=/dev/vdb 2>/dev/null; sync'
[[ -n $(find "$state/scratch/$ns" -type f) ]] || fail "no scratch files while it runs"
pid=$(leader short)

note "a reboot of the guest is the same run"
since=$(from_now)
guest short 'reboot -f' || true
until_greets short "$since"
expect_equal "the same QEMU" "$pid" "$(leader short)"
expect_equal "the overlay's mark" overlay-mark "$(guest short 'dd if=/dev/vda bs=1k skip=49100 count=1 2>/dev/null | head -n 1')"
expect_equal "the emptyDisk's mark" scratch-mark "$(guest short 'head -n 1 /dev/vdb')"
expect_equal "the claim" "$before" "$(sha256sum <"$(claim_image hello-disk)")"

note "the next run knows nothing of it"
guest short 'poweroff -f' >/dev/null 2>&1 || true
until_gone "$pid"
until_phase short Succeeded
expect_nothing_left
since=$(from_now)
v start short
expect_equal "phase" Running "$(phase short)"
until_greets short "$since"
expect_equal "the overlay's mark" "" "$(guest short 'dd if=/dev/vda bs=1k skip=49100 count=1 2>/dev/null | tr -d "\000" | head -n 1')"
expect_equal "the emptyDisk's mark" "" "$(guest short 'head -c 16 /dev/vdb | tr -d "\000"')"
