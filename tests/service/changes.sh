#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# Debian: one
# What vmid says on the bus when something changes: ObjectChanged for every kind, and nothing of what is in the object;
# PropertiesChanged with what changed, once, and with nothing else.
. "$(dirname "$0")/lib.sh"

scenario_end() {
    v delete cm after 2>/dev/null
}
claim disk
until_signal 300 claim_bound disk
volumes='- name: data
  persistentVolumeClaim:
    claimName: disk' disks='- name: data
  disk:
    bus: virtio' blank_vmi one | apply

PYTHONPATH=$service_dir PYTHONDONTWRITEBYTECODE=1 python3 - "$ns" "$(instance_path one)" <<'PYTHON'
import collections, json, os, select, subprocess, sys

ns, instance = sys.argv[1:]
LIMIT = 300
MARK = "org.example.VmiTests"
VOLUME = f"/org/example/Vmi1/volume/{ns}/disk"


class Monitor:
    """The signals of vmid, all since it listens."""

    def __init__(self):
        self.process = subprocess.Popen(["busctl", "monitor", "--json=short", "--match=type='signal',path_namespace='/org/example/Vmi1'",
                                         f"--match=type='signal',interface='{MARK}'"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.rest, self.signals = b"", []
        # Not every busctl says that it listens.
        while not self.read(1, lambda: self.members("Mark")):
            subprocess.run(["busctl", "emit", "/mark", MARK, "Mark"], check=True)

    def read(self, seconds, condition):
        while not condition():
            if not select.select([self.process.stdout], [], [], seconds)[0]:
                return False
            self.rest += os.read(self.process.stdout.fileno(), 65536)
            *lines, self.rest = self.rest.split(b"\n")
            self.signals += [json.loads(line) for line in lines if line.startswith(b"{")]
        return True

    def until(self, what, condition):
        assert self.read(LIMIT, condition), f"not within {LIMIT} s: {what}; {self.members('ObjectChanged')}"

    def members(self, member):
        return [signal["payload"]["data"] for signal in self.signals if signal["member"] == member]

    def changes(self, kind, name):
        """[(uid, what), ...] that ObjectChanged has said."""
        return [tuple(data[3:]) for data in self.members("ObjectChanged") if data[0] == kind and data[1] in (ns, "") and data[2] == name]

    def until_change(self, kind, name, what):
        self.until(f"{kind} {name} {what}", lambda: what in [word for uid, word in self.changes(kind, name)])

    def properties(self, path):
        """How often each property of the object was in a PropertiesChanged."""
        counts = collections.Counter()
        for signal in self.signals:
            if signal["member"] == "PropertiesChanged" and signal["path"] == path:
                interface, changed, invalidated = signal["payload"]["data"]
                assert not invalidated, signal
                counts.update(changed.keys())
        return dict(counts)


def v(*arguments, manifest=None):
    return subprocess.run(["vmictl", "-n", ns, *arguments], check=True, input=manifest, capture_output=True, text=True).stdout


def manifest(kind, name, **rest):
    return json.dumps({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": rest.pop("labels", {})}, **rest})


monitor = Monitor()

print("# a pause: what it changes, once, and nothing of the claim that it does not change")
v("pause", "one")
pause_ends = lambda: [data for data in monitor.members("JobRemoved") if data[2] == instance]
monitor.until("the end of the pause", pause_ends)
# What was marked before this is sent before it.
v("apply", "-f", "-", manifest=manifest("ConfigMap", "after"))
monitor.until_change("ConfigMap", "after", "added")
found = monitor.properties(instance)
assert found == {"Paused": 1, "PausedSinceUSec": 1, "Reason": 1, "Message": 1, "Events": 1}, found
assert monitor.properties(VOLUME) == {}, monitor.properties(VOLUME)

print("# the claim's users, when they change")
v("stop", "--force", "one")
monitor.until("that the claim is free", lambda: monitor.properties(VOLUME))
assert monitor.properties(VOLUME) == {"Users": 1}, monitor.properties(VOLUME)

print("# every kind")
kinds = [("ConfigMap", "config", {"data": {"word": "swordfish"}}), ("Secret", "hush", {"stringData": {"word": "swordfish"}}),
         ("PersistentVolumeClaim", "more", {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}})]
for kind, name, rest in kinds:
    v("apply", "-f", "-", manifest=manifest(kind, name, **rest))
    monitor.until_change(kind, name, "added")
    v("apply", "-f", "-", manifest=manifest(kind, name, labels={"app": "x"}, **rest))
    monitor.until_change(kind, name, "changed")
    uid = json.loads(v("get", kind, name, "-o", "json"))["metadata"]["uid"]
    v("delete", kind, name)
    monitor.until_change(kind, name, "removed")
    changes = monitor.changes(kind, name)
    assert {said for said, word in changes} == {uid}, (uid, changes)
    words = [word for said, word in changes]
    assert words[0] == "added" and words[-1] == "removed" and set(words[1:-1]) == {"changed"}, words
v("delete", "--force", "vmi", "one")
monitor.until_change("VirtualMachineInstance", "one", "removed")
v("apply", "-f", "-", manifest=manifest("Namespace", ns + "-more"))
monitor.until_change("Namespace", ns + "-more", "added")
v("delete", "namespace", ns + "-more")
monitor.until_change("Namespace", ns + "-more", "removed")
namespaces = {data[1] for data in monitor.members("ObjectChanged") if data[2] == ns + "-more"}
assert namespaces == {""}, namespaces
everything = json.dumps(monitor.signals)
assert "swordfish" not in everything and "c3dvcmRmaXNo" not in everything

monitor.process.kill()
PYTHON
