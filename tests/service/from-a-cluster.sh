#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# Debian: one
# Manifests go to and fro between a cluster and here: what is printed has only fields of KubeVirt's API and is unchanged when it is
# applied again; what stands beside a guest in a cluster is skipped.
. "$(dirname "$0")/lib.sh"

scratch=$(mktemp -d)
scenario_end() {
    rm -rf "$scratch"
}
claim_has_its_reason() {
    v get pvc claim -o yaml | grep -q 'there is no storage class'
}

{
    blank_vmi guest | sed 's/^spec:/&\n  nodeSelector:\n    disk: ssd/'
    printf -- '---\n{apiVersion: v1, kind: Service, metadata: {name: beside}, spec: {ports: [{port: 22}]}}\n'
    printf -- '---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: claim},\n'
    printf 'spec: {storageClassName: elsewhere, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}}\n'
} >"$scratch/manifest.yaml"
v apply -f "$scratch/manifest.yaml" >"$scratch/out" 2>"$scratch/err"
expect_match "the guest" 'virtualmachineinstance/guest created' "$(cat "$scratch/out")"
expect_match "the Service" 'service/beside skipped, as kind Service has no effect here: ' "$(cat "$scratch/out")"
expect_equal "said of it besides" '' "$(grep 'service/beside' "$scratch/err" || true)"

note "a machine type of another distribution's QEMU"
domain=$'machine:\n  type: pc-q35-rhel9.2.0' blank_vmi rhel >"$scratch/rhel.yaml"
expect_refused 'no machine type "pc-q35-rhel9.2.0"; use one of .*pc-q35-[0-9]' v apply -f "$scratch/rhel.yaml"

note "what is printed"
until_signal 300 claim_has_its_reason
for format in yaml json; do
    v get vmi guest -o $format >"$scratch/guest.$format"
    v get vmi/guest pvc/claim -o $format >"$scratch/list.$format"
done
python3 - "$scratch" <<'PYTHON'
import json, sys
single, several = (json.load(open(f"{sys.argv[1]}/{name}.json")) for name in ("guest", "list"))
assert single["status"]["phase"] == "Running", single["status"]
assert "nodeSelector" in single["metadata"]["annotations"]["vmi.example.org/warnings"], single["metadata"]
assert not {"message", "warnings"} & set(single["status"]), single["status"]
guest, claim = several["items"]
assert guest == single, (guest, single)
assert set(claim["status"]) == {"phase", "conditions"}, claim["status"]
ready = claim["status"]["conditions"][0]
assert ready["status"] == "False" and "elsewhere" in ready["message"], ready
PYTHON

note "and applied again"
for file in guest.yaml guest.json list.yaml list.json; do
    v apply -f "$scratch/$file" >"$scratch/out"
    expect_equal "changed by $file" '' "$(grep -v unchanged "$scratch/out" || true)"
done

note "and deleted"
v delete -f "$scratch/manifest.yaml" >"$scratch/out" 2>"$scratch/err"
expect_match "the Service" 'Service "beside" is skipped' "$(cat "$scratch/err")"
expect_equal "left" '' "$(v get vmi -o name)$(v get pvc -o name)"
