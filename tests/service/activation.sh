#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Nobody has to start vmid: the first call does.
. "$(dirname "$0")/lib.sh"

systemctl stop vmid
expect_equal "stopped" inactive "$(systemctl is-active vmid || true)"
expect_match "the first call" "$ns" "$(vmictl get ns)"
expect_equal "started by it" active "$(systemctl is-active vmid)"
[[ $(systemctl show -P WatchdogUSec vmid) != 0 ]] || fail "no watchdog"
expect_equal "type" notify "$(systemctl show -P Type vmid)"
[[ $(systemctl show -P StatusText vmid) ]] || fail "no status text"
