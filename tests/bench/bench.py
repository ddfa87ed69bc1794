#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ratios of what vmi does to the same work done by libvirt alone, by raw QEMU, and by the script a person would write: all in one run,
taken in turns, so that whatever else this machine does hits all of them. Prints one table; exits 1 when it cannot measure, or a bound is missed
that no load can move.

Runs as root inside a throwaway host (tests/harness/host.sh) with vmi installed, software emulation configured and vmid running.
"""
import ctypes
import json
import os
import pathlib
import re
import select
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from xml.etree import ElementTree

ROUNDS = int(os.environ.get("VMI_BENCH_ROUNDS", "9"))
MANY = 1000

VMI = """
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata:
  name: {name}
spec:
  terminationGracePeriodSeconds: 0
  domain:
    cpu:
      cores: 1
    memory:
      guest: 64Mi
    devices:
      autoattachPodInterface: false
      disks:
      - name: scratch
        disk:
          bus: virtio
      - name: seed
        disk:
          bus: virtio
  volumes:
  - name: scratch
    emptyDisk:
      capacity: 64Mi
  - name: seed
    cloudInitNoCloud:
      userData: |
        #!/bin/sh
        echo hello
"""

rows = []
missed = []


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def timed(function):
    begin = time.monotonic()
    function()
    return (time.monotonic() - begin) * 1000


def row(what, ours, base_name, base, bound=None, firm=False, unit="ms"):
    """BOUND is on the ratio when there is a base, else on our figure."""
    figure = ours / base if base else ours
    verdict = "" if bound is None else "ok" if figure <= bound else "MISSED" if firm else "above"
    if verdict == "MISSED":
        missed.append(what)
    rows.append((what, f"{ours:.1f} {unit}", base_name, f"{base:.1f} {unit}" if base else "", f"{figure:.2f}" if base else "",
                 f"{'<=' if firm else 'aim'} {bound}" if bound is not None else "", verdict))


# ---- ours ------------------------------------------------------------------------------------------------------------

def apply(names):
    manifest = "---".join(VMI.format(name=name) for name in names)
    run("vmictl", "apply", "-f", "-", input=manifest)


def delete(*names):
    run("vmictl", "delete", "--force", "vmi", *names)


def leader(name):
    path = json.loads(run("busctl", "--json=short", "call", "org.example.Vmi1", "/org/example/Vmi1",
                          "org.example.Vmi1.Manager", "GetInstance", "ss", "default", name))["data"][0]
    return json.loads(run("busctl", "--json=short", "get-property", "org.example.Vmi1", path,
                          "org.example.Vmi1.Instance", "Leader"))["data"]


# ---- libvirt alone ------------------------------------------------------------------------------------------------------

class Libvirt:
    """The embedded driver by its C API: no process to start, no socket in between, nothing but the call that is timed."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        (root / "etc").mkdir(parents=True)
        (root / "etc/qemu.conf").write_text('stdio_handler = "file"\ncgroup_controllers = [ ]\nsecurity_driver = "none"\n'
                                            'user = "root"\ngroup = "root"\n')
        library = self.library = ctypes.CDLL("libvirt.so.0")
        for name in ("virConnectOpen", "virDomainCreateXML", "virConnectDomainXMLToNative"):
            getattr(library, name).restype = ctypes.c_void_p
        library.virEventRegisterDefaultImpl()
        threading.Thread(target=self.loop, daemon=True).start()
        self.connection = ctypes.c_void_p(library.virConnectOpen(f"qemu:///embed?root={root}".encode()))
        if not self.connection:
            sys.exit("libvirt's embedded driver does not open")

    def loop(self):
        while True:
            self.library.virEventRunDefaultImpl()

    def create(self, xml: str):
        domain = self.library.virDomainCreateXML(self.connection, xml.encode(), 0)
        if not domain:
            sys.exit("libvirt does not create the plain domain:\n" + xml)
        return ctypes.c_void_p(domain)

    def destroy(self, domain):
        self.library.virDomainDestroy(domain)
        self.library.virDomainFree(domain)

    def argv(self, xml: str):
        text = self.library.virConnectDomainXMLToNative(self.connection, b"qemu-argv", xml.encode(), 0)
        if not text:
            sys.exit("libvirt does not convert the plain domain to arguments")
        return ctypes.string_at(text).decode()


