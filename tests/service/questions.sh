#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Debian: one
# What polkit is asked: about each object of a manifest, and each file of the host that one uses, by itself and without a person; then once
# for each action about what no rule allowed. Every question on the bus is looked at.
. "$(dirname "$0")/lib.sh"

requires pkttyagent
rule=/etc/polkit-1/rules.d/10-vmi-test.rules
scenario_end() {
    rm -f "$rule"
    systemctl restart polkit
}
mkdir -p "${rule%/*}"
chmod 755 "${rule%/*}"

blank_vmi one | apply
PYTHONPATH=$service_dir PYTHONDONTWRITEBYTECODE=1 python3 - "$ns" "$rule" "$(instance_path one)" <<'PYTHON'
import json, os, select, subprocess, sys
from bus_caller import Caller, MANAGER
from on_terminal import Terminal

ns, rule, instance = sys.argv[1:]
ACTION = "org.example.Vmi1."
FIRST, SECOND = "/srv/vmi-tests/first.img", "/srv/vmi-tests/second.img"
polkit = ("org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1.Authority")


class Monitor:
    """What vmid says to polkit."""

    def __init__(self):
        self.process = subprocess.Popen(["busctl", "monitor", "--json=short", f"--match=destination='{polkit[0]}',interface='{polkit[2]}'"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.rest, self.marks = b"", 0
        while not self.upto_mark(1):
            pass

    def upto_mark(self, seconds):
        """The calls until one that is made here; None when that is not seen."""
        self.marks += 1
        mark, seen = f"mark-{self.marks}", []
        subprocess.run(["busctl", "call", *polkit, "CheckAuthorization", "s", mark], capture_output=True, timeout=600)
        while select.select([self.process.stdout], [], [], seconds)[0]:
            self.rest += os.read(self.process.stdout.fileno(), 65536)
            *lines, self.rest = self.rest.split(b"\n")
            for message in map(json.loads, (line for line in lines if line.startswith(b"{"))):
                if message.get("payload", {}).get("data") == [mark]:
                    return [(mark, None)]+seen
                if message.get("type") == "method_call":
                    seen.append((message["member"], message["payload"]["data"]))
        return None

    def calls(self):
        seen = self.upto_mark(120)
        assert seen, "the bus cannot be watched"
        return seen[1:]

    def questions(self):
        """(ACTION, kind, namespace, name, path), with a last "person" and the list that they see for one that is for a person."""
        result = []
        for member, data in self.calls():
            if member != "CheckAuthorization" or len(data) < 4:
                continue
            subject, action, details, flags, cancellation = data
            assert subject[0] == "system-bus-name" and action.startswith(ACTION), data
            assert details["object"] and details["verb"] == "Apply", details
            short = tuple(details.get(key) for key in ("kind", "namespace", "name", "path"))
            result.append((action.removeprefix(ACTION), *short) + (("person", details["objects"]) if flags & 1 else ()))
            assert bool(flags & 1) == ("objects" in details) == bool(cancellation), data
        return result


def allow(*conditions):
    with open(rule, "w") as file:
        file.write('polkit.addRule(function (action, subject) { if (action.id.indexOf("%s") == 0 && subject.user == "nobody" && (%s))'
                   " return polkit.Result.YES; });\n" % (ACTION, " || ".join(conditions) or "false"))
    os.chmod(rule, 0o644)
    subprocess.run(["systemctl", "reset-failed", "polkit"])
    subprocess.run(["systemctl", "restart", "polkit"], check=True)


def guest(name, namespace, *paths):
    volumes = [{"name": f"v{i}", "hostDisk": {"path": path, "type": "Disk"}} for i, path in enumerate(paths)]
    disks = [{"name": volume["name"], "disk": {"bus": "virtio"}} for volume in volumes]
    return {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance", "metadata": {"name": name, **namespace},
            "spec": {"domain": {"memory": {"guest": "32Mi"}, "devices": {"disks": disks}}, "volumes": volumes}}


secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
# It is passed over, so that nobody is asked about it.
companion = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "beside"}}
here = {"namespace": ns}
manifest = "\n---\n".join(map(json.dumps, [guest("a", here, FIRST, SECOND), guest("b", here, FIRST), secret, companion]))
VMI = "VirtualMachineInstance"
each = [("manage", VMI, ns, "a", None), ("host-path", VMI, ns, "a", FIRST), ("host-path", VMI, ns, "a", SECOND),
        ("manage", VMI, ns, "b", None), ("host-path", VMI, ns, "b", FIRST), ("manage", "Secret", "default", "s", None)]
