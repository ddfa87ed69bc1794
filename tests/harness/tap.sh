# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced: runs tests one after the other and reports each in the Test Anything Protocol, with its time. A test's output is shown only
# when it fails. Exit status 77 is a skip, and the line that says SKIP: is its reason.
# Every verdict is also a line "passed|failed|skipped TIER/NAME" at the end of the file named by VMI_TEST_RESULTS, if it is set.

tap_number=0
tap_failed=0

tap_record() { # VERDICT NAME
    if [[ -n ${VMI_TEST_RESULTS-} ]]; then
        echo "$1 $2" >>"$VMI_TEST_RESULTS"
    fi
}

tap_run() { # NAME COMMAND…
    local name=$1 output status=0 begin=${EPOCHREALTIME/./} spent
    shift
    output=$(mktemp)
    "$@" >"$output" 2>&1 </dev/null || status=$?
    spent=$(((${EPOCHREALTIME/./} - begin) / 1000))
    spent=$(printf '%d.%03d s' $((spent / 1000)) $((spent % 1000)))
    tap_number=$((tap_number + 1))
    case $status in
    0)
        echo "ok $tap_number - $name ($spent)"
        grep '^# ' "$output" || true
        tap_record passed "$name"
        ;;
    77)
        echo "ok $tap_number - $name # SKIP $(sed -n 's/^SKIP: //p' "$output" | tail -n 1)"
        tap_record skipped "$name"
        ;;
    *)
        echo "not ok $tap_number - $name ($spent, exit status $status)"
        sed 's/^/    /' "$output"
        tap_record failed "$name"
        tap_failed=$((tap_failed + 1))
        ;;
    esac
    rm -f "$output"
}

tap_end() { # the exit status of the whole
    echo "1..$tap_number"
    [[ $tap_failed -eq 0 ]]
}
