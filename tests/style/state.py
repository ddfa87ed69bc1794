#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""No mutable state at file scope: looks for writable data in the objects of daemon/ and cli/. Usage: state.py BUILD_ROOT"""
import pathlib
import re
import subprocess
import sys

# What may be written to although it belongs to no object: once-only registrations.
ALLOWED = [
    r"q\.\d+",          # G_DEFINE_QUARK's
    r"\w+_once\.\d+",   # GOnce and g_once_init_enter
    r"g__\w+_lock",       # G_LOCK_DEFINE: keeps two threads out of a library that is not made for them
    r"static_g_define_type_id\.\d+",
    r"__(odr_)?asan.*|\.L?LASAN.*|_sub_[ID]_.*|__sanitizer.*|\.Lubsan.*|\.LASAN.*",
    r"__gcov.*|__llvm.*|__start_.*|__stop_.*",
]
SECTIONS = (".data", ".bss", "*COM*", ".tdata", ".tbss")


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    allowed = re.compile("|".join(f"(?:{p})" for p in ALLOWED))
    found = 0
    objects = [p for top in ("daemon", "cli") for p in sorted((root / top).rglob("*.o"))]
    if not objects:
        print(f"no objects below {root}: build first")
        return 1
    for path in objects:
        table = subprocess.run(["objdump", "--syms", str(path)], check=True, capture_output=True, text=True).stdout
        for line in table.splitlines():
            # VALUE FLAGS SECTION<tab>SIZE NAME; relocated constants live in .data.rel.ro and are not meant.
            match = re.match(r"[0-9a-f]+ (.{7}) (\S+)\t([0-9a-f]+)\s+(?:\.hidden )?(.*)", line)
            if not match or match[1][6] != "O" or not int(match[3], 16):
                continue
            section, name = match[2], match[4]
            writable = section in SECTIONS or section.startswith((".data.", ".bss.")) and ".rel.ro" not in section
            if writable and not allowed.fullmatch(name):
                print(f"{path.relative_to(root)}: {name} in {section}: mutable state at file scope")
                found += 1
    return bool(found)


sys.exit(main())
