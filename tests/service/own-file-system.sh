#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The default pool may be a file system of its own, as an administrator with a second disk has it.
. "$(dirname "$0")/lib.sh"

pool=$state/pools/default
scenario_end() {
    delete_everything
    systemctl stop vmid
    umount "$pool"
    systemctl start vmid
    vmictl apply -f - >/dev/null <<<"{apiVersion: v1, kind: Namespace, metadata: {name: $ns}}"
}

systemctl stop vmid
mount -t tmpfs -o mode=711 tmpfs "$pool"
systemctl start vmid
claim data
until_signal 10 claim_bound data
disks='- name: data
  disk:
    bus: virtio' volumes='- name: data
  persistentVolumeClaim:
    claimName: data' blank_vmi web | apply
[[ -s $(claim_image data) ]] || fail "there is no image on the mounted pool"
v delete --force vmi web
v delete pvc data
[[ ! -e $(dirname "$(claim_image data)") ]] || fail "the claim is deleted and its data is there"
