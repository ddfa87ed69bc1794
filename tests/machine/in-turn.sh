#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs inside a machine: several of these scripts in one boot, one after the other until one fails. Usage: in-turn.sh "SCRIPT ARGUMENT…"…
set -euo pipefail

for call in "$@"; do
    read -ra words <<<"$call"
    echo "=== ${words[0]}"
    bash "/tests/${words[0]}" "${words[@]:1}"
    echo "=== passed ${words[0]}"
done
