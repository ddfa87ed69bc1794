#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the C sources must keep to, checked on their text. Usage: sources.py SOURCE_ROOT CHECK, CHECK being a function below.

Prints one line per finding as FILE:LINE: WHAT, and exits 1 if there was any.
"""
import collections
import pathlib
import re
import sys

# The one list of layers, lowest first. Each may include its own headers and those of layers before it; an exception is a row below it.
LAYERS = ["base", "config", "api", "domain", "store", "storage", "guest", "runs", "objects", "manager", "bus"]
# Neighbours on one height that know nothing of each other, and what the client may see.
MAY_NOT = {"api": {"config"}, "domain": {"config"}, "storage": {"store"}, "guest": {"store"},
           "objects": {"config", "domain", "storage", "guest", "runs"}}
CLIENT_SEES = {"base", "api", "domain", "cli"}

PURE_LAYERS = ("api", "domain")
PURE_FILES = [f"daemon/runs/{name}.c" for name in ("effects", "machine", "machine-state", "outcome", "uses")]

FILE_LINES = 800
FUNCTION_LINES = 80


def c_files(root: pathlib.Path):
    for top in ("daemon", "cli"):
        for path in sorted((root / top).rglob("*.[ch]")):
            yield path.relative_to(root), path.read_text().splitlines()


def layer_of(path: pathlib.Path) -> str:
    return path.parts[1] if path.parts[0] == "daemon" and len(path.parts) > 2 else path.parts[0]


def allowed(layer: str) -> set:
    if layer == "cli":
        return CLIENT_SEES
    if layer == "daemon":  # the main program
        return set(LAYERS)
    return set(LAYERS[:LAYERS.index(layer) + 1]) - MAY_NOT.get(layer, set())


def layers(root):
    """Includes point down, never up."""
    for path, lines in c_files(root):
        layer = layer_of(path)
        if layer not in LAYERS + ["cli", "daemon"]:
            yield path, 1, f"{layer} is not in the list of layers"
            continue
        for number, line in enumerate(lines, 1):
            if match := re.match(r'\s*#\s*include\s+"([^"]+)"', line):
                target = match[1].split("/")[0] if "/" in match[1] else layer
                if target in LAYERS + ["cli"] and target not in allowed(layer):
                    yield path, number, f"{layer} may not include {match[1]}"


def pure(root):
    """api, domain and the life of a run take everything as arguments: no file, clock, environment, randomness, process."""
    impure = re.compile(r"\b(open|openat|fopen|read|write|getenv|g_getenv|time|clock_gettime|g_get_real_time|"
                        r"g_get_monotonic_time|g_random_\w+|g_uuid_string_random|rand|g_file_\w+|g_spawn_\w+|fork|system|stat)\s*\(")
    for path, lines in c_files(root):
        if layer_of(path) not in PURE_LAYERS and str(path) not in PURE_FILES:
            continue
        for number, line in enumerate(lines, 1):
            code = re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]
            if match := impure.search(code):
                yield path, number, f"calls {match[1]}() where nothing does I/O"


def jumps(root):
    """No goto: cleanup attributes undo."""
    for path, lines in c_files(root):
        for number, line in enumerate(lines, 1):
            if re.search(r"^\s*goto\s+\w+\s*;", line):
                yield path, number, "goto"


def sizes(root):
    """Files and functions that fit into a head."""
    for path, lines in c_files(root):
        if len(lines) > FILE_LINES:
            yield path, len(lines), f"{len(lines)} lines; more than {FILE_LINES}"
        begin = None
        for number, line in enumerate(lines, 1):
            if line == "{":
                begin = number
                # The signature belongs to it, however many lines it takes.
                while begin > 1 and lines[begin - 2] and not lines[begin - 2].startswith(("//", "#", "}")):
                    begin -= 1
            elif line == "}" and begin:
                if number - begin + 1 > FUNCTION_LINES:
                    yield path, begin, f"a function of {number - begin + 1} lines; more than {FUNCTION_LINES}"
                begin = None


def headers(root):
    """The include path never decides which header is meant; each says what it is for."""
    names = collections.defaultdict(list)
    for path, lines in c_files(root):
        if path.suffix == ".h":
            # A header and a private one of the same name in another layer are told apart by their directory in every include.
            names[path.relative_to(path.parts[0])].append(path)
            if "#pragma once" not in lines:
                yield path, 1, "no #pragma once"
        if not lines or not lines[0].startswith("// SPDX-License-Identifier: "):
            yield path, 1, "no SPDX line"
        elif len(lines) < 2 or not lines[1].startswith("// "):
            yield path, 2, "no comment that says what this file owns"
        for number, line in enumerate(lines, 1):
            if (match := re.match(r'#include "([^"]+)"', line)) and "/" not in match[1]:
                yield path, number, f"includes {match[1]} without its directory"
    for places in names.values():
        for extra in places[1:]:
            yield extra, 1, f"the same name as {places[0]}"


def main() -> int:
    root, check = pathlib.Path(sys.argv[1]), sys.argv[2]
    findings = list({"layers": layers, "pure": pure, "jumps": jumps, "sizes": sizes, "headers": headers}[check](root))
    for path, line, what in findings:
        print(f"{path}:{line}: {what}")
    return bool(findings)


sys.exit(main())
