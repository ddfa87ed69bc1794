#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# Debian: one
# What the running service says about itself is what the contract says, for each of its interfaces: names, types, directions, argument
# names, access, change signals.
. "$(dirname "$0")/lib.sh"

contract=$service_dir/../../dbus/org.example.Vmi1.xml
[[ -e $contract ]] || contract=/usr/share/dbus-1/interfaces/org.example.Vmi1.xml

introspect() { # PATH FILE
    busctl introspect --xml-interface org.example.Vmi1 "$1" >"$2"
}

objects=$(mktemp -d)
scenario_end() {
    rm -r "$objects"
}
claim disk
introspect /org/example/Vmi1 "$objects/Manager"
introspect /org/example/Vmi1/pool/default "$objects/Pool"
introspect "/org/example/Vmi1/volume/$ns/disk" "$objects/Volume"

# A job lives no longer than what it does: starting QEMU takes longer than asking, but be patient with a slow machine.
blank_vmi one | apply
introspect "$(instance_path one)" "$objects/Instance"
for _ in {1..5}; do
    qemu=$(leader one)
    job=$(busctl --json=short call org.example.Vmi1 "$(instance_path one)" org.example.Vmi1.Instance Restart 'a{sv}' 1 force b true |
        jq -r '.data[0]')
    introspect "$job" "$objects/Job" || true
    until_runs_anew one "$qemu"
    ! grep -q org.example.Vmi1.Job "$objects/Job" || break
done

python3 - "$contract" "$objects"/* <<'EOF'
import sys
import xml.etree.ElementTree as tree

def describe(member):
    annotations = {a.get("name"): a.get("value") for a in member.findall("annotation")}
    # "in" and, for signals, no direction at all are what a missing attribute means
    arguments = [(a.get("name"), a.get("type"), a.get("direction") or ("out" if member.tag == "signal" else "in"))
                 for a in member.findall("arg")]
    changes = annotations.get("org.freedesktop.DBus.Property.EmitsChangedSignal", "true")
    privileged = annotations.get("org.freedesktop.systemd1.Privileged", "false")
    return (member.get("type"), member.get("access"), changes, privileged, arguments)

def interfaces(file):
    return {i.get("name"): {(m.tag, m.get("name")): describe(m) for m in i if m.tag != "annotation"}
            for i in tree.parse(file).getroot().findall("interface") if i.get("name").startswith("org.example.")}

expected = interfaces(sys.argv[1])
found = {}
for file in sys.argv[2:]:
    found.update(interfaces(file))
wrong = [f"interface {name}: only in the {'contract' if name in expected else 'service'}"
         for name in expected.keys() ^ found.keys()]
for name in sorted(expected.keys() & found.keys()):
    for member in sorted(expected[name].keys() | found[name].keys()):
        a, b = expected[name].get(member), found[name].get(member)
        if a != b:
            wrong.append(f"{name} {member[0]} {member[1]}:\n  contract {a}\n  service  {b}")
print("\n".join(wrong))
sys.exit(bool(wrong))
EOF
