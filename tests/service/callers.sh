#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Debian: one
# Callers that wait for polkit: whatever they sent, vmid serves everybody else, keeps no more of it than a bound, and forgets the calls of
# one that leaves the bus, and no others.
. "$(dirname "$0")/lib.sh"

drop_in=/run/systemd/system/vmid.service.d/90-callers.conf
rule=/etc/polkit-1/rules.d/10-vmi-test.rules
scenario_end() {
    rm -f "$drop_in" "$rule"
    systemctl daemon-reload
    systemctl kill --signal=CONT polkit
    systemctl restart polkit vmid
}

# AddressSanitizer keeps what is freed; here it is to be seen that it is freed.
asan=$(systemctl show -P Environment vmid | tr ' ' '\n' | grep ^ASAN_OPTIONS= || echo ASAN_OPTIONS=)
mkdir -p "${drop_in%/*}"
printf '[Service]\nEnvironment=%s:quarantine_size_mb=1:thread_local_quarantine_size_kb=64\n' "$asan" >"$drop_in"
mkdir -p "${rule%/*}"
cat >"$rule" <<'EOF'
polkit.addRule(function (action, subject) {
    if (action.id == "org.example.Vmi1.manage" && subject.user == "nobody" && action.lookup("verb") == "Stop")
        return polkit.Result.YES;
});
EOF
chmod 755 "${rule%/*}"
chmod 644 "$rule"
systemctl daemon-reload
systemctl restart vmid polkit

blank_vmi one | apply
# Firmware does not obey: its stop lasts.
grace=600 blank_vmi slow | apply
systemctl kill --signal=STOP polkit
PYTHONPATH=$service_dir PYTHONDONTWRITEBYTECODE=1 python3 - "$(instance_path one)" "$(instance_path slow)" \
    "$(systemctl show -P MainPID vmid)" <<'PYTHON'
import os, signal, subprocess, sys
from bus_caller import Caller, MANAGER, NOBODY

instance, slow, vmid = sys.argv[1:]
BUSY, DENIED = "org.example.Vmi1.Error.Busy", "org.example.Vmi1.Error.AccessDenied"
MIB = 1024 * 1024
big = "{apiVersion: v1, kind: Namespace, metadata: {name: big}}\n# " + "a" * (4 * MIB - 100)

def memory(field):
    with open(f"/proc/{vmid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field)) // 1024

def pause(caller):
    return caller.send(instance, "org.example.Vmi1.Instance", "Pause")

def apply(caller):
    return caller.send(*MANAGER, "Apply", big)

def answered(callers):
    return [answer for caller in callers for answer in caller.answers.values()]

print("# calls that leave no room for more, from one user over many connections")
before = memory("VmRSS")
crowd = [Caller() for _ in range(8)]
calls = [(caller, apply(caller)) for caller in crowd for _ in range(3)]
for caller in crowd:
    caller.meet()
    caller.meet()  # it is behind the bus's answers who that was, if vmid does not wait for them
refused = [answer for answer in answered(crowd) if answer[0] == BUSY]
assert len(refused) >= 20, answered(crowd)
assert f"user {NOBODY} has too many calls" in refused[0][1], refused[0]
print(f"# {len(refused)} of {len(calls)} calls refused; vmid had {before} MiB and has {memory('VmRSS')} MiB")

print("# everybody else is served")
subprocess.run(["vmictl", "get", "vmi", "--all-namespaces"], check=True, stdout=subprocess.DEVNULL, timeout=600)
daemon = Caller(1)
theirs = pause(daemon)
daemon.meet()
assert theirs not in daemon.answers, daemon.answers

print("# who leaves makes room")
staying = Caller()
assert staying.answer(apply(staying))[0] == BUSY
# One that the worker is looking at would go when it is done. It takes one after the other.
assert daemon.answer(daemon.send(*MANAGER, "Apply", "not a manifest"))[0]
for caller in crowd:
    caller.leave()
def waits(caller, send):
    # vmid hears of the one that left before it hears of what is sent after that.
    call = send(caller)
    caller.meet()
    caller.meet()
    return call not in caller.answers
assert waits(staying, apply), staying.answers
mine = pause(staying)
staying.meet()
after = memory("VmRSS")
print(f"# vmid has {after} MiB")
assert after - before < 64, (before, after)

print("# and nobody else loses a call: polkit answers those that stayed, and what it allowed is done")
leaver = Caller()
pause(leaver)
leaver.meet()
leaver.leave()
stop = staying.send(instance, "org.example.Vmi1.Instance", "Stop")
staying.meet()
assert not {mine, stop} & staying.answers.keys() and theirs not in daemon.answers
subprocess.run(["systemctl", "kill", "--signal=CONT", "polkit"], check=True)
assert staying.answer(mine)[0] == DENIED and daemon.answer(theirs)[0] == DENIED
assert staying.answer(stop)[0] == "", staying.answers

print("# what is under way goes on without its caller")
assert staying.answer(staying.send(slow, "org.example.Vmi1.Instance", "Stop"))[0] == "", staying.answers
staying.leave()
daemon.meet()
jobs = subprocess.run(["vmictl", "jobs"], check=True, capture_output=True, text=True, timeout=600).stdout
assert "slow" in jobs, jobs
daemon.leave()
PYTHON
until_phase one Succeeded

note "the level of the log is root's to set"
expect_refused 'denied|Access' setpriv --reuid 65534 --regid 65534 --clear-groups busctl set-property org.example.Vmi1 \
    /org/freedesktop/LogControl1 org.freedesktop.LogControl1 LogLevel s debug
busctl set-property org.example.Vmi1 /org/freedesktop/LogControl1 org.freedesktop.LogControl1 LogLevel s info
