#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes the root of machine.sh's machines: an ext4 image of the installed packages that running vmi and its tests takes, with what they
# depend on, and of this machine's /etc. Seconds: the files are here, and nothing is mounted, run or fetched.
# Usage: machine-image.sh IMAGE
set -euo pipefail

here=$(dirname "$(realpath "$0")")
# shellcheck source=tests/harness/packages.sh
. "$here/packages.sh"
PATH=$PATH:/usr/sbin:/sbin

# apt names alternatives too that are not installed: dpkg says what is.
# shellcheck disable=SC2016 # the formats are dpkg-query's
installed_closure() { # PACKAGE…
    local essential
    mapfile -t essential < <(dpkg-query -W -f '${Essential} ${Package}\n' | sed -n 's/^yes //p')
    apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
        "${essential[@]}" "$@" | grep '^[a-z0-9]' | sort -u |
        { xargs dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' 2>/dev/null || true; } | sed -n 's/^installed //p'
}

# Nobody reads there, and no generator finds anything to generate: each of them is a process that an emulated processor starts.
unwanted='^/boot/|^/usr/include/|\.a$|^(/usr)?/lib/modules/|^/usr/share/(doc|man|locale|info|lintian|bug|i18n)/|/system-generators/'

# With the directories that are links (/bin, /lib, …) resolved, so that those stay links.
files_of() { # PACKAGE…
    local top links=()
    for top in /bin /sbin /lib /lib32 /lib64 /libx32; do
        [[ ! -L $top ]] || links+=("$top")
    done
    printf '%s\n' "${links[@]}"
    # What packages do not own: their alternatives, and all of /etc.
    find /usr/bin /usr/sbin -lname '/etc/alternatives/*'
    find /etc
    dpkg-query -L "$@" | grep '^/.' | grep -vE "$unwanted" | sed -E "s,^($(IFS='|' && echo "${links[*]:-/-}"))/,/usr\1/,"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2086 # words
# vmi's own libraries, by what depends on them: their own names differ from release to release.
mapfile -t libraries < <(printf '%s\n' $packages_build | grep '^lib.*-dev$')
# shellcheck disable=SC2086 # words
mapfile -t packages < <(installed_closure $packages_run $packages_machine "${libraries[@]}")
mkdir "$work/tree"
files_of "${packages[@]}" | LC_ALL=C sort -u |
    while read -r file; do
        [[ ! -e $file && ! -L $file ]] || printf '%s\0' "${file#/}"
    done | tar -C / -c --no-recursion --null -T - | tar -C "$work/tree" -x -p --keep-directory-symlink
mkdir -p "$work/tree"/{proc,sys,dev,run,tmp,root,var/lib,var/tmp}
chmod 1777 "$work/tree"/{tmp,var/tmp}
kib=$(du -sk "$work/tree" | cut -f 1)
truncate -s "$((kib * 5 / 4))k" "$1"
mke2fs -q -F -t ext4 -b 4096 -O ^has_journal -m 0 -N $(($(find "$work/tree" | wc -l) + 100)) -d "$work/tree" "$1"
