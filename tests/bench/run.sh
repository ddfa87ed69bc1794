#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the benchmark inside a throwaway host with vmi installed.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
mkdir -p /etc/vmi/vmid.conf.d
printf '[Manager]\nUseEmulation=yes\n' >/etc/vmi/vmid.conf.d/50-bench.conf
systemctl start vmid
exec python3 "$here/bench.py"
