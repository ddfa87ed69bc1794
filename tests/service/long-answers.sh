#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Tier: long
# What is more than a message of the bus may hold is refused, and given in parts by methods that the refusal names; whatever is asked, vmid
# goes on. (Bounds and parts by number: bounded.sh.)
. "$(dirname "$0")/lib.sh"

dir=$(mktemp -d)
is_ready() {
    [[ $(busctl get-property org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager State) == 's "running"' ]]
}

scenario_end() {
    rm -rf "$dir"
    systemctl restart vmid
    until_signal 300 is_ready # it has much to read before
    for kind in cm vmi; do
        v get "$kind" -o name | sed 's,.*/,,' | xargs -r vmictl -n "$ns" delete "$kind" >/dev/null
    done
}

manager() {
    busctl call org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager "$@"
}

nobody() {
    setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

# COUNT ConfigMaps of SIZE bytes, from the FIRSTth.
config_maps() { # FIRST COUNT SIZE
    python3 - "$@" <<'PYTHON'
import sys
first, count, size = map(int, sys.argv[1:])
for i in range(first, first + count):
    print(f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: map-{i:03}}}\ndata: {{text: {'x' * (size - 4)}}}")
PYTHON
}

# An instance that waits for a claim for ever, with as many labels as fit into BYTES of keys and values, each as short as can be.
labelled() { # NAME BYTES
    python3 - "$@" <<'PYTHON'
import sys
labels = [f"l{i}" for i in range(100000)]
total, kept = 0, []
while (total := total + len(labels[len(kept)])) <= int(sys.argv[2]):
    kept.append(labels[len(kept)])
print(f"""---
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata:
  name: {sys.argv[1]}
  labels: {{{", ".join(label + ": ''" for label in kept)}}}
spec:
  domain: {{memory: {{guest: 32Mi}}, devices: {{disks: [{{name: a, disk: {{bus: virtio}}}}]}}}}
  volumes: [{{name: a, persistentVolumeClaim: {{claimName: missing}}}}]""")
PYTHON
}

process=$(systemctl show -P MainPID vmid)

note "data that is more than a message"
for first in 0 7 14; do
    config_maps "$first" 7 1048576 | apply >/dev/null
done
expect_refused 'GetPage' manager Get ssss cm "$ns" '' yaml
expect_refused 'GetPage' manager Get ssss cm "$ns" '' json
expect_equal "one of them" 1048572 "$(manager Get ssss cm "$ns" map-000 json --json=short | jq -r '.data[0]' | jq '.data.text | length')"
v get cm -o json >"$dir/all"
expect_equal "in JSON" "21 1048572" "$(jq -r '[(.items | length), (.items[20].data.text | length)] | join(" ")' "$dir/all")"
v get cm -o yaml >"$dir/all"
expect_equal "in YAML" 21 "$(python3 -c '
import sys, yaml
names = {item["metadata"]["name"] for item in yaml.load(open(sys.argv[1]), yaml.CSafeLoader)["items"]}
print(len(names))' "$dir/all")"

note "labels that are more than a message"
labelled too-many 70000 >"$dir/manifest"
expect_refused 'metadata.labels: 69998 bytes.*64Ki' v apply -f "$dir/manifest"
for tens in {1..5}; do
    for ones in {0..9}; do
        labelled "many-$tens$ones" 65536
    done | v apply --no-block -f - >/dev/null
done
expect_refused 'ListPage' nobody busctl call org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager List sss vmi "$ns" ''
expect_refused 'ListPage' nobody busctl call org.example.Vmi1 /org/example/Vmi1 org.freedesktop.DBus.ObjectManager GetManagedObjects
nobody busctl tree --list org.example.Vmi1 >"$dir/all"
expect_equal "in the tree" 50 "$(grep -c /many_2d "$dir/all")"
expect_equal "in a table" 50 "$(nobody vmictl -n "$ns" get vmi --no-legend | grep -c ^many-)"
nobody busctl call org.example.Vmi1 "$(instance_path many-10)" org.freedesktop.DBus.Properties GetAll s org.example.Vmi1.Instance >/dev/null

expect_equal "vmid's process" "$process" "$(systemctl show -P MainPID vmid)"
