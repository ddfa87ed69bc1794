#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every shell script passes shellcheck; found by their first lines. Usage: shell.sh SOURCE_ROOT
set -euo pipefail
command -v shellcheck >/dev/null || { echo "SKIP: there is no shellcheck here" && exit 77; }
cd "$1"
find . -path ./.git -prune -o -path './build*' -prune -o -type f -size -200k -print0 |
    xargs -0 grep -IlEm1 '^#!/bin/(bash|sh|busybox sh)$|^# shellcheck shell=' --null |
    xargs -0 --no-run-if-empty --max-procs "$(nproc)" --max-args 8 shellcheck