def plain_xml(work: pathlib.Path) -> str:
    """The domain as `vmictl render` has it, without what only vmi knows to do, on images made by hand."""
    domain = ElementTree.fromstring(run("vmictl", "render", "-f", "-", input=VMI.format(name="plain")))
    domain.set("type", "qemu")
    # What only vmi knows to do, what is for a user of its own, and what only hardware virtualization has.
    for element in [e for e in domain if e.tag.startswith("{http://libvirt.org/schemas/domain/qemu/1.0}") or e.tag in ("seclabel", "cpu", "metadata")]:
        domain.remove(element)
    for number, source in enumerate(s for s in domain.iter("source") if "file" in s.attrib):
        # Named as make_images() makes them.
        source.set("file", str(work / f"image{number}.{'iso' if source.get('file').endswith('.iso') else 'qcow2'}"))
        source.attrib.pop("fdgroup", None)
    for source in domain.iter("source"):
        if source.get("mode") == "bind":
            source.set("path", str(work / "console"))
    return ElementTree.tostring(domain, encoding="unicode")


def make_images(work: pathlib.Path):
    for path in work.glob("image*"):
        path.unlink()
    run("qemu-img", "create", "-f", "qcow2", str(work / "image0.qcow2"), "64M")
    run("qemu-img", "create", "-f", "qcow2", str(work / "image1.qcow2"), "64M")
    (work / "seed").mkdir(exist_ok=True)
    (work / "seed/user-data").write_text("#!/bin/sh\necho hello\n")
    (work / "seed/meta-data").write_text("instance-id: plain\n")
    for number in (0, 1):
        run("xorriso", "-as", "mkisofs", "-quiet", "-J", "-R", "-V", "cidata", "-o", str(work / f"image{number}.iso"), str(work / "seed"))


# ---- raw QEMU ------------------------------------------------------------------------------------------------------------

class RawQemu:
    def __init__(self, argv: str, work: pathlib.Path):
        self.monitor = work / "monitor"
        words = [w for w in shlex.split(argv.replace("\\\n", " "))]
        while "=" in words[0]:  # environment
            words.pop(0)
        arguments, skip = [], False
        for word in words:
            # Its monitor is the one thing that libvirt makes otherwise than a person would.
            if "id=charmonitor" in word:
                word = f"socket,id=charmonitor,path={self.monitor},server=on,wait=off"
            elif word.startswith('{"qom-type":"secret"'):
                arguments.pop()
                continue
            elif match := re.match(r"socket,.*path=([^,]+)", word):
                pathlib.Path(match[1]).parent.mkdir(parents=True, exist_ok=True)
            arguments.append(word)
        if "-S" not in arguments:
            arguments.append("-S")
        self.arguments = arguments

    def start(self):
        self.monitor.unlink(missing_ok=True)
        self.process = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        connection = socket.socket(socket.AF_UNIX)
        while connection.connect_ex(str(self.monitor)):
            if self.process.poll() is not None:
                sys.exit("raw QEMU: " + self.process.stderr.read().decode())
        lines = connection.makefile("rw")
        try:
            lines.readline()
            for command in ("qmp_capabilities", "cont"):
                lines.write(json.dumps({"execute": command}) + "\n")
                lines.flush()
                while "return" not in json.loads(lines.readline()):
                    pass
        except (ConnectionError, json.JSONDecodeError):
            sys.exit("raw QEMU: " + self.process.stderr.read().decode())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def wait_gone(pid):
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    select.select([descriptor], [], [])
    os.close(descriptor)


# ---- the comparisons ---------------------------------------------------------------------------------------------------------

