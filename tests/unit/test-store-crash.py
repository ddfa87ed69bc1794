#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A change of several definitions is made whole or not at all: it is killed at each of its system calls in turn, and each of them is made
to fail, and so is the first start after it. Usage: test-store-crash.py STORE-CHANGE
"""
import collections
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
# What changes a file system, or makes a change last. The calls of the C library's own start are among them and do no harm.
CALLS = "openat,write,fsync,rename,renameat,renameat2,unlink,unlinkat,mkdirat"
OLD, NEW = ["a=old", "b=old", "c=old"], ["a=new", "b=new", "c=new"]
# LeakSanitizer cannot work under strace.
ENVIRONMENT = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")


def run(arguments, inject=None):
    trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={CALLS}", "-e", f"inject={inject}"] if inject else []
    return subprocess.run([*trace, PROGRAM, *arguments], env=ENVIRONMENT, capture_output=True, text=True)


def show(root):
    """What the next start finds; it also finishes what is to be finished."""
    result = run([root, "show"])
    assert result.returncode == 0, result.stderr
    return sorted(result.stdout.split("\n")[:-1])


def leftovers(root):
    return [str(path) for path in pathlib.Path(root).rglob(".*") if path.name != ".reserve"]


def fresh(template, place, name):
    root = str(pathlib.Path(place) / name)
    shutil.copytree(template, root)
    return root


def check(root, what, allowed):
    found = show(root)
    assert found in allowed, f"{what}: {found}"
    assert not leftovers(root), f"{what}: left over: {leftovers(root)}"
    return found


def calls_of(place, arguments):
    """The calls of a run, each as what strace needs to meet it: its name, and how many of that name there have been."""
    log, seen, calls = pathlib.Path(place) / "log", collections.Counter(), []
    subprocess.run(["strace", "-f", "-qq", "-o", log, "-e", f"trace={CALLS}", PROGRAM, *arguments], env=ENVIRONMENT, check=True)
    for line in log.read_text().splitlines():
        name = line.split(maxsplit=1)[1].split("(")[0]
        seen[name] += 1
        calls.append((name, seen[name]))
    return calls


def killed(template, place, calls, calls_of_start):
    """Returns how often the old state was found, and the new one."""
    counts = [0, 0]
    for number, (name, n) in enumerate(calls):
        root = fresh(template, place, "killed")
        run([root, "save", "new"], f"{name}:signal=SIGKILL:when={n}")
        # The start after it is killed as well, somewhere; the one after that is not.
        start, m = calls_of_start[number % len(calls_of_start)]
        run([root, "show"], f"{start}:signal=SIGKILL:when={m}")
        counts[check(root, f"killed at {name} {n}", [OLD, NEW]) == NEW] += 1
        shutil.rmtree(root)
    return counts


def failed(template, place, calls, error, lasts):
    """Each call fails once, or, when it LASTS, all of its name from then on: what was said holds after the next start. Returns how often it
    was refused.
    """
    refused = 0
    for name, n in calls:
        root = fresh(template, place, "failed")
        when = f"{n}+" if lasts else f"{n}"
        result = run([root, "save", "new"], f"{name}:error={error}:when={when}")
        what = f"{error} at {name} {when}: {result.stderr.strip()}"
        # Where even what takes the change back fails it may come true.
        allowed = [NEW] if result.returncode == 0 else [OLD, NEW] if lasts else [OLD]
        check(root, what, allowed)
        refused += result.returncode == 1
        shutil.rmtree(root)
    return refused


def main():
    if not shutil.which("strace"):
        print("SKIP: there is no strace here")
        return 77
    with tempfile.TemporaryDirectory() as place:
        template = str(pathlib.Path(place) / "template")
        assert run([template, "save", "old"]).returncode == 0
        assert check(template, "as saved", [OLD]) == OLD
        root = fresh(template, place, "count")
        calls = calls_of(place, [root, "save", "new"])
        left = fresh(template, place, "left")
        # A start that has a change to finish has more to do.
        run([left, "save", "new"], "renameat:signal=SIGKILL:when=2")
        calls_of_start = calls_of(place, [left, "show"])
        old, new = killed(template, place, calls, calls_of_start)
        print(f"killed at each of {len(calls)} calls: {old} times the old definitions, {new} times the new ones")
        assert old > 5 and new > 5, "it is not killed on both sides of the change"
        for error, lasts in (("ENOSPC", True), ("EIO", False)):
            refused = failed(template, place, calls, error, lasts)
            print(f"{error} at each call: {refused} of {len(calls)} changes were refused")
            assert refused > 5, "nothing was made to fail"
    return 0


if __name__ == "__main__":
    sys.exit(main())
