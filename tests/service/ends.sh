#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# How a run ends is on the object, with the reason: powered off from inside, killed from outside, crashed.
. "$(dirname "$0")/lib.sh"

hello_claim
since=$(now)
hello_vmi inside | apply
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

until_greets inside "$since"
pid=$(leader inside)
guest inside 'poweroff -f' >/dev/null 2>&1 || true
until_gone "$pid"
until_phase inside Succeeded
expect_nothing_left

note "each can run again"
for name in inside shot forced; do
    v start "$name"
    expect_equal "phase of $name" Running "$(phase "$name")"
done

note "a guest that does not listen is killed when its time is over"
v stop --timeout 1s forced
expect_match "phase" 'Succeeded|Failed' "$(phase forced)"
