#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# Debian: one
# A manifest that is applied again leaves alone what `attach --persist` added, and takes back what it no longer says.
. "$(dirname "$0")/lib.sh"

scratch=$(mktemp -d)
scenario_end() {
    rm -rf "$scratch"
}
says() { # FILE
    v apply -f "$1" 2>/dev/null
}
volumes_of() {
    v get vmi web -o json | jq -r '[.spec.volumes[].name] | join(" ")'
}

claim extra 8Mi
blank_vmi web | sed 's/^metadata:/&\n  labels: {tier: front, zone: a}/' >"$scratch/web.yaml"
expect_equal "new" 'virtualmachineinstance/web created' "$(says "$scratch/web.yaml")"
until_phase web Running
expect_equal "again" 'virtualmachineinstance/web unchanged' "$(says "$scratch/web.yaml")"

note "what was attached for good stays"
v attach web --disk extra --claim extra --persist
expect_equal "with an attached disk" 'virtualmachineinstance/web unchanged' "$(says "$scratch/web.yaml")"
expect_equal "volumes" 'empty extra' "$(volumes_of)"
[[ $(v get vmi web -o yaml) != *appliedFields* ]] || fail "what vmid keeps for itself is printed"

note "what the manifest no longer says goes, and nothing else"
sed 's/, zone: a//' "$scratch/web.yaml" >"$scratch/without.yaml"
expect_equal "without a label" 'virtualmachineinstance/web configured' "$(says "$scratch/without.yaml")"
expect_equal "again" 'virtualmachineinstance/web unchanged' "$(says "$scratch/without.yaml")"
expect_equal "labels" 'tier' "$(v get vmi web -o json | jq -r '.metadata.labels | keys | join(" ")')"
expect_equal "volumes" 'empty extra' "$(volumes_of)"

note "what does not fit what was attached is refused"
sed 's/^  volumes:/&\n  - {name: extra, emptyDisk: {capacity: 1Mi}}/' "$scratch/without.yaml" >"$scratch/taken.yaml"
expect_refused 'its spec differs' v apply -f "$scratch/taken.yaml"

note "what was attached and detached for good is gone"
v detach web --disk extra --persist
expect_equal "as it was applied" 'virtualmachineinstance/web unchanged' "$(says "$scratch/without.yaml")"
expect_equal "volumes" 'empty' "$(volumes_of)"
