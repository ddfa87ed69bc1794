#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The host becomes Debian 13 under guests that run on Debian 12: first all of its programs and libraries, with the vmid of Debian 12 still
# there, as after a dist-upgrade; then vmi built for Debian 13. No guest notices. Runs inside a host of Debian 12 that tests/harness/host.sh
# booted with vmi installed; what comes is at $VMI_TEST_NEXT: "tree", of the new Debian, and "vmi", built for it.
set -euo pipefail
mkdir -p /etc/vmi
printf '[Manager]\nUseEmulation=yes\n' >/etc/vmi/vmid.conf
systemctl log-target journal
. "$(dirname "$0")/../service/lib.sh"
service_dir=$(dirname "$(realpath "$0")")/../service

release() {
    # shellcheck source=/dev/null
    (. /usr/lib/os-release && echo "$VERSION_ID")
}

# As dpkg does it: what is replaced is another file from then on, and who has the old one goes on with it. Of what only the old one had, the
# plugins matter; other files stay.
unpack() { # DIRECTORY
    local plugins
    for plugins in /usr/lib/*/{qemu,libvirt,gio}; do
        [[ ! -d $1$plugins ]] || rm -r "$plugins"
    done
    tar -C "$1" -cf - --exclude=usr/share/{doc,man,info,locale} --exclude=usr/include --exclude=usr/lib/gcc \
        --exclude=usr/libexec/{gcc,valgrind} usr | tar -C / -xf -
    ldconfig
}

manager() { # PROPERTY
    busctl --json=short get-property org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager "$1" | jq -c .data
}

is_ready() {
    [[ $(manager State) == '"running"' ]]
}

until_ready() {
    until_signal 300 is_ready || fail "vmid is $(manager State): $(manager Problems)"
}

restart_vmid() {
    local process
    process=$(systemctl show -P MainPID vmid)
    systemctl restart vmid
    [[ $(systemctl show -P MainPID vmid) != "$process" ]] || fail "vmid was not restarted"
    until_ready
}

# The guests that were there before go on, and are in vmid's hands.
expect_kept() { # WHEN
    local now
    note "$1"
    [[ -d /proc/${pid[web]} && -d /proc/${pid[paused]} ]] || fail "a guest was killed: $(v get vmi)"
    expect_equal "QEMU" "${pid[web]}" "$(leader web)"
    expect_equal "QEMU" "${pid[paused]}" "$(leader paused)"
    expect_match "QEMU's program" 'qemu-system-x86_64 \(deleted\)' "$(readlink "/proc/${pid[web]}/exe")"
    expect_equal "problems" '[]' "$(manager Problems)"
    expect_equal "phase" Running "$(phase web)"
    expect_match "paused" 'paused +Running \(paused\)' "$(v get vmi paused)"
    expect_match "described" "127.0.0.1:8471 -> 8471/tcp" "$(v describe vmi web)"
    expect_match "to machined" "web\.$ns +vm" "$(machinectl --no-legend list)"
    v pause web
    v unpause web
    now=$(guest web 'cut -d . -f 1 /proc/uptime')
    [[ $now -ge $uptime ]] || fail "the guest was started anew"
    uptime=$now
    socat -u /dev/null TCP:127.0.0.1:8471 || fail "its forwarded port is closed"
}

expect_equal "the release" 12 "$(release)"
hello_claim
since=$(now)
declare -A pid
ports='- port: 8471' hello_vmi web | apply
blank_vmi paused | apply
v pause paused
until_greets web "$since"
pid[web]=$(leader web)
pid[paused]=$(leader paused)
uptime=$(guest web 'cut -d . -f 1 /proc/uptime')

unpack "$VMI_TEST_NEXT/tree"
expect_equal "the release" 13 "$(release)"
expect_kept "vmid goes on as well"
systemd-sysusers
systemctl daemon-reexec
systemctl try-restart systemd-journald systemd-machined polkit
expect_match "systemd" 'systemd 257' "$(systemctl --version)"
expect_kept "systemd is the new one"
restart_vmid
expect_kept "vmid was restarted, and is still the one of Debian 12"

unpack "$VMI_TEST_NEXT/vmi"
systemctl daemon-reload
restart_vmid
expect_kept "vmid is the one of Debian 13"
systemctl kill --kill-whom=main --signal=KILL vmid
systemctl reset-failed vmid || true
systemctl start vmid
until_ready
expect_kept "and once more, after what it wrote itself"

note "a guest that is started now has the new QEMU"
since=$(now)
obedient_vmi fresh | apply
until_up fresh "$since"
[[ $(readlink "/proc/$(leader fresh)/exe") == *-x86_64 ]] || fail "an old QEMU: $(readlink "/proc/$(leader fresh)/exe")"
pid[fresh]=$(leader fresh)
v stop fresh
until_gone "${pid[fresh]}"
expect_equal "phase" Succeeded "$(phase fresh)"

note "the old ones end as ever"
v unpause paused
v delete vmi paused
until_gone "${pid[paused]}"
v stop web
until_gone "${pid[web]}"
expect_equal "phase" Succeeded "$(phase web)"
expect_equal "reason" '"GuestStopped"' "$(property web Reason)"
expect_match "the guest's last words" 'good bye' "$(v logs web)"
expect_nothing_left

note "and start again, with the new QEMU and at the same port"
v start web
expect_match "described" "127.0.0.1:8471 -> 8471/tcp" "$(v describe vmi web)"
expect_match "its network" passt "$(pgrep -a -u "$(property web RuntimeUser)")"
v stop --force web
