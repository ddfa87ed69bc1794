# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program on a terminal of its own, for scenarios that play the person in front of it."""
import fcntl
import os
import pty
import re
import select
import subprocess
import termios
import time

LIMIT = 300  # seconds


class Terminal:
    def __init__(self, command, **environment):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(command, stdin=self.slave, stdout=self.slave, stderr=self.slave, start_new_session=True,
                                        env={**os.environ, "TERM": "xterm", **environment},
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.output = ""

    def until(self, pattern):
        while not re.search(pattern, self.output):
            assert select.select([self.master], [], [], LIMIT)[0], f"no {pattern!r} in {self.output!r}"
            self.output += os.read(self.master, 4096).decode(errors="replace")

    def until_silent(self):
        """Until what is typed is not shown. Programs discard what was typed before, and no event tells of it."""
        end = time.monotonic() + LIMIT
        while termios.tcgetattr(self.slave)[3] & termios.ECHO:
            assert time.monotonic() < end, f"still echoes: {self.output!r}"
            if select.select([self.master], [], [], 0.01)[0]:
                self.output += os.read(self.master, 4096).decode(errors="replace")

    def type(self, text):
        os.write(self.master, text)

    def end(self):
        """Its exit status, once it has ended and given the terminal back."""
        status = self.process.wait(LIMIT)
        while select.select([self.master], [], [], 0)[0]:
            self.output += os.read(self.master, 4096).decode(errors="replace")
        assert termios.tcgetattr(self.slave) == self.before, "the terminal was not given back"
        return status
