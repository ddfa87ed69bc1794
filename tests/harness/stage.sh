#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds this source for a root tree, in that tree, and installs it into a directory that host.sh can lay over it.
# Usage: stage.sh TREE BUILD STAGE [MESON-OPTION…]     TREE / means this machine
set -euo pipefail

here=$(dirname "$(realpath "$0")")
source=$(realpath "$here/../..")
tree=$1 build=$(realpath -m "$2") stage=$(realpath -m "$3")
shift 3
mkdir -p "$build" "$stage"

# As a command line for bash, so that it is the same here and in there.
# shellcheck disable=SC2016
recipe='source=$1 build=$2 stage=$3; shift 3; set -e
if [ ! -e "$build/build.ninja" ]; then meson setup "$build" "$source" "$@"; else meson configure "$build" "$@"; fi
ninja -C "$build"
find "$stage" -mindepth 1 -delete
DESTDIR=$stage meson install -C "$build" --no-rebuild --quiet'
options=(--prefix=/usr --sysconfdir=/etc --localstatedir=/var --libdir=lib "$@")

if [[ $tree == / ]]; then
    bash -c "$recipe" stage "$source" "$build" "$stage" "${options[@]}"
else
    # The same paths inside, so that compiler messages and debug information name files that exist here.
    "$here/host.sh" --tree "$tree" --seconds 1200 \
        --bind "$source:$source" --bind "$build:$build" --bind "$stage:$stage" \
        bash -c "$recipe" stage "$source" "$build" "$stage" "${options[@]}"
fi
