#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# The affinity of every IOThread, as the kernel has it, is the plan.
. "$(dirname "$0")/lib.sh"

[[ $(nproc) -ge 2 ]] || skip "one CPU: nothing to pin to"

check_threads() { # NAME EXPECTED-COUNT
    local threads id tid planned actual seen
    threads=$(property "$1" IOThreads)
    expect_equal "threads of $1" "$2" "$(jq length <<<"$threads")"
    while read -r id tid planned actual; do
        expect_equal "thread $id of $1, as published" "$planned" "$actual"
        expect_match "its name" "IO iothread$id" "$(cat "/proc/$(leader "$1")/task/$tid/comm")"
        seen=$(awk '/^Cpus_allowed_list:/ { print $2 }' "/proc/$(leader "$1")/task/$tid/status")
        expect_equal "thread $id of $1, in the kernel" "$planned" "$(cpus "$seen")"
    done < <(jq -r '.[] | "\(.[0]) \(.[1]) \(.[2] | map(tostring) | join(",")) \(.[3] | map(tostring) | join(","))"' <<<"$threads")
}

cpus() { # "0-2,5" as "0,1,2,5"
    python3 -c 'import sys
print(",".join(str(c) for p in sys.argv[1].split(",") for a, _, b in [p.partition("-")] for c in range(int(a), int(b or a) + 1)))' "$1"
}

more_disks() { # COUNT [EXTRA]
    local i
    for ((i = 1; i <= $1; i++)); do
        printf -- '- name: d%d\n  disk:\n    bus: virtio\n%s' "$i" "${2-}"
    done
}
more_volumes() {
    local i
    for ((i = 1; i <= $1; i++)); do
        printf -- '- name: d%d\n  emptyDisk:\n    capacity: 1Mi\n' "$i"
    done
}

domain='ioThreadsPolicy: shared' disks=$(more_disks 2) volumes=$(more_volumes 2) blank_vmi shared | apply
check_threads shared 1

# As upstream's page has it: auto makes twice as many threads as vCPUs at most.
domain='ioThreadsPolicy: auto
cpu:
  cores: 1' disks=$(more_disks 4) volumes=$(more_volumes 4) blank_vmi auto | apply
check_threads auto 2

disks=$(more_disks 2 $'  dedicatedIOThread: true\n') volumes=$(more_volumes 2) blank_vmi dedicated | apply
# One of its own for each, and one that the first disk has with whoever comes.
check_threads dedicated 3

domain='ioThreadsPolicy: supplementalPool
ioThreads:
  supplementalPoolThreadCount: 3' disks=$(more_disks 2) volumes=$(more_volumes 2) blank_vmi pool | apply
check_threads pool 3

note "also after vmid was restarted"
systemctl restart vmid
check_threads pool 3
check_threads shared 1
