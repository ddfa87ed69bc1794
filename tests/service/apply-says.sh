#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# Debian: one
# What `vmictl apply` prints where there is no terminal: a line for each object, a line for each step of each guest, and none twice.
. "$(dirname "$0")/lib.sh"

scratch=$(mktemp -d)
scenario_end() {
    rm -rf "$scratch"
}

for name in a b c d; do
    blank_vmi "$name"
    printf -- '---\n'
done >"$scratch/guests.yaml"
v apply -f "$scratch/guests.yaml" >"$scratch/out" 2>"$scratch/err"
expect_equal "guests" 4 "$(grep -c ' created$' "$scratch/out")"
expect_equal "guests with steps" 'vmi/a vmi/b vmi/c vmi/d' "$(sed -n 's,^\(vmi/.\): .*,\1,p' "$scratch/err" | sort -u | paste -sd ' ')"
expect_equal "said twice" '' "$(sort "$scratch/err" | uniq -d)"

note "what is skipped is said once, with the reason"
printf '{apiVersion: v1, kind: Service, metadata: {name: beside}, spec: {ports: [{port: 22}]}}\n' >"$scratch/service.yaml"
v apply -f "$scratch/service.yaml" >"$scratch/both" 2>&1
expect_equal "lines about it" 1 "$(grep -c beside "$scratch/both")"
expect_match "the line" '^service/beside skipped, as kind Service has no effect here: .' "$(cat "$scratch/both")"

note "a guest that has ended is not started by applying it again, and that is said"
blank_vmi a >"$scratch/a.yaml"
expect_equal "while it runs" 'virtualmachineinstance/a unchanged' "$(v apply -f "$scratch/a.yaml" 2>/dev/null)"
v stop --force a
expect_equal "when it has ended" "virtualmachineinstance/a unchanged; it is not running (Succeeded), to start it: vmictl start -n $ns a" \
    "$(v apply -f "$scratch/a.yaml" 2>/dev/null)"

note "a start that waits is given up by a stop"
volumes='- {name: root, persistentVolumeClaim: {claimName: nowhere}}' disks='- {name: root, disk: {bus: virtio}}' blank_vmi waits >"$scratch/waits.yaml"
v apply -f "$scratch/waits.yaml" 2>/dev/null || true
expect_equal "before" Pending "$(phase waits)"
expect_equal "what is said" 'virtualmachineinstance/waits stopped' "$(v stop waits 2>/dev/null)"
expect_equal "after" Failed "$(phase waits)"
expect_equal "again" 'virtualmachineinstance/waits unchanged' "$(v stop waits 2>/dev/null)"
