#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The example file that is installed says what the daemon's table of settings says. Usage: settings.sh PROGRAM FILE
set -euo pipefail

diff <("$1" file) <(grep -E '^#[A-Za-z]+=' "$2")
