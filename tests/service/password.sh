#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# Whoever may not do a thing is asked for an administrator's password on the terminal: the right one does it, a wrong one does not,
# nobody else waits meanwhile, and who does not want to be asked is not.
. "$(dirname "$0")/lib.sh"

requires pkttyagent useradd chpasswd
user=vmi-person
useradd --create-home --shell /bin/bash "$user"
# polkit asks for one of these.
useradd --create-home --shell /bin/bash --groups sudo vmi-admin
echo 'vmi-admin:open sesame' | chpasswd
scenario_end() {
    userdel --remove --force "$user" 2>/dev/null
    userdel --remove --force vmi-admin 2>/dev/null
}

blank_vmi asked | v apply -f -
PYTHONPATH=$service_dir PYTHONDONTWRITEBYTECODE=1 python3 - "$ns" "$user" <<'PYTHON'
import shlex, subprocess, sys
from on_terminal import Terminal

namespace, user = sys.argv[1:]

def vmictl(*arguments):
    # With a session, as everybody who logs in has one: without, polkit knows no agent that is only a fallback.
    return ["runuser", "-l", user, "--session-command", shlex.join(["vmictl", "-n", namespace, *arguments])]

def phase_and_paused():
    said = subprocess.run(["vmictl", "-n", namespace, "describe", "vmi", "asked"], capture_output=True, text=True, check=True, timeout=300).stdout
    return next(line.split("Phase: ")[1] for line in said.splitlines() if "Phase: " in line)

# While the prompt is open nothing happens, and nobody else waits.
right = Terminal(vmictl("pause", "asked"))
right.until("Authentication is required to manage virtual machines")
right.until("Password: ")
assert phase_and_paused().startswith("Running since"), phase_and_paused()
subprocess.run(["vmictl", "-n", namespace, "pause", "asked"], check=True, timeout=300)
subprocess.run(["vmictl", "-n", namespace, "unpause", "asked"], check=True, timeout=300)
right.until_silent()
right.type(b"open sesame\r")
assert right.end() == 0, right.output
assert "open sesame" not in right.output, right.output
assert phase_and_paused().startswith("Running (paused)"), phase_and_paused()

# Newer agents ask three times.
wrong = Terminal(vmictl("unpause", "asked"))
for attempt in range(1, 5):
    wrong.until(r"(?s)(Password: .*){%d}|polkit does not allow" % attempt)
    if "polkit does not allow" in wrong.output:
        break
    wrong.until_silent()
    wrong.type(b"open barley\r")
assert wrong.end() == 77, (wrong.process.returncode, wrong.output)
assert phase_and_paused().startswith("Running (paused)"), phase_and_paused()

# Neither who asked not to be asked, nor a program without a terminal.
unasked = Terminal(vmictl("--no-ask-password", "unpause", "asked"))
assert unasked.end() == 77, (unasked.process.returncode, unasked.output)
assert "Password" not in unasked.output, unasked.output
script = subprocess.run(vmictl("unpause", "asked"), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
assert script.returncode == 77 and "Password" not in script.stderr, script

# Reading asks nobody.
reader = Terminal(vmictl("get", "vmi"))
assert reader.end() == 0 and "Password" not in reader.output, reader.output
PYTHON
