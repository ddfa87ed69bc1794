#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Says what the compiler and the linker were to do to a program against whoever finds an error in it, and did not. Usage: hardened.py PROGRAM...

Reads the program itself (with binutils), not how it was built. Prints one line for each thing that is missing, and exits 1 if there was any.
"""
import os
import platform
import re
import subprocess
import sys


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"}).stdout


def missing(program):
    header = output("readelf", "-hW", program)
    segments = output("readelf", "-lW", program)
    dynamic = output("readelf", "-dW", program)
    symbols = output("readelf", "--dyn-syms", "-W", program)
    if not re.search(r"Type:\s+DYN", header) or not re.search(r"FLAGS_1.*\bPIE\b", dynamic):
        yield "position-independent executable"
    if "GNU_RELRO" not in segments or not re.search(r"FLAGS.*\b(BIND_)?NOW\b", dynamic):
        yield "full RELRO"
    if not re.search(r"GNU_STACK.*\bRW\s", segments):
        yield "a stack that is not executable"
    if "__stack_chk_fail" not in symbols:
        yield "stack protector"
    if not re.search(r"\b__\w+_chk@", symbols.replace("__stack_chk", "")):
        yield "_FORTIFY_SOURCE"
    if platform.machine() == "x86_64":
        code = output("objdump", "-d", "--no-show-raw-insn", program)
        functions = re.findall(r"^[0-9a-f]+ <(\w+)>:\n\s*[0-9a-f]+:\s+(\w+)", code, re.MULTILINE)
        # The C library's own start code may lack it, and then the note that says that all of the program has it is not there either.
        if dict(functions).get("main") != "endbr64":
            yield "control-flow protection"
        # A large frame, or one of a size that is not known, is touched page by page.
        if not re.search(r"or[bql]?\s+\$0x0,(0x[0-9a-f]+)?\(%rsp", code):
            yield "stack clash protection"


findings = [f"{program}: no {what}" for program in sys.argv[1:] for what in missing(program)]
print(*findings, sep="\n", end="\n" if findings else "")
sys.exit(bool(findings) or len(sys.argv) < 2)
