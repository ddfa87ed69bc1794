#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds this source for a root tree, in that tree, and installs it into a directory that host.sh can lay over it.
# Usage: stage.sh [--vmictl] TREE BUILD STAGE [MESON-OPTION…]     TREE / means this machine
#   --vmictl  build this program alone, and put it in the place of the one in STAGE, which goes to usr/libexec/vmi-tests
set -euo pipefail

only=
if [[ $1 == --vmictl ]]; then only=cli/vmictl && shift; fi

here=$(dirname "$(realpath "$0")")
source=$(realpath "$here/../..")
tree=$1 build=$(realpath -m "$2") stage=$(realpath -m "$3")
shift 3
mkdir -p "$build" "$stage"
# Two tiers may want the same.
exec {lock}>"$build.lock"
flock "$lock"

# As a command line for bash, so that it is the same here and in there.
# shellcheck disable=SC2016
recipe='source=$1 build=$2 stage=$3 only=$4; shift 4; set -e
if [ ! -e "$build/build.ninja" ]; then meson setup "$build" "$source" "$@"; else meson configure "$build" "$@"; fi
ninja -C "$build" $only
if [ -n "$only" ]; then
    install -D "$stage/usr/bin/vmictl" "$stage/usr/libexec/vmi-tests/vmictl"
    install -m 0755 "$build/$only" "$stage/usr/bin/"
    exit
fi
find "$stage" -mindepth 1 -delete
DESTDIR=$stage meson install -C "$build" --no-rebuild --quiet'
options=(--prefix=/usr --sysconfdir=/etc --localstatedir=/var --libdir=lib "$@")

if [[ $tree == / ]]; then
    bash -c "$recipe" stage "$source" "$build" "$stage" "$only" "${options[@]}"
else
    # The same paths inside, so that compiler messages and debug information name files that exist here.
    "$here/host.sh" --tree "$tree" --seconds 1200 \
        --bind "$source:$source" --bind "$build:$build" --bind "$stage:$stage" \
        bash -c "$recipe" stage "$source" "$build" "$stage" "$only" "${options[@]}"
fi
