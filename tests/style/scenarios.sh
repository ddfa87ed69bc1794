#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every scenario says how it is run (HACKING.md, "Tests"), in words that ./check knows. Usage: scenarios.sh SOURCE_ROOT
set -euo pipefail
cd "$1/tests/service"
status=0
for file in *.sh doc-examples.py; do
    [[ $file != @(run|lib).sh ]] || continue
    [[ -x $file ]] || { echo "$file: is not executable" && status=1; }
    [[ $(grep -cxE '# Runs: (beside others|alone)' "$file") == 1 ]] || { echo "$file: has no line \"# Runs: beside others\" or \"# Runs: alone\"" && status=1; }
    ! grep -E '^# (Runs|Tier|Build|Debian|Vmictl):' "$file" | grep -vxE '# (Runs: (beside others|alone)|Tier: long|Build: release|Debian: one|Vmictl: sanitized)' || { echo "$file: has a tag that nobody reads" && status=1; }
done
exit "$status"
