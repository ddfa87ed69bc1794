#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Debian: one
# What long-strings.sh sends, with sanitizers, and so not as long: AddressSanitizer copies all that sd-bus has of a message at each read of a part of
# it, which is minutes for the longest that the bus takes.
. "$(dirname "$0")/lib.sh"

# Of a stop that firmware never obeys, so that there is a job for as long as this lasts.
grace=600 blank_vmi slow | apply
job=$(v stop --no-block slow)
claim disk
vmid=$(systemctl show -P MainPID vmid)

PYTHONPATH=$service_dir PYTHONDONTWRITEBYTECODE=1 python3 "$service_dir/long_strings.py" "$ns" "$(instance_path slow)" "$job" $((4 << 20)) $((1 << 20))

expect_equal "vmid's process" "$vmid" "$(systemctl show -P MainPID vmid)"
