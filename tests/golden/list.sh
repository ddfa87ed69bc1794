#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every case directory must be in the list of meson.build. Usage: list.sh GOLDEN-DIRECTORY CASE...
directory=$1
shift
failed=0
for input in "$directory"/*/in.yaml; do
  name=$(basename "$(dirname "$input")")
  case " $* " in
    *" $name "*) ;;
    *) echo "case $name is not in golden_cases of $directory/meson.build"; failed=1 ;;
  esac
done
exit $failed
