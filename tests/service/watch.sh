#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Debian: one
# Vmictl: sanitized
# vmictl get --watch: every kind and every output, what was deleted, a selector, somebody without rights, a restart of vmid, control-C.
. "$(dirname "$0")/lib.sh"

scenario_end() {
    v delete cm old late 2>/dev/null
}
blank_vmi one | apply
apply <<END
apiVersion: v1
kind: ConfigMap
metadata:
  name: old
data:
  word: first
END

PYTHONPATH=$service_dir PYTHONDONTWRITEBYTECODE=1 python3 - "$ns" "$state/objects" <<'PYTHON'
import glob, json, os, re, select, signal, subprocess, sys

ns, store = sys.argv[1:]
LIMIT = 300
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]


class Watch:
    def __init__(self, *arguments, prefix=()):
        self.process = subprocess.Popen([*prefix, "vmictl", "-n", ns, "get", *arguments, "--watch"], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.output = ""

    def until(self, pattern):
        """Reads until what was printed since the last call matches; returns that."""
        while not re.search(pattern, self.output, re.MULTILINE):
            assert select.select([self.process.stdout], [], [], LIMIT)[0], f"no {pattern!r} in {self.output!r}"
            part = os.read(self.process.stdout.fileno(), 65536).decode()
            assert part, (f"no {pattern!r} in {self.output!r}", self.process.communicate())
            self.output += part
        seen, self.output = self.output, ""
        return seen

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        rest = self.process.communicate(timeout=LIMIT)[0].decode()
        # As a shell says it: 130.
        assert self.process.returncode == -signal.SIGINT, self.process.returncode
        return self.output + rest


def v(*arguments, manifest=None):
    return subprocess.run(["vmictl", "-n", ns, *arguments], check=True, input=manifest, capture_output=True, text=True).stdout


def apply(kind, name, namespace=ns, labels={}, **rest):
    metadata = {"name": name, "labels": labels, **({"namespace": namespace} if namespace else {})}
    v("apply", "-f", "-", manifest=json.dumps({"apiVersion": "v1", "kind": kind, "metadata": metadata, **rest}))


def documents(text):
    decoder, found = json.JSONDecoder(), []
    while text := text.lstrip():
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:]
    return found


print("# every output: what is there, then what changes, then what is gone")
table = Watch("cm")
wide = Watch("cm", "-o", "wide")
name = Watch("cm", "-o", "name")
rows = Watch("cm", "--json")
as_json = Watch("cm", "-o", "json")
as_yaml = Watch("cm", "-o", "yaml")
one = Watch("cm/old", "-o", "json")
everything = Watch("all", "-o", "name")
table.until(r"^NAME .*\nold ")
wide.until(r"^old ")
name.until(r"^configmap/old\n")
rows.until(r'"name": *"old"[^}]*\}\s*\]\s*\}')
assert documents(as_json.until(r"^\}\n"))[0]["data"] == {"word": "first"}
as_yaml.until(r"word: .?first")
one.until(r"^\}\n")
everything.until(r"virtualmachineinstance/one\n")
apply("ConfigMap", "new", data={"word": "second"})
assert "NAME" not in table.until(r"^new ")
wide.until(r"^new ")
name.until(r"^configmap/new\n")
rows.until(r'"name": *"new"[^}]*\}\s*\]\s*\}')
found = documents(as_json.until(r"^\}\n"))
assert [d["metadata"]["name"] for d in found] == ["new"], found
as_yaml.until(r"^---\n(.*\n)*.*word: .?second")
everything.until(r"^configmap/new\n")
apply("ConfigMap", "old", data={"word": "third"})
found = documents(as_json.until(r"^\}\n"))
assert [d["data"] for d in found] == [{"word": "third"}], found
as_yaml.until("word: .?third")
found = documents(one.until(r"^\}\n"))
assert [d["data"] for d in found] == [{"word": "third"}], found
v("delete", "cm", "new")
table.until(r"^new +Deleted")
wide.until(r"^new +Deleted")
name.until(r"^configmap/new\n")
rows.until(r'"name": *"new"[^}]*"phase": *"Deleted"')
found = documents(as_json.until(r"^\}\n"))
assert [(d["metadata"]["name"], d["data"]) for d in found] == [("new", {"word": "second"})], found
everything.until(r"^configmap/new\n")

