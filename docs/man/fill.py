#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A manual page from its template: fill.py TEMPLATE OUTPUT RST2MAN NAME=VALUE... [NAME@FILE...]

Each @NAME@ becomes VALUE, or the text of FILE. A name that is left over is an error, so that no page is installed with a hole in it.
"""
import pathlib
import re
import subprocess
import sys


def main() -> int:
    template, output, rst2man, *parts = sys.argv[1:]
    text = pathlib.Path(template).read_text()
    for part in parts:
        name, kind, value = re.fullmatch(r"([A-Z_]+)([=@])(.*)", part).groups()
        if f"@{name}@" not in text:
            sys.exit(f"{template}: has no @{name}@")
        text = text.replace(f"@{name}@", pathlib.Path(value).read_text() if kind == "@" else value)
    if left := re.findall(r"@[A-Z_]+@", text):
        sys.exit(f"{template}: nothing fills {', '.join(left)}")
    page = subprocess.run([rst2man, "--strict", "--halt=warning", "-", "-"], input=text, capture_output=True, text=True)
    sys.stderr.write(page.stderr)
    if page.returncode == 0:
        pathlib.Path(output).write_text(page.stdout)
    return page.returncode


sys.exit(main())
