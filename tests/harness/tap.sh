# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced: runs tests, one after the other or side by side, and reports each in the Test Anything Protocol, with its time. A test's output
# is shown only when it fails. Exit status 77 is a skip, and the line that says SKIP: is its reason.
# Every verdict is also a line "passed|failed|skipped TIER/NAME" at the end of the file named by VMI_TEST_RESULTS, if it is set.

tap_number=0
tap_failed=0

tap_record() { # VERDICT NAME
    if [[ -n ${VMI_TEST_RESULTS-} ]]; then
        echo "$1 $2" >>"$VMI_TEST_RESULTS"
    fi
}

tap_run() { # NAME COMMAND…
    local name=$1 output status=0 begin=${EPOCHREALTIME/./}
    shift
    output=$(mktemp)
    "$@" >"$output" 2>&1 </dev/null || status=$?
    tap_report "$name" "$begin" "$status" "$output"
}

# Runs "COMMAND… NAME" for every NAME, JOBS at a time, and reports each as PREFIX/NAME when it ends.
tap_run_side_by_side() { # JOBS PREFIX NAMES COMMAND…
    local jobs=$1 prefix=$2 name process status directory
    local -a names
    local -A begins=() running=()
    read -ra names <<<"$3"
    shift 3
    directory=$(mktemp -d)
    while [[ ${#names[@]} -gt 0 || ${#running[@]} -gt 0 ]]; do
        while [[ ${#names[@]} -gt 0 && ${#running[@]} -lt $jobs ]]; do
            name=${names[0]} names=("${names[@]:1}")
            begins[$name]=${EPOCHREALTIME/./}
            "$@" "$name" >"$directory/$name" 2>&1 </dev/null &
            running[$!]=$name
        done
        status=0
        wait -n -p process "${!running[@]}" || status=$?
        name=${running[$process]}
        unset "running[$process]"
        tap_report "$prefix/${name%.*}" "${begins[$name]}" "$status" "$directory/$name"
    done
    rm -rf "$directory"
}

tap_report() { # NAME BEGIN-USEC EXIT-STATUS OUTPUT-FILE, which it removes
    local name=$1 spent=$(((${EPOCHREALTIME/./} - $2) / 1000)) status=$3 output=$4
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
