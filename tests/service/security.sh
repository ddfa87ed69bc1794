#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# The daemon is hardened as far as the guests that inherit its sandbox allow, and every guest runs as a user of its own.
. "$(dirname "$0")/lib.sh"

exposure=$(systemd-analyze security --no-pager vmid.service | sed -n 's/.*exposure level for vmid.service: \([0-9.]*\).*/\1/p')
note "exposure level $exposure"
python3 -c 'import sys; sys.exit(float(sys.argv[1]) > 5.0)' "$exposure" || fail "exposure level $exposure is above 5.0"

blank_vmi one | apply
blank_vmi two | apply
one=$(leader one) two=$(leader two)
[[ $(stat -c %u "/proc/$one") != "$(stat -c %u "/proc/$two")" ]] || fail "two guests share a user"
for pid in "$one" "$two"; do
    expect_match "not root, by any identity" '^Uid:([[:space:]]+[1-9][0-9]{3,}){4}$' "$(grep ^Uid: "/proc/$pid/status")"
    for set in CapInh CapPrm CapEff CapAmb; do
        expect_equal "capabilities ($set)" 0000000000000000 "$(awk "/^$set:/ { print \$2 }" "/proc/$pid/status")"
    done
    expect_equal "no new privileges" 1 "$(awk '/^NoNewPrivs:/ { print $2 }' "/proc/$pid/status")"
    expect_equal "seccomp filter" 2 "$(awk '/^Seccomp:/ { print $2 }' "/proc/$pid/status")"
    expect_match "QEMU's own sandbox" 'sandbox on' "$(tr '\0' ' ' <"/proc/$pid/cmdline")"
done
expect_equal "definitions are root's" "600" "$(stat -c %a "$state/objects/virtualmachineinstances/$ns/one.yaml")"
note "one guest's user cannot read another's disks"
disk=$(find "$state/scratch/$ns/two" -type f | head -n 1)
expect_refused 'denied' setpriv --reuid "$(stat -c %u "/proc/$one")" --clear-groups cat "$disk"

note "a guest's scope has the devices that QEMU needs, and no other, whoever would run there"
mknod /run/kmsg c 1 11
in_scope() {
    bash -c 'echo $$ >"/sys/fs/cgroup$1/cgroup.procs" && exec 3<"$2"' in_scope "$(systemctl show -P ControlGroup "$(scope one)")" "$1"
}
(exec 3</run/kmsg) || fail "it cannot be opened anyway"
in_scope /dev/urandom
expect_refused 'not permitted' in_scope /run/kmsg

note "an image that somebody put there for all to read is not, once it is used"
claim data
until_signal 300 claim_bound data
image=$(claim_image data)
truncate -s 8M "$image"
chmod 644 "$image"
disks='- name: data
  disk:
    bus: virtio' volumes='- name: data
  persistentVolumeClaim:
    claimName: data' blank_vmi reader | apply
expect_equal "its mode" 600 "$(stat -c %a "$image")"
