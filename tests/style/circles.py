#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""No circle of files inside a folder: whoever reads a file from the lowest up need not know what comes later.

A .c file points at another one when it uses what that defines (a function, a table); a header at one that it includes. A header that many
share makes no circle of them. What is called through a table or a callback is not seen, and is the way out: a file may be called by one that
it does not know.

Usage: circles.py SOURCE_ROOT BUILD_ROOT [FOLDER…]. With folders it also says what in these is a circle, and who uses what of whom.
"""
import collections
import pathlib
import re
import subprocess
import sys

# Those that have none, and are to stay so.
HELD = ["daemon/base", "daemon/config", "daemon/api", "daemon/domain", "daemon/store", "daemon/runs", "daemon/objects",
        "daemon/manager", "cli"]
# Those that are not held yet, and the shortest way out.
NOT_YET = {
    "daemon/storage": "registry.c has the table of sources and what they share: the latter belongs into a file of its own",
    "daemon/guest": "host.c and birth-watch.c: host_read_pid() needs the path of the driver only, and no host",
    "daemon/bus": "service.c has the table of interfaces, and each interface asks it for what all share",
}


def symbols_of(build: pathlib.Path, folder: str):
    """The name of each source of a folder, which may be generated -> what its object file defines for others, and what it takes from others."""
    paths = sorted(str(path) for path in (build / folder).rglob("*.c.o"))
    found = collections.defaultdict(lambda: (set(), set()))
    if not paths:
        return found
    table = subprocess.run(["nm", "--format=posix", "--print-file-name", *paths], check=True, capture_output=True, text=True).stdout
    for line in table.splitlines():
        path, rest = line.split(": ", 1)
        symbol, kind = rest.split()[:2]
        defined, used = found[pathlib.Path(path).name.removesuffix(".o").split("_")[-1]]
        if kind == "U":
            used.add(symbol)
        elif kind.isupper() and not symbol.startswith("__"):
            defined.add(symbol)
    return found


def arrows_of_calls(build, folder):
    """(from, to) -> names of what is used."""
    files = symbols_of(build, folder)
    homes = {symbol: name for name, (defined, _) in files.items() for symbol in defined}
    arrows = collections.defaultdict(set)
    for name, (_, used) in files.items():
        for symbol in used:
            if homes.get(symbol, name) != name:
                arrows[name, homes[symbol]].add(symbol)
    return arrows


def arrows_of_includes(source, folder):
    arrows = collections.defaultdict(set)
    short = folder.removeprefix("daemon/")
    for path in sorted((source / folder).glob("*.h")):
        for target in re.findall(rf'^#include "{short}/([^"/]+\.h)"', path.read_text(), re.MULTILINE):
            arrows[path.name, target].add("included")
    return arrows


def circles(arrows):
    """Sets of names that all reach each other, of more than one (Tarjan)."""
    after = collections.defaultdict(list)
    for a, b in sorted(arrows):
        after[a].append(b)
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in after[node]:
            if target not in index:
                visit(target)
            if target in stack:
                low[node] = min(low[node], low[target])
        if low[node] == index[node]:
            circle = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(circle) > 1:
                found.append(sorted(circle))

    for node in sorted({name for arrow in arrows for name in arrow}):
        if node not in index:
            visit(node)
    return found


def main() -> int:
    source, build, more = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    failed = False
    for path in sorted((source / "daemon").iterdir()):
        if path.is_dir() and f"daemon/{path.name}" not in HELD and f"daemon/{path.name}" not in NOT_YET:
            print(f"daemon/{path.name}: neither held nor said why not")
            failed = True
    for folder in more or HELD:
        arrows = arrows_of_includes(source, folder)
        calls = arrows_of_calls(build, folder)
        if not calls and not arrows:
            print(f"{folder}: nothing is built there: build first")
            failed = True
        for arrow, names in calls.items():
            arrows[arrow] |= names
        for circle in circles(arrows):
            failed = True
            print(f"{folder}: a circle of {len(circle)} files: {', '.join(circle)}")
            for (a, b), names in sorted(arrows.items()):
                if a in circle and b in circle:
                    print(f"    {a} -> {b}: {', '.join(sorted(names)[:8])}")
    return failed


sys.exit(main())
