#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The same object applied by many at once: one object, one run, and every caller gets a whole answer.
. "$(dirname "$0")/lib.sh"

blank_vmi same >/tmp/same.yaml
blank_vmi same | sed 's/8Mi/9Mi/' >/tmp/other.yaml
outcomes=$(mktemp -d)
for i in 1 2 3 4 5 6; do
    file=/tmp/same.yaml
    [[ $i -lt 5 ]] || file=/tmp/other.yaml
    (
        status=0
        vmictl -n "$ns" apply -f "$file" >"$outcomes/$i" 2>&1 || status=$?
        echo "$status" >"$outcomes/$i.status"
    ) &
done
wait
expect_equal "phase" Running "$(phase same)"
expect_equal "QEMU processes" 1 "$(pgrep -c -f "guest=${ns}_same")"
expect_match "somebody succeeded" '(^|[^0-9])0' "$(cat "$outcomes"/*.status | tr '\n' ' ')"
for i in 1 2 3 4 5 6; do
    [[ $(cat "$outcomes/$i.status") == 0 || -s $outcomes/$i ]] || fail "caller $i failed without a word"
done
rm -rf "$outcomes"

note "start, stop and delete against each other"
for verb in "stop --force" start "restart --force" "stop --force" start; do
    # shellcheck disable=SC2086 # verb and option
    vmictl -n "$ns" $verb same >/dev/null 2>&1 &
done
wait
v delete --force vmi same
expect_nothing_left
