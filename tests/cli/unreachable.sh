#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# No bus, no file, no disk space: one line, and the exit code that the manual page promises.
. "$(dirname "$0")/lib.sh"

for command in "get vmi" "describe vmi web" "start web" "console web" "jobs" "delete vmi web" \
    "apply -f $SOURCE_ROOT/docs/examples/web.yaml"; do
    # shellcheck disable=SC2086 # words
    expect 69 $command
    expect_empty out
    expect_line err '^vmictl: could not connect to the system bus: .*; check that dbus.service is running$'
done

expect 4 apply -f "$work/no-such-file"
expect_line err '^vmictl: could not open ".*no-such-file": No such file or directory$'
expect 4 validate -f "$work/no-such-file"
mkdir "$work/empty"
expect 4 validate -f "$work/empty"
expect_line err 'holds no \*.yaml'

head -c 11000000 /dev/zero | tr '\0' '#' >"$work/large.yaml"
expect 1 validate -f "$work/large.yaml"
expect_line err 'larger than the 10 MiB'

# The output cannot be written.
if [[ -e /dev/full ]]; then
    status=0
    "$VMICTL" explain vmi.spec >/dev/full 2>"$work/err" || status=$?
    [[ $status -eq 1 ]] || fail "a full disk behind standard output: exit code $status"
    expect_line err 'could not write'
fi
