#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs in the root of a machine that machine.sh started, before its systemd does. Usage: machine-init.sh LAYER…
set -euo pipefail
# shellcheck source=tests/harness/throwaway.sh
. "$(dirname "$0")/throwaway.sh"

cd /
throwaway_forget
throwaway_layers "$@"
throwaway_target /throwaway-command $'StandardOutput=tty\nTTYPath=/dev/ttyS1'
if [[ -b /dev/vda ]]; then
    mount -t ext4 /dev/vda /var/lib/vmi
fi
systemd-sysusers