def compare_one(work: pathlib.Path):
    libvirt = Libvirt(work / "libvirt")
    make_images(work)
    xml = plain_xml(work)
    (work / "plain.xml").write_text(xml)
    raw = RawQemu(libvirt.argv(xml), work)
    script_root = work / "script"
    shutil.copytree(work / "libvirt/etc", script_root / "etc")

    def script():
        make_images(work)
        run("virsh", "-c", f"qemu:///embed?root={script_root}", "create", str(work / "plain.xml"))

    def script_end():
        # The next virsh is to find an empty place, as on a host where each guest is started once.
        for file in (script_root / "run/qemu").glob("*_*.pid"):
            pid = int(file.read_text())
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            wait_gone(pid)
        shutil.rmtree(script_root / "run")

    ours, theirs, naked, scripted, stops, naked_stops = [], [], [], [], [], []
    for number in range(ROUNDS + 1):
        sample = {}
        sample["ours"] = timed(lambda: apply(["bench"]))
        pid = leader("bench")
        sample["stop"] = timed(lambda: (run("vmictl", "stop", "--force", "bench"), wait_gone(pid)))
        delete("bench")
        begin = time.monotonic()
        domain = libvirt.create(xml)
        sample["libvirt"] = (time.monotonic() - begin) * 1000
        libvirt.destroy(domain)
        sample["raw"] = timed(raw.start)
        sample["raw stop"] = timed(raw.stop)
        sample["script"] = timed(script)
        script_end()
        if number == 0:
            continue  # caches of capabilities fill in the first round
        for list_, key in ((ours, "ours"), (theirs, "libvirt"), (naked, "raw"), (scripted, "script"), (stops, "stop"), (naked_stops, "raw stop")):
            list_.append(sample[key])
    median = statistics.median
    row("apply -> Running", median(ours), "virDomainCreateXML alone", median(theirs), 0.6)
    row("apply -> Running", median(ours), "raw qemu -S to cont", median(naked), 3.5)
    row("apply -> Running", median(ours), "qemu-img + xorriso + virsh create", median(scripted))
    # Beyond what vmictl, the bus and systemd take in any case.
    row("stop --force -> gone, less 20 ms", max(0, median(stops) - 20), "raw QEMU, SIGTERM to exit", median(naked_stops), 2)
    return median(ours)


def busy():
    fields = [int(f) for f in open("/proc/stat").readline().split()[1:]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


def compare_eight(one):
    names = [f"eight-{n}" for n in range(8)]
    totals, loads = [], []
    for _ in range(3):
        before = busy()
        totals.append(timed(lambda: apply(names)))
        after = busy()
        loads.append(100 * (after[0] - before[0]) / max(1, after[1] - before[1]))
        delete(*names)
    row("eight applied at once", statistics.median(totals), "one", one)
    rows.append(("  what bounds it", f"CPUs {statistics.median(loads):.0f} % busy", f"{os.cpu_count()} CPUs", "", "", "", ""))


def thousand():
    apply(["model"])
    run("vmictl", "stop", "--force", "model")
    directory = pathlib.Path("/var/lib/vmi/objects/virtualmachineinstances/default")
    run("systemctl", "stop", "vmid")
    model = (directory / "model.yaml").read_text()
    uid = re.search(r"^  uid: (\S+)$", model, re.MULTILINE)[1]
    for number in range(MANY):
        text = model.replace(uid, f"{uid[:-6]}{number:06d}").replace("name: model\n", f"name: many-{number}\n")
        (directory / f"many-{number}.yaml").write_text(text)
        (directory / f"many-{number}.yaml").chmod(0o600)

    starts = []
    for _ in range(5):
        run("systemctl", "stop", "vmid")
        starts.append(timed(lambda: run("systemctl", "start", "vmid")))
    listing = ["busctl", "call", "org.example.Vmi1", "/org/example/Vmi1", "org.example.Vmi1.Manager", "List", "sss", "", "", ""]
    ping = ["busctl", "call", "org.example.Vmi1", "/org/example/Vmi1", "org.freedesktop.DBus.Peer", "Ping"]
    run(*listing)
    # The best of several where the bound is a time: what else goes on here only ever adds.
    lists = min(timed(lambda: run(*listing)) for _ in range(ROUNDS))
    pings = min(timed(lambda: run(*ping)) for _ in range(ROUNDS))
    pid = run("systemctl", "show", "-P", "MainPID", "vmid").strip()
    memory = int(re.search(r"RssAnon:\s+(\d+)", open(f"/proc/{pid}/status").read())[1]) / 1024
    row(f"vmid's start with {MANY} definitions", min(starts), "", 0, 300)
    row("its anonymous memory", memory, "", 0, 16, firm=True, unit="MiB")
    row(f"List of {MANY} (beyond a Ping)", lists - pings, "", 0, 20)


def table():
    head = ("what", "vmi", "against", "takes", "ratio", "bound", "")
    widths = [max(len(r[c]) for r in [head, *rows]) for c in range(len(head))]
    for line in [head, *rows]:
        print("# " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def main():
    with tempfile.TemporaryDirectory(dir="/var/lib/vmi") as work:
        one = compare_one(pathlib.Path(work))
    compare_eight(one)
    thousand()
    table()
    if missed:
        print("missed: " + ", ".join(missed))
    # Not by returning: libvirt's thread never ends.
    sys.stdout.flush()
    os._exit(bool(missed))


main()
