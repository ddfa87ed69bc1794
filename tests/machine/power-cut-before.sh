#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# First half of the power cut: applies one object after the other for as long as there is power. Prints "applied NAME NUMBER"
# when vmictl has said so.
set -euo pipefail

mkdir -p /etc/vmi/vmid.conf.d
printf '[Manager]\nUseEmulation=yes\n' >/etc/vmi/vmid.conf.d/50-tests.conf
systemctl start vmid || { journalctl --no-pager -u vmid && exit 1; }

vmictl apply -f - <<EOF
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata:
  name: running
spec:
  domain:
    # Emulated in an emulation, its firmware would take all there is from those that this is about.
    resources:
      limits:
        cpu: 50m
    memory:
      guest: 32Mi
    devices:
      autoattachPodInterface: false
      disks:
      - name: empty
        disk:
          bus: virtio
  volumes:
  - name: empty
    emptyDisk:
      capacity: 4Mi
EOF
echo "applied vmi running"

secret() { # NAME NUMBER
    # Long, so that half a file would show.
    vmictl apply -f - >/dev/null <<EOF
apiVersion: v1
kind: Secret
metadata:
  name: $1
stringData:
  number: "$2"
  filler: "$(printf "%04000d" "$2")"
EOF
}

# Several in one manifest: all of them or none.
together() { # NUMBER
    for name in together-a together-b together-c; do
        printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {number: "%s", filler: "%04000d"}\n---\n' "$name" "$1" "$1"
    done | vmictl apply -f - >/dev/null
}

for ((n = 1; ; n++)); do
    together "$n" || { echo "FAIL: together $n is not taken" && exit 1; }
    echo "applied together $n"
done &
# New ones, and an old one with other contents, at the same time: when one is reported, the other is in the middle of its apply.
for ((n = 1; ; n++)); do
    secret changing "$n" || { echo "FAIL: changing $n is not taken" && exit 1; }
    echo "applied changing $n"
done &
for ((i = 1; ; i++)); do
    secret "new-$i" "$i"
    echo "applied new-$i $i"
done
