#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs one command in the greeting guest's shell, over `vmictl console`, prints what it prints, exits with its status."""
import os
import re
import secrets
import select
import subprocess
import sys
import time

LIMIT = 600


def main() -> int:
    namespace, name, command = sys.argv[1:]
    console = subprocess.Popen(["vmictl", "-n", namespace, "console", name],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    # Ours alone, because a console begins with what was printed before; and spelled so that the terminal's echo of the command line does
    # not contain them. All in one line: the echo of what is typed while a command runs lands in the middle of its output.
    mark = secrets.token_hex(4)
    console.stdin.write(f"\necho BEGIN''{mark}; {command}; echo END''{mark} $?\n".encode())
    console.stdin.flush()
    seen = b""
    end = time.monotonic() + LIMIT
    try:
        while not (match := re.search(rb"BEGIN%b\r?\n(.*)END%b (\d+)" % (mark.encode(), mark.encode()), seen, re.DOTALL)):
            ready, _, _ = select.select([console.stdout], [], [], max(0, end - time.monotonic()))
            data = os.read(console.stdout.fileno(), 65536) if ready else b""
            if not data:
                sys.stderr.write(f"the guest did not answer '{command}': {seen.decode(errors='replace')}\n")
                return 124
            seen += data
            if mark.encode() in seen and b"hello: this is" in seen.rpartition(mark.encode())[2]:
                sys.stderr.write(f"the guest booted anew at '{command}'\n")
                return 125
    finally:
        console.kill()
        console.wait()
    # Without the terminal's carriage returns.
    sys.stdout.write(match[1].replace(b"\r", b"").decode(errors="replace"))
    return int(match[2])


sys.exit(main())
