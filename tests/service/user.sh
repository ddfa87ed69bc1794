#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# An unprivileged user has a vmid of their own: on their bus, below their service manager and their directories.
. "$(dirname "$0")/lib.sh"

requires useradd dbus-daemon
user=vmi-alice
useradd --create-home --shell /bin/bash "$user"
uid=$(id -u "$user")
home=$(eval echo "~$user")
mine=$home/.local/state/vmi
scenario_end() {
    systemctl stop "user@$uid.service"
    userdel --remove --force "$user" 2>/dev/null
}

# An array, because `timeout` runs no functions.
as_user=(setpriv --reuid "$user" --regid "$user" --init-groups env -i -C "$home" HOME="$home" PATH="$PATH"
    XDG_RUNTIME_DIR="/run/user/$uid" DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$uid/bus")

as_user() {
    "${as_user[@]}" "$@"
}

u() { # vmictl of the user, with a vmid of the user
    as_user vmictl --user "$@"
}

instance_property() { # NAME PROPERTY
    local path
    path=$(as_user busctl --user --json=short call org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager GetInstance ss default "$1" |
        jq -r '.data[0]')
    as_user busctl --user --json=short get-property org.example.Vmi1 "$path" org.example.Vmi1.Instance "$2" | jq -r .data
}

# The console is the way in: the user may not read the journal of a host that keeps none for users.
until_console() { # NAME EXTENDED-REGEX
    until_line "$boot_seconds" "$2" "${as_user[@]}" vmictl --user console "$1" >/dev/null
}

as_user mkdir -p "$home/.config/vmi"
printf '[Manager]\nUseEmulation=yes\n' | as_user tee "$home/.config/vmi/vmid.conf" >/dev/null
systemctl start "user@$uid.service"

note "the bus starts it, as a unit of the user's"
expect_equal "nothing yet" "" "$(u get vmi --no-legend)"
expect_equal "the user's vmid.service" active "$(as_user systemctl --user is-active vmid.service)"
expect_equal "it is the user's" "$uid" "$(awk '/^Uid:/ { print $2 }' "/proc/$(as_user systemctl --user show -P MainPID vmid.service)/status")"

u apply -f - <<EOF
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: hello-disk
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 64Mi
EOF
image=$mine/pools/default/default/hello-disk/disk.img
as_user mkdir -p "${image%/*}" # vmid may not have got there yet
as_user cp --sparse=always "$hello_image" "$image"

note "a guest with all that needs nothing of the host"
limits_of_the_host=$(cat "/sys/fs/cgroup/user.slice/user-$uid.slice/user@$uid.service/cgroup.controllers")
domain='resources:
  limits:
    memory: 256Mi
'
ports='- port: 7'
disks='- name: extra
  serial: EXTRA-1
  disk:
    bus: virtio
- name: seed
  disk:
    bus: virtio'
volumes='- name: extra
  emptyDisk:
    capacity: 8Mi
- name: seed
  cloudInitNoCloud:
    userData: |
      #!/bin/sh
      echo "user data ran on $(hostname)"'
hello_vmi web | u apply -f -
expect_equal "phase" Running "$(instance_property web Phase)"
qemu=$(instance_property web Leader)
expect_equal "runs as" "$uid" "$(instance_property web RuntimeUser)"
expect_equal "QEMU's user" "$uid" "$(awk '/^Uid:/ { print $2 }' "/proc/$qemu/status")"
expect_match "in a scope of the user's" "^0::/user.slice/user-$uid.slice/user@$uid.service/.*/vmi-default-web.scope" "$(grep ^0:: "/proc/$qemu/cgroup")"
expect_match "systemctl --user status" 'active \(running\)' "$(as_user systemctl --user status --no-pager vmi-default-web.scope)"
expect_equal "vmid's own cgroup holds nothing but vmid" vmid \
    "$(ps -o comm= -p "$(paste -sd, "/sys/fs/cgroup$(as_user systemctl --user show -P ControlGroup vmid.service)/cgroup.procs")")"
expect_equal "no machine" "" "$(machinectl --no-legend list)"
if [[ " $limits_of_the_host " == *" memory "* ]]; then
    expect_match "the limit" '^[0-9]+$' "$(cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$qemu/cgroup")/memory.max")"
else
    expect_match "what has no effect is said" 'MemoryMax= .* no effect' "$(u describe vmi web)"
fi

if pgrep -u "$uid" passt >/dev/null; then
    expect_equal "warnings of the loopback" "" "$(instance_property web Warnings | grep -o loopback || true)"
else
    expect_match "what nothing keeps the guest from is said" "Warnings.*reach services that listen on this host's +loopback" \
        "$(u describe vmi web | tr -s '\n ' ' ')"
fi

until_console web 'user data ran on web'
until_console web 'hello: ready'
port=$(instance_property web Forwards | jq -r '.[0][1] + ":" + (.[0][2] | tostring)')
expect_equal "through a forwarded port" "through and back" "$(echo "through and back" | socat -t 10 - "TCP:$port")"

note "nobody else's"
expect_equal "the system's vmid knows nothing of it" "" "$(vmictl get vmi --no-legend -n default)"
expect_equal "readable by others" "" "$(find "$mine/scratch" "$mine/objects" -perm /077 -type f)"

note "the guest outlives its vmid, with its network"
vmid=$(as_user systemctl --user show -P MainPID vmid.service)
as_user systemctl --user kill --signal=KILL vmid.service
until_gone "$vmid"
as_user systemctl --user start vmid.service # returns when its name is taken again
expect_equal "the same guest" "$qemu" "$(instance_property web Leader)"
expect_equal "through a forwarded port" "still there" "$(echo "still there" | socat -t 10 - "TCP:$port")"

note "the user's service manager stops it in order"
as_user systemctl --user stop vmi-default-web.scope
until_gone "$qemu"
until_line 300 'web +Succeeded' "${as_user[@]}" vmictl --user get vmi --watch >/dev/null

u start web
qemu=$(instance_property web Leader)
u stop --force web
until_gone "$qemu"
u delete vmi web
u delete pvc hello-disk
left=$(
    find "$mine/scratch" "/run/user/$uid/vmi" "$mine/pools" -mindepth 1 \( -type f -o -type s -o -name 'default_*' \)
    find "$mine/libvirt" \( -name 'default_*.xml' -o -name '*.pid' -o -name '*.monitor' \) ! -name driver.pid
    as_user systemctl --user list-units --all --no-legend --plain 'vmi-*.scope'
    pgrep -u "$uid" -a 'qemu|passt'
) || true
expect_equal "left behind" "" "$left"

note "it ends in order, and no sanitizer said anything"
as_user systemctl --user stop vmid.service
expect_equal "its end" success "$(as_user systemctl --user show -P Result vmid.service)"
expect_equal "sanitizers" "" "$(journalctl --no-pager "_UID=$uid" | grep -E 'AddressSanitizer|LeakSanitizer|runtime error:' || true)"

note "root and users are not mixed"
expect_refused 'not for root' /usr/libexec/vmid --user
expect_refused 'vmid --user' as_user /usr/libexec/vmid
