#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs in the root of a machine that machine.sh started, before its systemd does.
set -euo pipefail
# shellcheck source=tests/harness/throwaway.sh
. "$(dirname "$0")/throwaway.sh"

cd /
throwaway_forget
throwaway_layers throwaway/layer
throwaway_target /throwaway/command $'StandardOutput=tty\nTTYPath=/dev/ttyS1'
if [[ -b /dev/vdb ]]; then
    # Nothing reaches this disk by luck: only what is asked for is written before a power cut.
    mount -t ext4 -o noauto_da_alloc,commit=600 /dev/vdb /var/lib/vmi
fi
systemd-sysusers