print("# every kind")
kinds = {kind: Watch(kind, "-o", "name") for kind in ("ns", "secret", "pvc", "vmi")}
kinds["ns"].until(f"^namespace/{ns}\n")
kinds["vmi"].until("^virtualmachineinstance/one\n")
apply("Namespace", ns + "-more", namespace=None)
kinds["ns"].until(f"^namespace/{ns}-more\n")
everywhere = Watch("cm", "-A")
everywhere.until(f"^{ns} +old ")
apply("ConfigMap", "there", namespace=ns + "-more")
everywhere.until(f"^{ns}-more +there ")
v("delete", "-n", ns + "-more", "cm", "there")
everywhere.until(f"^{ns}-more +there +Deleted")
v("delete", "ns", ns + "-more")
kinds["ns"].until(f"^namespace/{ns}-more\n")
apply("Secret", "hush", stringData={"word": "swordfish"})
kinds["secret"].until("^secret/hush\n")
apply("PersistentVolumeClaim", "disk", spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}})
kinds["pvc"].until("^persistentvolumeclaim/disk\n")
v("pause", "one")
kinds["vmi"].until("^virtualmachineinstance/one\n")

print("# a selector: what begins and what ceases to match")
selected = Watch("cm", "-l", "app=x")
selected_json = Watch("cm", "-l", "app=x", "-o", "json")
apply("ConfigMap", "old", labels={"app": "x"}, data={"word": "third"})
selected.until("^old ")
selected_json.until(r"^\}\n")
apply("ConfigMap", "old", labels={"app": "y"}, data={"word": "third"})
selected.until("^old +Deleted")
selected_json.until(r"^\}\n")

print("# without rights: what the list shows, and no manifest")
stranger = Watch("secret", prefix=NOBODY)
stranger.until("^hush ")
apply("Secret", "hush", labels={"app": "x"}, stringData={"word": "swordfish"})
refused = subprocess.run([*NOBODY, "vmictl", "-n", ns, "get", "secret", "-o", "json", "--watch"], capture_output=True, text=True,
                         stdin=subprocess.DEVNULL, timeout=LIMIT)
assert refused.returncode not in (0, 2) and refused.stdout == "" and len(refused.stderr.splitlines()) == 1, refused

print("# vmid stopped: nobody who watches starts it; started: what changed meanwhile")
as_json.until("app")
subprocess.run(["systemctl", "stop", "vmid"], check=True)
[file] = glob.glob(f"{store}/*/{ns}/old.yaml")
os.unlink(file)
state = subprocess.run(["systemctl", "is-active", "vmid"], capture_output=True, text=True).stdout.strip()
assert state == "inactive", state
subprocess.run(["systemctl", "start", "vmid"], check=True)
table.until("^old +Deleted")
found = documents(as_json.until(r"^\}\n"))
assert found[-1]["metadata"]["name"] == "old", found
apply("ConfigMap", "late", data={"word": "fourth"})
table.until("^late ")
as_json.until("fourth")
stranger.interrupt()

print("# a name that is not there, at the start")
missing = subprocess.run(["vmictl", "-n", ns, "get", "cm", "nowhere", "--watch"], capture_output=True, text=True, timeout=LIMIT)
assert missing.returncode != 0, missing
assert "nowhere" in missing.stderr and missing.stdout == "", missing

print("# control-C")
for watch in table, wide, name, rows, as_json, as_yaml, one, everything, everywhere, selected, selected_json, *kinds.values():
    watch.interrupt()
PYTHON
