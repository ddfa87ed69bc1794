#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# Debian: one
# Vmictl: sanitized
# vmictl on a terminal: the console gives it back however it ends, progress stays on one line, control-C leaves the job alone.
. "$(dirname "$0")/lib.sh"

grace=60 blank_vmi web | v apply -f -

PYTHONPATH=$service_dir PYTHONDONTWRITEBYTECODE=1 python3 - "$ns" <<'PYTHON'
import re, signal, subprocess, sys, termios
from on_terminal import Terminal as Program

def Terminal(*arguments, **environment):
    return Program(["vmictl", "-n", sys.argv[1], *arguments], **environment)

def is_raw(terminal):
    return not termios.tcgetattr(terminal.slave)[3] & (termios.ICANON | termios.ECHO | termios.ISIG)

console = Terminal("console", "web")
console.until(r"Connected to the console of vmi/web. \^\] leaves")
assert is_raw(console)
console.type(b"\x03abc")  # control-C is for the guest
console.type(b"\x1d")
assert console.end() == 0 and "Left the console" in console.output, console.output

for ending in signal.SIGTERM, signal.SIGHUP, signal.SIGINT:
    console = Terminal("console", "web")
    console.until("leaves")
    console.process.send_signal(ending)
    assert console.end() == 0, (ending, console.output)

# Asked to shut down, firmware does nothing: the job goes on until it is cancelled.
stop = Terminal("stop", "web")
stop.until("Waiting for the guest")
stop.type(b"\x03")
assert stop.end() == 130, stop.output
assert "\r\x1b[K" in stop.output, stop.output  # the line of the step is taken back
job = re.search(r"vmi/web: job (\d+) goes on", stop.output)[1]
listed = subprocess.run(["vmictl", "jobs", "--no-legend"], capture_output=True, text=True, check=True).stdout
assert re.search(rf"^ *{job} +stop +{re.escape(sys.argv[1])}/web +running", listed, re.MULTILINE), listed
subprocess.run(["vmictl", "cancel", job], check=True)

# Colours for people, none for those who do not want them.
get = Terminal("get", "vmi")
assert get.end() == 0 and "\033[32m" in get.output, get.output
get = Terminal("get", "vmi", NO_COLOR="1")
assert get.end() == 0 and "\033" not in get.output, get.output

# A console is closed by the guest's end, and so is the session.
console = Terminal("console", "web")
console.until("leaves")
force = Terminal("delete", "vmi", "web", "--force")
assert force.end() == 0, force.output
assert re.search(r"virtualmachineinstance/web deleted\r\n$", force.output), force.output
assert console.end() == 0 and "The console of vmi/web is closed" in console.output, console.output
PYTHON

note "not on a terminal: no sequences, a line per step"
grace=60 blank_vmi web | v apply -f - 2>err.$$
! grep -q $'\033' err.$$ || fail "terminal sequences in a file"
grep -q '^vmi/web: ' err.$$ || fail "no line about a step"
rm -f err.$$

note "--watch prints what changes"
until_line 300 'web +Running' vmictl -n "$ns" get vmi --watch >/dev/null
