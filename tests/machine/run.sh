#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The machine tier. Usage: run.sh STAGE, a directory that vmi is installed in (DESTDIR).
set -euo pipefail

here=$(dirname "$(realpath "$0")")
# shellcheck source=tests/harness/tap.sh
. "$here/../harness/tap.sh"

tap_run machine/limits-are-enforced "$here/../harness/machine.sh" --layer "$1" --seconds 1200 bash "$here/limits.sh"
tap_run machine/power-cut "$here/power-cut.sh" "$1"
tap_end
