#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# The console is a file descriptor from the daemon: readable, writable, shared, and a client that vanishes hurts nobody.
. "$(dirname "$0")/lib.sh"

hello_claim
since=$(now)
hello_vmi talk | apply
until_greets talk "$since"

expect_equal "a question" 42 "$(guest talk 'echo $((6 * 7))')"
expect_equal "an exit status" 3 "$(guest talk 'sh -c "exit 3"' || echo $?)"

note "two clients see the same"
exec {first}< <(exec vmictl -n "$ns" console talk </dev/null 2>&1)
first_process=$!
expect_match "the second" both "$(guest talk 'echo bo"th"')"
until_line 300 'both' cat <&"$first" >/dev/null

note "a client that vanishes in mid-output"
kill -KILL "$first_process"
exec {first}<&-
guest talk 'i=0; while [ $i -lt 2000 ]; do echo "line $i of much output that nobody may read"; i=$((i+1)); done' >/dev/null
expect_equal "still talks" here "$(guest talk 'echo here')"

note "one that never reads is dropped, not waited for"
mkfifo /tmp/stuck.$$
# Holds the descriptor, reads nothing: its own output is a pipe nobody reads.
vmictl -n "$ns" console talk </dev/null 8<>/tmp/stuck.$$ >&8 2>&1 &
stuck=$!
for _ in 1 2 3; do
    guest talk 'i=0; while [ $i -lt 4000 ]; do echo "line $i of output for one who does not listen, and it is long"; i=$((i+1)); done' >/dev/null
done
busctl call org.example.Vmi1 /org/example/Vmi1 org.freedesktop.DBus.Peer Ping
expect_equal "still talks" there "$(guest talk 'echo there')"
kill "$stuck" 2>/dev/null || true
rm -f /tmp/stuck.$$

note "the journal has what the guest printed"
expect_match "logs" 'hello: ready' "$(v logs talk)"
expect_match "journalctl" 'hello: ready' "$(journalctl --no-pager -o cat --since "@$since" | grep 'hello: ready' | head -n 1)"
