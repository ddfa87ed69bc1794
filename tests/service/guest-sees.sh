#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# What the manifest says is what the guest sees.
. "$(dirname "$0")/lib.sh"

hello_claim
claim data 24Mi
domain='cpu:
  cores: 2'
ports='- name: http
  port: 80
- name: echo
  port: 7'
disks='- name: data
  serial: DATA-0001
  disk:
    bus: virtio
- name: scratch
  serial: SCRATCH1
  disk:
    bus: scsi
- name: seed
  cdrom:
    bus: sata'
volumes='- name: data
  persistentVolumeClaim:
    claimName: data
- name: scratch
  emptyDisk:
    capacity: 12Mi
- name: seed
  cloudInitNoCloud:
    userData: |
      #!/bin/sh
      echo "user data ran on $(hostname)"
    networkData: |
      version: 2'
since=$(now)
hello_vmi seer | apply
until_greets seer "$since"
said=$(v logs seer)
for line in 'this is seer' '2 CPU\(s\)' "disk vdb: 24576 KiB, serial 'DATA-0001'" "disk sda: 12288 KiB, serial 'SCRATCH1'" \
    'address 10\.0\.2\.2/24' 'NoCloud seed found' 'user data ran on seer'; do
    expect_match "the guest's own words" "$line" "$said"
done
expect_match "the CD-ROM's files" 'meta-data.*network-config.*user-data' "$(guest seer 'mount -o ro /dev/sr0 /mnt 2>/dev/null; ls /mnt' | tr '\n' ' ')"
expect_match "networkData" 'version: 2' "$(guest seer 'cat /mnt/network-config')"
expect_match "the CD-ROM is read-only" 'Read-only' "$(guest seer 'echo x >/mnt/x' 2>&1 || true)"

note "a forwarded port answers, from outside"
forwards=$(property seer Forwards)
http=$(jq -r '.[] | select(.[3] == 80) | .[1] + ":" + (.[2] | tostring)' <<<"$forwards")
expect_equal "the address in the table" "${http%:*}" "$(v get vmi seer --json | jq -r '.objects[0].ip')"
echo_port=$(jq -r '.[] | select(.[3] == 7) | .[1] + ":" + (.[2] | tostring)' <<<"$forwards")
expect_match "the page" 'hello from seer' "$(printf 'GET / HTTP/1.0\r\n\r\n' | socat -t 10 - "TCP:$http")"
expect_equal "the echo" "through and back" "$(echo "through and back" | socat -t 10 - "TCP:$echo_port")"
