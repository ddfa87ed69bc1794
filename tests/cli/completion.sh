#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Completions: bash's is run, the others are parsed by their shells where these are installed.
. "$(dirname "$0")/lib.sh"

for shell in bash zsh fish; do
    "$VMICTL" --dump-completion "$shell" >"$work/completion.$shell"
    ! command -v "$shell" >/dev/null || "$shell" -n "$work/completion.$shell"
    while read -r verb; do
        grep -q -- "$verb" "$work/completion.$shell" || fail "$shell does not know $verb"
    done < <(verbs)
done
expect 2 --dump-completion csh

# Words that bash offers behind a command line; the last word is the one under the cursor.
complete_words() {
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    _vmictl
    echo "${COMPREPLY[*]}"
}
vmictl() { # stands for the installed program, with a daemon behind it
    case "$*" in
    "get vmi -o name") printf 'virtualmachineinstance/%s\n' web worker ;;
    "get vmi -o name -n prod") echo virtualmachineinstance/web-prod ;;
    "get pvc -o name") echo persistentvolumeclaim/data ;;
    "get ns -o name") printf 'namespace/%s\n' default prod ;;
    esac
}
compopt() { :; }
# shellcheck source=/dev/null
. "$work/completion.bash"

expect_offer() { # EXPECTED WORD…
    local expected=$1 offered
    shift
    offered=$(complete_words "$@")
    [[ $offered == "$expected" ]] || fail "completion of '$*': '$offered', not '$expected'"
}
expect_offer "restart render" vmictl re
expect_offer "web worker" vmictl start w
expect_offer "web-prod" vmictl start -n prod w
expect_offer "default prod" vmictl start -n ""
expect_offer "pvc" vmictl get p
expect_offer "data" vmictl get pvc d
expect_offer "json" vmictl get vmi -o j
expect_offer "--follow" vmictl logs --fo
expect_offer "" vmictl start --fo
expect_offer "virtio" vmictl attach web --bus v
