#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The inside of host.sh: the first process of the new namespaces. Builds the root, enters it, becomes systemd.
# Its one argument is a file of shell variables written by host.sh.
set -euo pipefail

# shellcheck source=tests/harness/throwaway.sh
. "$(dirname "$0")/throwaway.sh"
# shellcheck source=/dev/null
. "$1"
# shellcheck disable=SC2154 # all of them come from there
readonly work tree devices state shell layers binds environment command

mount_root() {
    mount -t tmpfs tmpfs "$work/overlay"
    mkdir "$work/overlay/upper" "$work/overlay/work"
    mount -t overlay overlay -o "lowerdir=$tree,upperdir=$work/overlay/upper,workdir=$work/overlay/work" "$work/root"
}

mount_kernel_file_systems() {
    mkdir -p proc sys dev run tmp
    mount -t proc proc proc
    mount -t sysfs sysfs sys
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount -t tmpfs -o mode=755 tmpfs run
    mount -t tmpfs -o mode=1777 tmpfs tmp
}

# Only what a program may take for granted; none of this machine's disks.
make_devices() {
    local node
    mount -t tmpfs -o mode=755 tmpfs dev
    for node in $devices; do
        if [[ -e /dev/$node ]]; then
            touch "dev/$node"
            mount --bind "/dev/$node" "dev/$node"
        fi
    done
    mkdir dev/pts dev/shm
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
    mount -t tmpfs -o mode=1777 tmpfs dev/shm
    ln -s pts/ptmx dev/ptmx
    ln -s /proc/self/fd dev/fd
    ln -s /proc/self/fd/0 dev/stdin
    ln -s /proc/self/fd/1 dev/stdout
    ln -s /proc/self/fd/2 dev/stderr
}

# A network of its own: loopback, and an uplink that leads nowhere, because programs want to see one (passt takes another address for
# the guest where it sees none).
make_network() {
    ip link set lo up
    ip link add uplink type veth peer name nowhere 2>/dev/null || return 0
    ip link set nowhere up
    ip link set uplink up
    ip address add 192.0.2.2/24 dev uplink
    ip route add default via 192.0.2.1
}

bind_from_outside() {
    local bind from to
    mount --bind "$state" var/lib/vmi
    mkdir -p run/host
    mount --bind "$work" run/host
    for bind in "${binds[@]}"; do
        from=${bind%%:*}
        to=.${bind#*:}
        if [[ -d $from ]]; then
            mkdir -p "$to"
        else
            mkdir -p "$(dirname "$to")"
            touch "$to"
        fi
        mount --rbind "$from" "$to"
    done
}

write_units() {
    {
        echo '#!/bin/bash'
        echo "${command[*]@Q}"
        # The status appears in one piece, so that a reader cannot see half of it.
        echo 'echo $? >/run/host/status.new; mv /run/host/status.new /run/host/status'
        # Nothing in here is worth an orderly end, and a command may leave guests that would take their time.
        [[ -n $shell ]] || echo 'systemctl --force --force poweroff >/dev/null 2>&1'
    } >"$work/run-command"
    throwaway_target /run/host/run-command StandardOutput=append:/run/host/output "${environment[@]}"
}

mount --make-rprivate /
mount_root
cd "$work/root"
mount_kernel_file_systems
make_devices
make_network
throwaway_forget
throwaway_layers "${layers[@]}"
bind_from_outside
write_units
# pivot_root, not chroot: inside a chroot the kernel refuses user namespaces (passt, virtiofsd, PrivateUsers=).
mkdir -p .old
pivot_root . .old
umount -l /.old
rmdir /.old
# As PID 1 makes it on a real machine, so that units with mounts of their own see later ones; in a container it does not.
mount --make-rshared /
hostname throwaway
systemd-sysusers
exec env -i container=throwaway PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=throwaway.target --log-target=console --show-status=0
