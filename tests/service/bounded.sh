#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Debian: one
# Objects and namespaces are bounded, and long lists are given in parts. (Answers that are longer than a message: long-answers.sh, at length.)
. "$(dirname "$0")/lib.sh"

settings=/etc/vmi/vmid.conf.d/90-bounded.conf
scenario_end() {
    rm -f "$settings"
    systemctl restart vmid
    v delete cm "map-"{10..22} >/dev/null 2>&1
}

config_map() { # NUMBER SIZE
    printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: map-%d}\ndata: {text: %s}\n' "$1" "$(printf 'x%.0s' $(seq "$2"))"
}

note "labels"
labels=$(seq -f 'l%g: ""' -s ', ' 20000)
expect_refused 'metadata.labels: [0-9]+ bytes.*64Ki' v apply -f <(echo "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {$labels}}}")

note "a list in parts, while objects come and go"
for number in {10..21}; do config_map "$number" 1000; done | apply >/dev/null
python3 - "$ns" <<'PYTHON'
import json, subprocess, sys

namespace, = sys.argv[1:]
def page(position):
    reply = subprocess.run(["busctl", "--json=short", "call", "org.example.Vmi1", "/org/example/Vmi1", "org.example.Vmi1.Manager",
                            "ListPage", "ssssu", "cm", namespace, "", position, "5"], check=True, capture_output=True).stdout
    rows, position = json.loads(reply)["data"]
    return [row[2] for row in rows], position

names, position = page("")
assert len(names) == 5 and position, (names, position)
subprocess.run(["vmictl", "-n", namespace, "delete", "cm", names[-1], "map-20"], check=True)
while position:
    assert len(names) % 5 == 0, names
    more, position = page(position)
    names += more
assert names == [f"map-{i}" for i in range(10, 22) if i != 20], names
PYTHON
expect_refused 'does not say where to continue' busctl call org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager \
    ListPage ssssu cm "$ns" '' nonsense 0

note "a namespace that is full: what is there can still be changed, in its bounds, and deleted"
printf '[Manager]\nNamespaceMaxObjects=10\n' >"$settings"
systemctl restart vmid
expect_refused 'ConfigMap "map-22": namespace "'"$ns"'" may have 10 objects at most.*NamespaceMaxObjects=' v apply -f <(config_map 22 100)
config_map 21 200 | apply
printf '[Manager]\nNamespaceMaxSize=16K\n' >"$settings"
systemctl restart vmid
expect_refused 'the objects of namespace "'"$ns"'" may have 16384 bytes in all.*NamespaceMaxSize=' v apply -f <(config_map 22 10000)
config_map 21 100 | apply
v delete cm map-21
