#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Debian: one
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
until_signal 300 claim_bound data
disks='- name: data
  disk:
    bus: virtio' volumes='- name: data
  persistentVolumeClaim:
    claimName: data' blank_vmi web | apply
[[ -s $(claim_image data) ]] || fail "there is no image on the mounted pool"
v delete --force vmi web
v delete pvc data
[[ ! -e $(dirname "$(claim_image data)") ]] || fail "the claim is deleted and its data is there"

note "what somebody mounted inside of a claim is not emptied with it"
claim other
until_signal 300 claim_bound other
inside=$(dirname "$(claim_image other)")/inside
mkdir "$inside"
mount -t tmpfs tmpfs "$inside"
touch "$inside/precious"
v delete pvc other
problem() {
    busctl get-property org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager Problems | grep -q 'data of a deleted claim is still there.*mounted'
}
until_signal 300 problem || fail "nobody says that something is left"
inside=$(findmnt -rno TARGET -t tmpfs | grep '/\.deleted/.*/inside$')
[[ -e $inside/precious ]] || fail "it was emptied"
umount "$inside"
