#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Build: release
# Debian: one
# A caller may send strings of any length wherever a method takes one: each is refused, with an error that names the argument and its bound,
# and vmid goes on and has its memory back.
. "$(dirname "$0")/lib.sh"

resident() { # in MiB
    awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$1/status"
}

# Of a stop that firmware never obeys, so that there is a job for as long as this lasts.
grace=600 blank_vmi slow | apply
job=$(v stop --no-block slow)
claim disk
vmid=$(systemctl show -P MainPID vmid)
before=$(resident "$vmid")

# The longest is just below what the bus takes for a message.
PYTHONPATH=$service_dir PYTHONDONTWRITEBYTECODE=1 python3 "$service_dir/long_strings.py" "$ns" "$(instance_path slow)" "$job" 33554100 $((8 << 20))

expect_equal "vmid's process" "$vmid" "$(systemctl show -P MainPID vmid)"
after=$(resident "$vmid")
note "resident: $before MiB before, $after MiB after"
[[ $after -lt $((before + 64)) ]] || fail "vmid has $after MiB resident, and had $before MiB before"
