# shellcheck shell=bash disable=SC2034 # sourced; the variables are for whoever sources it
# SPDX-License-Identifier: LGPL-2.1-or-later
# The one list of Debian packages: what building, running and testing need, by the names both Debian 12 and 13 have.

packages_build="gcc libc6-dev meson ninja-build pkgconf python3 libglib2.0-dev libsystemd-dev libyaml-dev
libjson-glib-dev libxml2-dev libvirt-dev libisofs-dev libburn-dev libsmartcols-dev python3-docutils"

packages_run="systemd systemd-container dbus polkitd libvirt-daemon libvirt-daemon-driver-qemu qemu-system-x86
qemu-utils seabios passt"

# The throwaway host itself, and making the greeting guest.
packages_host="util-linux iproute2 procps kmod inotify-tools
busybox-static cpio kmod syslinux mtools dosfstools xz-utils"

# What the scenarios call inside a throwaway host.
packages_scenario="libcmocka-dev jq socat strace inotify-tools procps iproute2 python3 python3-yaml libglib2.0-bin
libvirt-clients xorriso findutils libxml2-utils dbus-user-session libpam-systemd openssh-client openssh-server valgrind libc6-dbg"

# What ./check calls on top.
# What the scripts of tests/machine call, in a machine that has nothing else.
packages_machine="jq procps util-linux mawk python3-minimal"

packages_check="$packages_scenario mmdebstrap shellcheck clang libclang-rt-dev llvm clang-format binutils e2fsprogs"

# Installs what is missing of the packages named; says so before it does.
packages_install() {
    local package missing=()
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    echo "Installing: ${missing[*]}"
    if [[ $(id -u) != 0 ]]; then
        echo "That needs root. As root: apt-get install --no-install-recommends ${missing[*]}" >&2
        return 1
    fi
    apt-get -qq update
    # No service of a package is started on this machine: they are for the throwaway host.
    local policy=/usr/sbin/policy-rc.d ours=
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        ours=yes
    fi
    local status=0
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install "${missing[@]}" \
        >/dev/null || status=$?
    [[ -z $ours ]] || rm -f "$policy"
    return "$status"
}
