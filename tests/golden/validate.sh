#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every golden domain must be valid by libvirt's own schema. Files that use what the installed schema does not know yet
# are named and left out. Usage: validate.sh GOLDEN-DIRECTORY
set -u
command -v virt-xml-validate >/dev/null || { echo "virt-xml-validate is not installed (libvirt-clients)"; exit 77; }
schema=/usr/share/libvirt/schemas/domaincommon.rng
[ -r "$schema" ] || { echo "$schema is missing (libvirt-common)"; exit 77; }
failed=0 done=0 left_out=0
for file in "$1"/*/out.xml; do
  if grep -q '<iothreads>$' "$file" && ! grep -q iothreadMapping "$schema"; then
    echo "left out: $file needs the schema of libvirt 10"
    left_out=$((left_out + 1))
    continue
  fi
  if ! message=$(virt-xml-validate "$file" domain 2>&1); then
    echo "$message"
    failed=$((failed + 1))
  fi
  done=$((done + 1))
done
echo "$done validated, $failed failed, $left_out left out"
[ "$done" -gt 0 ] && [ "$failed" -eq 0 ]
