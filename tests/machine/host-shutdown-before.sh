#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# First half of the host's shutdown: two guests run, and the machine is powered off in order. What vmid says meanwhile is kept.
set -euo pipefail

mkdir -p /etc/vmi/vmid.conf.d /var/lib/vmi/journal /var/log/journal
printf '[Manager]\nUseEmulation=yes\n' >/etc/vmi/vmid.conf.d/50-tests.conf
mount --bind /var/lib/vmi/journal /var/log/journal
journalctl --flush
systemctl restart vmid || { journalctl --no-pager -u vmid && exit 1; }

for name in first second; do
    vmictl apply -f - <<EOT
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: $name
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 1Mi
---
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata:
  name: $name
spec:
  # Emulated in an emulation: time enough.
  terminationGracePeriodSeconds: 300
  startStrategy: Paused
  domain:
    memory:
      guest: 32Mi
    devices:
      interfaces:
      - name: default
        masquerade: {}
        ports:
        - port: 22
      disks:
      - name: root
        disk:
          bus: virtio
  networks:
  - name: default
    pod: {}
  volumes:
  - name: root
    persistentVolumeClaim:
      claimName: $name
EOT
    dd if=/tests/obedient.img of="/var/lib/vmi/pools/default/default/$name/disk.img" conv=notrunc status=none
    vmictl unpause "$name"
done
for name in first second; do
    grep -q -m 1 'up$' < <(exec timeout 300 vmictl logs --follow "$name") || { echo "FAIL: $name does not come up" && exit 1; }
done
vmictl get vmi
for name in first second; do
    vmictl get vmi "$name" -o json | jq -r '.metadata.annotations["vmi.example.org/host-ports"]' >"/var/lib/vmi/journal/ports-$name"
done
echo "# off it goes"
systemctl poweroff
# Nobody reads the status of what is stopped with the rest.
sleep infinity
