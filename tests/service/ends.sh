#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# How a run ends is on the object, with the reason: killed from outside, stopped by force, out of time. (Powered off from inside:
# scratch-lives-as-long-as-the-run.sh, which boots a guest anyway.)
. "$(dirname "$0")/lib.sh"

blank_vmi shot | apply
blank_vmi forced | apply

pid=$(leader shot)
kill -KILL "$pid"
until_phase shot Failed
expect_match "the reason" '.+' "$(property shot Reason | tr -d '"')"
expect_equal "no unit" "" "$(scope shot)"
expect_equal "no leader" 0 "$(leader shot)"

pid=$(leader forced)
v stop --force forced
until_gone "$pid"
expect_match "phase" 'Succeeded|Failed' "$(phase forced)"

expect_nothing_left

note "each can run again"
for name in shot forced; do
    v start "$name"
    expect_equal "phase of $name" Running "$(phase "$name")"
done

note "a guest that does not listen is killed when its time is over"
v stop --timeout 1s forced
expect_match "phase" 'Succeeded|Failed' "$(phase forced)"