monitor = Monitor()
nobody = Caller()


def apply(interactive):
    monitor.calls()
    answer = nobody.answer(nobody.send(*MANAGER, "Apply", manifest, interactive=interactive))
    return answer, monitor.questions()


def expect(what, expected, actual):
    assert expected == actual, f"{what}:\nexpected {expected}\ngot      {actual}"


print("# without a rule and without a person")
allow()
answer, questions = apply(False)
expect("questions", each, questions)
for part in ("interactive authentication required", "sudo", "agent", "rule", f"{VMI} {ns}/a", f"{FIRST} for {VMI} {ns}/b", "Secret default/s"):
    assert part in answer[1], answer
assert ACTION not in answer[1] and answer[0] == "org.example.Vmi1.Error.AccessDenied", answer

print("# a rule by namespace covers Apply; a person is asked about the rest, once, knowing what it is")
of_ns = f'action.id == "{ACTION}manage" && action.lookup("namespace") == "{ns}"'
paths = f'action.id == "{ACTION}host-path" && action.lookup("namespace") == "{ns}"'
allow(of_ns)
answer, questions = apply(True)
expect("questions", each + [("host-path", VMI, ns, None, None, "person",
                             f"{FIRST} for {VMI} {ns}/a, {SECOND} for {VMI} {ns}/a, {FIRST} for {VMI} {ns}/b")], questions)
assert "interactive authentication required" in answer[1], answer
allow(of_ns, paths)
answer, questions = apply(True)
expect("questions", each + [("manage", "Secret", "default", "s", None, "person", "Secret default/s")], questions)

print("# a rule that says no is not argued with")
with open(rule, "a") as file:
    file.write('polkit.addRule(function (action) { if (action.lookup("name") == "s") return polkit.Result.NO; });\n')
subprocess.run(["systemctl", "restart", "polkit"], check=True)
answer, questions = apply(True)
expect("questions", each, questions)
assert "polkit does not allow Apply of Secret default/s" in answer[1], answer

print("# a rule by namespace is enough for what is in the namespace, and opens no other")
allow(of_ns, paths)
only = json.dumps(guest("c", {}, FIRST))
command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "busctl", "call", "org.example.Vmi1", *MANAGER, "Apply", "sa{sv}"]
subprocess.run([*command, only, "2", "namespace", "s", ns, "dry-run", "b", "true"], check=True, timeout=600)
expect("questions", [("manage", VMI, ns, "c", None), ("host-path", VMI, ns, "c", FIRST)], monitor.questions())
refused = subprocess.run([*command, only, "1", "dry-run", "b", "true"], capture_output=True, text=True, timeout=600)
assert refused.returncode and f"{VMI} default/c" in refused.stderr, refused
monitor.calls()

print("# nobody is asked any more when the caller is gone")
allow()
agent = Terminal(["pkttyagent", "--process", str(os.getpid())])
asking = Caller()
def prompts(call):
    """False when it is answered instead: the agent was not registered yet, which nothing tells."""
    while call not in asking.answers:
        if not asking.process():
            ready = select.select([asking, agent.master], [], [], 600)[0]
            assert ready, "neither a prompt nor an answer"
            if agent.master in ready:
                return True
    return False


assert any(prompts(asking.send(instance, "org.example.Vmi1.Instance", "Pause", interactive=True)) for _ in range(1000))
agent.until("manage virtual machines .Pause of VirtualMachineInstance " + ns + "/one")
question = [data[4] for member, data in monitor.calls() if member == "CheckAuthorization" and len(data) > 4 and data[4]][-1]
asking.leave()
nobody.meet()
nobody.meet()
expect("cancelled", [[question]], [data for member, data in monitor.calls() if member == "CancelCheckAuthorization"])
agent.process.kill()
PYTHON
