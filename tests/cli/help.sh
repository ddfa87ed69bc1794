#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# --help of the program and of every verb: there, on standard output, not too wide; usage errors: exit 2, on standard error.
. "$(dirname "$0")/lib.sh"

narrow() {
    [[ $(awk '{ if (length > widest) widest = length } END { print widest }' "$work/out") -le 100 ]] ||
        fail "help is wider than 100 columns: $*"
}

expect 0 --help
expect_empty err
narrow program
cp "$work/out" "$work/long"
expect 0 -h
cmp "$work/out" "$work/long" || fail "-h and --help differ"

expect 0 --version
expect_line out '^vmictl [0-9]'

count=0
while read -r verb; do
    expect 0 "$verb" --help
    expect_empty err
    expect_line out "^Usage: vmictl $verb"
    narrow "$verb"
    expect 2 "$verb" --no-such-option
    expect_empty out
    expect_line err "^vmictl: unknown option \"--no-such-option\"; see vmictl $verb --help"
    expect_line_count=$(wc -l <"$work/err")
    [[ $expect_line_count -eq 1 ]] || fail "$verb: more than one line about a usage error"
    grep -q "^  $verb" "$work/long" || fail "$verb is not in the program's help"
    count=$((count + 1))
done < <(verbs)
[[ $count -ge 18 ]] || fail "only $count verbs"

expect 2
expect_line err 'no verb given'
expect 2 frobnicate
expect_line err 'unknown verb "frobnicate"'
expect 2 --frobnicate get vmi
expect_line err 'before the verb'
expect 2 start
expect_line err 'wrong number of arguments'
expect 2 explain a b
expect 2 get vmi --namespace
expect_line err 'needs an argument: NS'
expect 2 get vmi --json=yes
expect_line err 'takes no argument'
expect 2 get nosuchkind
expect_line err 'unknown kind "nosuchkind"'
expect 2 get vmi -o xml
expect_line err 'unknown output format "xml"'
expect 2 stop web --timeout soon
expect_line err 'is no time span'
expect 2 --user -H host get vmi
expect_line err 'exclude each other'
expect 2 apply
expect_line err 'say -f FILE'
expect 2 delete
expect 2 delete vmi
expect 2 attach web --disk a
expect_line err 'needs --claim'
