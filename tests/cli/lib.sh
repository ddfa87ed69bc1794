# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the tests of vmictl without a daemon begin with: `. lib.sh`, with VMICTL and SOURCE_ROOT in the environment.
set -euo pipefail

: "${VMICTL:?the program to test}" "${SOURCE_ROOT:?the top of the sources}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8 DBUS_SYSTEM_BUS_ADDRESS=unix:path=$work/no-bus

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# Runs vmictl; its exit code must be CODE. Leaves $work/out and $work/err.
expect() { # CODE ARGUMENT…
    local code=$1 status=0
    shift
    "$VMICTL" "$@" >"$work/out" 2>"$work/err" || status=$?
    [[ $status -eq $code ]] || {
        cat "$work/out" "$work/err" >&2
        fail "vmictl $*: exit code $status, not $code"
    }
}

expect_line() { # FILE(out|err) EXTENDED-REGEX
    grep -Eq -- "$2" "$work/$1" || {
        cat "$work/$1" >&2
        fail "no line in std$1 is like: $2"
    }
}

expect_empty() { # FILE(out|err)
    [[ ! -s $work/$1 ]] || {
        cat "$work/$1" >&2
        fail "std$1 is not empty"
    }
}

verbs() {
    "$VMICTL" --dump-man verbs | sed -n 's/^\*\*\([a-z]*\)\*\*.*/\1/p'
}
