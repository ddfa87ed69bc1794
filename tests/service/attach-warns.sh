#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# Debian: one
# What there is to mind about a disk that was attached is said to who attached it, not only on the guest.
. "$(dirname "$0")/lib.sh"

blank_vmi web | v apply -f -
for name in small whole; do
    claim "$name" 8Mi
    until_signal 300 claim_bound "$name"
done
truncate -s 4M "$(claim_image small)"
serial=twenty-characters-and-more

said=$(v attach web --disk small --claim small --bus virtio --serial "$serial" 2>&1)
expect_equal "said of its size" 1 "$(grep -c '^vmi/web: warning: .*asks for 8Mi and its image has 4Mi' <<<"$said")"
expect_equal "said of its serial number" 1 "$(grep -c "^vmi/web: warning: the guest sees the first 20 characters .*\"$serial\"" <<<"$said")"
expect_match "what was done" 'virtualmachineinstance/web disk small attached until the guest ends; --persist would keep it' "$said"
expect_match "on the guest, too" 'SerialCut' "$(v describe vmi web)"
expect_equal "said where nothing is to be minded" '' "$(v attach web --disk whole --claim whole 2>&1 | grep warning || true)"
