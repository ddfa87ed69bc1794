#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Copies a table of kinds with one more row, as somebody who adds a kind would edit it. Usage: add-row.py IN OUT ROW BEFORE

ROW becomes a line of its own in front of the one line that begins with BEFORE.
"""
import pathlib
import sys

table, out, row, before = sys.argv[1:]
lines = pathlib.Path(table).read_text().splitlines()
places = [number for number, line in enumerate(lines) if line.lstrip().startswith(before)]
if len(places) != 1:
    sys.exit(f"{table}: {len(places)} lines begin with {before}")
# The rows of a macro go on over the ends of lines.
goes_on = lines[places[0] - 1].endswith("\\")
lines.insert(places[0], f"{row} \\" if goes_on else row)
pathlib.Path(out).write_text("\n".join(lines) + "\n")
