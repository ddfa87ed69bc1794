#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every C file is as clang-format makes it. Pinned to one version: others differ in small things. Usage: format.sh SOURCE_ROOT
set -euo pipefail
command -v clang-format-14 >/dev/null || { echo "SKIP: there is no clang-format-14 here" && exit 77; }
cd "$1"
find daemon cli tests -name '*.[ch]' -print0 | xargs -0 --no-run-if-empty clang-format-14 --dry-run --Werror
