#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# Debian: one
# Several kinds in one `vmictl get`, as kubectl takes them: KIND,KIND.
. "$(dirname "$0")/lib.sh"

claim data 1Mi
blank_vmi one | v apply -f -
blank_vmi two | v apply -f -

note "a table for each kind, after one another"
expect_equal "vmi,pvc" 'NAME|virtualmachineinstance/one|virtualmachineinstance/two||NAME|persistentvolumeclaim/data' \
    "$(v get vmi,pvc | awk '{ print $1 }' | paste -sd '|')"
expect_match "columns of claims" 'CAPACITY' "$(v get vmi,pvc | grep -A1 '^$')"
expect_equal "no table for what is not there" 'NAME|persistentvolumeclaim/data' \
    "$(v get secret,pvc | awk '{ print $1 }' | paste -sd '|')"
expect_equal "KIND/NAME of two kinds" 'virtualmachineinstance/two||persistentvolumeclaim/data' \
    "$(v get vmi/two pvc/data --no-legend | awk '{ print $1 }' | paste -sd '|')"
expect_equal "the same kind twice" 'NAME|one|two' "$(v get vmi,vmis | awk '{ print $1 }' | paste -sd '|')"
expect_equal "names" 'persistentvolumeclaim/data virtualmachineinstance/one virtualmachineinstance/two' \
    "$(v get pvc,vmi -o name | paste -sd ' ')"
expect_equal "a name of each kind" 'virtualmachineinstance/one' "$(v get vmi one -o name)"
expect_refused 'no PersistentVolumeClaim "one"' vmictl -n "$ns" get vmi,pvc one

note "one List, one JSON table"
expect_equal "-o json" 'List data one two' "$(v get pvc,vmi -o json | jq -r '[.kind] + [.items[].metadata.name] | join(" ")')"
expect_equal "-o yaml" 1 "$(v get pvc,vmi -o yaml | grep -c '^kind: List')"
expect_equal "--json" 'PersistentVolumeClaim VirtualMachineInstance VirtualMachineInstance' \
    "$(v get pvc,vmi --json | jq -r '[.objects[].kind] | join(" ")')"

note "what is no list of kinds"
for kinds in vmi,nothing 'vmi,' ',vmi' vmi,,pvc ''; do
    expect_refused 'unknown kind' vmictl -n "$ns" get "$kinds"
done
expect_refused '"all" already names every kind' vmictl -n "$ns" get vmi,all
expect_equal "described" '● vmi/one ● vmi/two ● pvc/data' "$(v describe vmi,pvc | sed -n 's/^\(● [^ ]*\) .*/\1/p' | paste -sd ' ')"
until_line 300 'VirtualMachineInstance +two' vmictl -n "$ns" get vmi,pvc --watch >/dev/null
