#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
"""Runs the examples of the pages in docs/ against the running vmid. Usage: doc-examples.py [PAGE...]

An example is a fence marked "console". A line that begins with "$ " is a command for bash, "> " goes on with it; the lines up to the next
command are what it must print. In them "..." stands for any text, and any amount of white space for any other. A command may
fail only where the page shows what it prints then. All commands of a page run in one empty directory, in order.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
PAGES = ["busctl.md", "gdbus.md"]
SECONDS = 600


def examples(page: pathlib.Path):
    """(line number, command, expected lines) for each command of PAGE."""
    inside, current = False, None
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if line.startswith("```"):
            if current:
                yield current
            inside, current = line == "```console", None
        elif not inside:
            continue
        elif line.startswith("$ "):
            if current:
                yield current
            current = (number, line[2:], [])
        elif line.startswith("> ") and not current[2]:
            current = (current[0], current[1] + "\n" + line[2:], [])
        else:
            current[2].append(line)


def pattern(expected) -> str:
    literals = re.split(r" *\.\.\. *", "\n".join(expected).strip())
    return ".*".join(re.sub(r"(\\\s)+", lambda _: r"\s+", re.escape(literal)) for literal in literals)


def run(page: pathlib.Path, directory: str) -> int:
    failures = 0
    for number, command, expected in examples(page):
        try:
            result = subprocess.run(["bash", "-c", command], cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True, timeout=SECONDS)
            output, status = result.stdout.strip(), result.returncode
        except subprocess.TimeoutExpired as error:
            output, status = f"{error.output}\nnot over after {SECONDS} s", 124
        if expected and re.fullmatch(pattern(expected), output, re.DOTALL) or not expected and status == 0 and not output:
            continue
        failures += 1
        print(f"{page.name}:{number}: {command.splitlines()[0]}\n  exit status {status}, printed:\n    " +
              output.replace("\n", "\n    ") + "\n  the page says:\n    " + "\n    ".join(expected))
    return failures


def main() -> int:
    failures = 0
    for page in [pathlib.Path(p) for p in sys.argv[1:]] or [DOCS / p for p in PAGES]:
        with tempfile.TemporaryDirectory() as directory:
            count = len(list(examples(page)))
            failed = run(page, directory)
            print(f"{page.name}: {count - failed} of {count} examples are as the page says")
            failures += failed + (count == 0)
    return bool(failures)


sys.exit(main())
