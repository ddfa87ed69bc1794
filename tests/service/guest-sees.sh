#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# What the manifest says is what the guest sees, and its console is a file descriptor from the daemon: readable, writable, shared, and a client
# that vanishes hurts nobody. One guest for all that only looks at one: it is the boot that takes the time.
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

note "the console"
expect_equal "a question" 42 "$(guest seer 'echo $((6 * 7))')"
expect_equal "an exit status" 3 "$(guest seer 'sh -c "exit 3"' || echo $?)"

note "two clients see the same"
exec {first}< <(exec vmictl -n "$ns" console seer </dev/null 2>&1)
first_process=$!
expect_match "the second" both "$(guest seer 'echo bo"th"')"
until_line 300 'both' cat <&"$first" >/dev/null

note "a client that vanishes in mid-output"
kill -KILL "$first_process"
exec {first}<&-
guest seer 'i=0; while [ $i -lt 2000 ]; do echo "line $i of much output that nobody may read"; i=$((i+1)); done' >/dev/null
expect_equal "still talks" here "$(guest seer 'echo here')"

note "one that never reads is dropped, not waited for"
mkfifo /tmp/stuck.$$
# Holds the descriptor, reads nothing: its own output is a pipe nobody reads.
vmictl -n "$ns" console seer </dev/null 8<>/tmp/stuck.$$ >&8 2>&1 &
stuck=$!
for _ in 1 2 3; do
    guest seer 'i=0; while [ $i -lt 4000 ]; do echo "line $i of output for one who does not listen, and it is long"; i=$((i+1)); done' >/dev/null
done
busctl call org.example.Vmi1 /org/example/Vmi1 org.freedesktop.DBus.Peer Ping
expect_equal "still talks" there "$(guest seer 'echo there')"
kill "$stuck" 2>/dev/null || true
rm -f /tmp/stuck.$$

note "the journal has what the guest printed"
expect_match "logs" 'hello: ready' "$(v logs seer)"
expect_match "journalctl" 'hello: ready' "$(journalctl --no-pager -o cat --since "@$since" | grep 'hello: ready' | head -n 1)"
