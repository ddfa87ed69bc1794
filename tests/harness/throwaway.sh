# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by host-init.sh and machine-init.sh, with the new root as working directory: what makes an overlay of somebody's machine
# a machine of nobody's.

# Copied, not mounted as further layers: the kernel refuses layers of which one lies within the other.
throwaway_layers() { # DIRECTORY…
    local layer
    for layer in "$@"; do
        cp -a "$layer/." .
    done
}

# What this machine's administrator has set up is not part of it.
throwaway_forget() {
    local unit
    rm -rf etc/systemd/system etc/vmi var/log var/lib/vmi etc/fstab etc/machine-id etc/cron* .dockerenv
    mkdir -p etc/systemd/system etc/tmpfiles.d var/log var/lib/vmi
    # It would empty /tmp: a mark in the overlay for each of this machine's files there, which may be many.
    ln -sf /dev/null etc/tmpfiles.d/tmp.conf
    touch etc/fstab
    tr -d - </proc/sys/kernel/random/uuid >etc/machine-id
    echo throwaway >etc/hostname
    printf '127.0.0.1 localhost throwaway\n::1 localhost\n' >etc/hosts
    for unit in systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket \
        systemd-udev-trigger.service systemd-udev-settle.service getty.target serial-getty@.service networking.service \
        systemd-networkd.service systemd-resolved.service systemd-timesyncd.service systemd-firstboot.service \
        dev-hugepages.mount systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-modules-load.service \
        systemd-sysctl.service systemd-hwdb-update.service ldconfig.service modprobe@.service; do
        ln -s /dev/null "etc/systemd/system/$unit"
    done
}

# throwaway.target: a system with a bus, and COMMAND FILE run by bash in it. Its output goes where OUTPUT, unit settings, say.
throwaway_target() { # COMMAND-FILE OUTPUT ENVIRONMENT…
    local file=$1 output=$2
    shift 2
    cat >etc/systemd/system/throwaway.service <<EOF
[Unit]
Description=The command this system was started for
Requires=dbus.service
After=dbus.service
[Service]
Type=oneshot
Environment=HOME=/root
$([[ $# -eq 0 ]] || printf 'Environment="%s"\n' "$@")
WorkingDirectory=/
ExecStart=/bin/bash $file
$output
StandardError=inherit
EOF
    printf '[Unit]\nRequires=sysinit.target dbus.service\nWants=throwaway.service\nAfter=throwaway.service\n' \
        >etc/systemd/system/throwaway.target
}
