#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vmictl on a terminal: the console gives it back however it ends, progress stays on one line, control-C leaves the job alone.
. "$(dirname "$0")/lib.sh"

grace=60 blank_vmi web | v apply -f -

python3 - "$ns" <<'PYTHON'
import os, pty, re, select, signal, subprocess, sys, termios

class Terminal:
    """vmictl on a terminal of its own."""

    def __init__(self, *arguments, **environment):
        self.master, slave = pty.openpty()
        self.slave = slave
        self.before = termios.tcgetattr(slave)
        self.process = subprocess.Popen(["vmictl", "-n", sys.argv[1], *arguments], stdin=slave, stdout=slave, stderr=slave,
                                        start_new_session=True, env={**os.environ, "TERM": "xterm", **environment},
                                        preexec_fn=lambda: __import__("fcntl").ioctl(0, termios.TIOCSCTTY, 0))
        self.output = ""

    def until(self, pattern):
        while not re.search(pattern, self.output):
            assert select.select([self.master], [], [], 60)[0], f"no {pattern!r} in {self.output!r}"
            self.output += os.read(self.master, 4096).decode(errors="replace")

    def type(self, text):
        os.write(self.master, text)

    def end(self):
        status = self.process.wait(60)
        while select.select([self.master], [], [], 0)[0]:
            self.output += os.read(self.master, 4096).decode(errors="replace")
        assert termios.tcgetattr(self.slave) == self.before, "the terminal was not given back"
        return status

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
assert force.end() == 0 and "\r\x1b[K" in force.output, force.output
assert re.search(r"virtualmachineinstance/web deleted\r\n$", force.output), force.output
assert console.end() == 0 and "The console of vmi/web is closed" in console.output, console.output
PYTHON

note "not on a terminal: no sequences, a line per step"
grace=60 blank_vmi web | v apply -f - 2>err.$$
! grep -q $'\033' err.$$ || fail "terminal sequences in a file"
grep -q '^vmi/web: ' err.$$ || fail "no line about a step"
rm -f err.$$

note "--watch prints what changes"
until_line 30 'web +Running' vmictl -n "$ns" get vmi --watch >/dev/null
