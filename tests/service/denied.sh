#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# Debian: one
# Who has no permission gets told so, at once, and nothing happens; reading is for everybody but secrets.
. "$(dirname "$0")/lib.sh"

as_nobody() {
    setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
blank_vmi mine >/tmp/mine.yaml
chmod a+r /tmp/mine.yaml
expect_refused 'denied|not authorized|permission|authentication' as_nobody vmictl --no-ask-password -n "$ns" apply -f /tmp/mine.yaml
expect_equal "nothing happened" "" "$(v get vmi --no-legend)"
v apply -f /tmp/mine.yaml
for verb in "stop --force" "restart --force" pause "delete --force vmi"; do
    # shellcheck disable=SC2086 # verb and options
    expect_refused 'denied|not authorized|permission|authentication' as_nobody vmictl --no-ask-password -n "$ns" $verb mine
done
expect_refused 'denied|not authorized|permission|authentication' as_nobody vmictl --no-ask-password -n "$ns" console mine
expect_equal "phase" Running "$(phase mine)"
apply <<EOF
apiVersion: v1
kind: Secret
metadata:
  name: hush
stringData:
  word: swordfish
EOF
if as_nobody vmictl -n "$ns" get secret hush -o yaml 2>&1 | grep -E 'swordfish|c3dvcmRmaXNo'; then
    fail "a secret was shown to somebody without permission"
fi

note "every method of the contract, on the bus: it only reads, or it is refused"
# Of a stop that firmware never obeys, so that there is a job for as long as this lasts.
grace=600 blank_vmi slow | v apply -f -
job=$(v stop --no-block slow)
claim disk
contract=$service_dir/../../dbus/org.example.Vmi1.xml
[[ -e $contract ]] || contract=/usr/share/dbus-1/interfaces/org.example.Vmi1.xml
state_of_all() {
    v get vmi,pvc,cm,secret -o yaml
    # Others come and go beside this.
    busctl --json=short call org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager ListJobs |
        jq -c --arg own "/instance/$ns/" '.data[0][] | select(.[2] | contains($own))'
}
before=$(state_of_all)
python3 - "$contract" "$ns" "$(instance_path mine)" "$job" <<'EOF'
import subprocess, sys
import xml.etree.ElementTree as tree

contract, namespace, instance, job = sys.argv[1:]
# What is open to everybody, by design (vmid(8)); whatever else the contract has, today or later, must be refused.
OPEN = {"Manager.List", "Manager.ListPage", "Manager.GetInstance", "Manager.ListJobs"}
OBJECTS = {"Manager": "/org/example/Vmi1", "Instance": instance, "Job": job,
           "Volume": f"/org/example/Vmi1/volume/{namespace}/disk", "Pool": "/org/example/Vmi1/pool/default"}
manifest = f"{{apiVersion: v1, kind: Secret, metadata: {{name: intruder, namespace: {namespace}}}}}"
# Right ones, so that nothing but permission is missing: by name, else by type.
VALUES = {"manifest": manifest, "kind": "vmi", "namespace": namespace, "name": "mine", "format": "yaml", "selector": "", "continue": "",
          "disk": "data", "claim": "disk"}
BY_TYPE = {"a{sv}": "{}", "s": "x", "u": "1", "t": "1", "b": "true", "as": "[]", "o": instance}

def call(interface, method):
    arguments = [VALUES[a.get("name")] if a.get("type") == "s" and a.get("name") in VALUES else BY_TYPE[a.get("type")]
                 for a in method.findall("arg") if a.get("direction") != "out"]
    return subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "gdbus", "call", "--system",
                           "--dest", "org.example.Vmi1", "--object-path", OBJECTS[interface.rsplit(".", 1)[1]],
                           "--method", f"{interface}.{method.get('name')}", *arguments],
                          capture_output=True, text=True, timeout=300)

wrong, seen = [], set()
for interface in tree.parse(contract).getroot().findall("interface"):
    for method in interface.findall("method"):
        name = f"{interface.get('name').rsplit('.', 1)[1]}.{method.get('name')}"
        seen.add(name)
        answer = call(interface.get("name"), method)
        refused = "org.example.Vmi1.Error.AccessDenied" in answer.stderr
        if (name in OPEN) == refused or name in OPEN and answer.returncode != 0:
            wrong.append(f"{name}: {answer.stdout}{answer.stderr}")
wrong += [f"{name}: not in the contract" for name in OPEN - seen]
print(f"# {len(seen)} methods")
print("\n".join(wrong), file=sys.stderr)
sys.exit(bool(wrong))
EOF
expect_equal "after all that" "$before" "$(state_of_all)"
expect_refused 'denied|Access' as_nobody busctl set-property org.example.Vmi1 /org/freedesktop/LogControl1 org.freedesktop.LogControl1 LogLevel s debug
