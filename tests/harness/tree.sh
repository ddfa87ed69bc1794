#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Prints the directory of a root tree of another Debian release, with everything that building, running and testing vmi there needs.
# Made by mmdebstrap once, kept in a cache, made anew when the list of packages changes.
# Usage: tree.sh [SUITE]     default: the release this machine does not run, of bookworm (12) and trixie (13)
set -euo pipefail

here=$(dirname "$(realpath "$0")")
# shellcheck source=tests/harness/packages.sh
. "$here/packages.sh"

other_suite() {
    # shellcheck source=/dev/null
    . /etc/os-release
    case ${VERSION_CODENAME-} in
    trixie) echo bookworm ;;
    *) echo trixie ;;
    esac
}

suite=${1:-$(other_suite)}
cache=${XDG_CACHE_HOME:-/var/cache}/vmi-tests
tree=$cache/$suite
# shellcheck disable=SC2086 # words, wanted
list=$(printf '%s\n' $packages_build $packages_run $packages_host $packages_scenario | sort -u | paste -sd,)

if [[ $(cat "$tree.packages" 2>/dev/null) != "$list" ]]; then
    echo "tree.sh: making a Debian $suite tree in $tree" >&2
    mkdir -p "$cache"
    rm -rf --one-file-system "$tree" "$tree.new" "$tree.packages"
    mmdebstrap --quiet --variant=essential --include="$list" --aptopt='APT::Install-Recommends "false"' \
        "$suite" "$tree.new" >&2
    mv "$tree.new" "$tree"
    echo "$list" >"$tree.packages"
fi
echo "$tree"
