#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The machine tier. Usage: run.sh STAGE, a directory that vmi is installed in (DESTDIR).
set -euo pipefail

here=$(dirname "$(realpath "$0")")
# shellcheck source=tests/harness/tap.sh
. "$here/../harness/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/../harness/machine-image.sh" "$work/image"
tap_run machine/limits-are-enforced "$here/../harness/machine.sh" --image "$work/image" --layer "$1" --seconds 3600 "$here/limits.sh"
tap_run machine/power-cut "$here/power-cut.sh" "$work/image" "$1"
tap_run machine/host-shutdown "$here/host-shutdown.sh" "$work/image" "$1"
tap_end
