#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# hostDisk: only below an allow-listed directory, Disk wants the file with something in it, DiskOrCreate makes it, and a symbolic link leads nowhere.
. "$(dirname "$0")/lib.sh"

host_disk() { # NAME PATH TYPE
    volumes="- name: host
  hostDisk:
    path: $2
    type: $3
$([[ $3 == Disk ]] || echo "    capacity: 4Mi")" disks='- name: host
  disk:
    bus: virtio' blank_vmi "$1"
}

dir=/srv/vmi-tests
rm -rf "${dir:?}"/* /srv/outside
mkdir /srv/outside
truncate -s 4M /srv/outside/disk.img "$dir/there.img"
ln -s /srv/outside "$dir/link"
ln -s /srv/outside/disk.img "$dir/link.img"

host_disk there "$dir/there.img" Disk | apply
expect_equal "phase" Running "$(phase there)"
host_disk made "$dir/made.img" DiskOrCreate | apply
expect_equal "size of the new file" $((4 * 1024 * 1024)) "$(stat -c %s "$dir/made.img")"
mkdir "$dir/.hidden"
host_disk hidden "$dir/.hidden/made.img" DiskOrCreate | apply
expect_equal "where the path says, and nowhere else" "$dir/.hidden/made.img $dir/made.img" \
    "$(find "$dir" -name made.img -type f | sort | paste -sd' ')"

refused() { # REGEX NAME PATH TYPE
    host_disk "$2" "$3" "$4" >"/tmp/$2.yaml"
    expect_refused "$1" vmictl -n "$ns" apply -f "/tmp/$2.yaml"
    # By then it is an object: why it does not run is to be read there.
    if v get vmi "$2" >/dev/null 2>&1; then
        expect_equal "phase of $2" Failed "$(phase "$2")"
        expect_match "its message" "$1" "$(property "$2" Message)"
    fi
}
refused 'outside/disk\.img' outside /srv/outside/disk.img Disk
refused 'absent\.img' absent "$dir/absent.img" Disk
refused 'link/disk\.img' through-link "$dir/link/disk.img" Disk
refused 'link\.img' is-link "$dir/link.img" Disk
refused 'is a directory, name a file in it' allowed-directory "$dir" DiskOrCreate
refused 'is a directory, name a file in it' directory "$dir/.hidden" Disk
touch "$dir/empty.img"
refused "$dir/empty\.img.* is an empty file" empty "$dir/empty.img" Disk
refused "$dir/no/x\.img" no-directory "$dir/no/x.img" DiskOrCreate
refused '\.\.' dotdot "$dir/../outside/disk.img" Disk
[[ ! -e $dir/absent.img ]] || fail "Disk made a file"
v stop --force there
expect_equal "the file is still the administrator's" "root 4194304" "$(stat -c '%U %s' "$dir/there.img")"
