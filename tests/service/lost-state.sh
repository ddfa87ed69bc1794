#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# What libvirt keeps of running guests is lost, one way or another, while vmid is away: no guest dies of it, and none is out of reach.
. "$(dirname "$0")/lib.sh"
requires strace

run=$state/libvirt/run/qemu
drop_in=/run/systemd/system/vmid.service.d/90-lost-state.conf
mkdir -p "${drop_in%/*}" /run/lost-state
printf '[Service]\nRestart=no\n' >"${drop_in%/*}/80-lost-state.conf"
systemctl daemon-reload

away() {
    local process
    process=$(systemctl show -P MainPID vmid)
    systemctl kill --kill-whom=main --signal=KILL vmid
    until_gone "$process"
}
back() {
    rm -f "$drop_in"
    systemctl daemon-reload
    systemctl start vmid
}
scenario_end() {
    rm -f "$drop_in" "${drop_in%/*}/80-lost-state.conf"
    systemctl daemon-reload
    systemctl restart vmid
    rm -rf /run/lost-state
}
alive() { # NAME
    [[ -d /proc/${pid[$1]} ]] || fail "the guest $1 was killed"
}
state_is() {
    [[ $(busctl --json=short get-property org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager State | jq -r .data) == "$1" ]]
}
problems() {
    busctl get-property org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager Problems
}

names=(truncated missing nothing unread ends stray kept)
declare -A pid user
claim plugged 8Mi
claim theirs 8Mi
for name in "${names[@]}"; do
    # Long enough to be waited for, were it asked to shut down.
    grace=600 blank_vmi "$name" | apply >/dev/null
    pid[$name]=$(leader "$name")
    user[$name]=$(property "$name" RuntimeUser)
done
v attach truncated --disk plugged --claim plugged
expect_equal "libvirt's state is on a file system of its own" tmpfs "$(findmnt -no FSTYPE "$state/libvirt/run")"
expect_refused 'manual|Operation refused' systemctl stop var-lib-vmi-libvirt-run.mount

note "empty, gone, with the definition gone as well, and not to be read"
away
cp -a "$run" /run/lost-state/
truncate -s0 "$run/${ns}_truncated.xml" "$run/${ns}_ends.xml"
rm "$run/${ns}_missing.xml" "$run/${ns}_nothing.xml" "$run/${ns}_stray.xml"
rm "$state/libvirt/etc/qemu/${ns}_nothing.xml" "$state/libvirt/etc/qemu/${ns}_stray.xml"
rm "$state/objects/virtualmachineinstances/$ns/stray.yaml" "/run/vmi/guests/${ns}_stray/record.yaml"
# Nobody but root writes there; the pid comes from elsewhere all the same.
sleep 1000 &
sleeper=$!
echo "$sleeper" >"$run/${ns}_kept.pid"
# Cut short, and left.
mkdir -p "$state/libvirt/lib/qemu/domain-4711-${ns}_old" "$state/libvirt/lib/qemu/channel/target/domain-4711-${ns}_old"
touch "$state/libvirt/lib/qemu/domain-4711-${ns}_old/master-key.aes" "$run/${ns}_kept.xml.new"
cat >"$drop_in" <<UNIT
[Service]
SystemCallFilter=
ExecStart=
ExecStart=strace -D -f -qq -o /dev/null -P $run/${ns}_unread.xml -e trace=openat -e inject=openat:error=EIO /usr/libexec/vmid
UNIT
systemctl daemon-reload
systemctl start vmid
until_phase kept Running
for name in "${names[@]}"; do
    alive "$name"
done
for name in truncated missing nothing unread ends; do
    expect_equal "the phase of $name" Unknown "$(phase $name)"
    expect_equal "its reason" '"GuestUnreachable"' "$(property $name Reason)"
    expect_match "the problem" "$ns/$name.*libvirt has lost" "$(problems)"
    expect_equal "its QEMU" "${pid[$name]}" "$(leader $name)"
    expect_equal "its user" "${user[$name]}" "$(property $name RuntimeUser)"
done
expect_match "the problem" "$ns/stray.*no definition" "$(problems)"
expect_equal "a QEMU whose pid file names another" "${pid[kept]}" "$(leader kept)"
kill "$sleeper"
expect_equal "left from earlier" "" "$(find "$state/libvirt/lib" "$run" -name '*4711*' -o -name '*.xml.new')"
[[ -d $(echo "$state/libvirt/lib/qemu/domain-"*"-${ns}_missing") ]] || fail "the directory of a guest that runs was removed"
blank_vmi another | apply >/dev/null
[[ " ${user[*]} " != *" $(property another RuntimeUser) "* ]] || fail "it got the user of one that runs"
v delete --force vmi another

note "what they may write to is in use: what was written down, and of one that nothing tells of, anything in its namespace"
expect_refused "in use by $ns/truncated" vmictl -n "$ns" delete pvc plugged
expect_refused "in use by .*$ns/stray" vmictl -n "$ns" delete pvc theirs

note "what cannot be done with them is refused, what ends them works"
expect_refused 'libvirt has lost what it knew' vmictl -n "$ns" pause truncated
expect_refused 'libvirt has lost what it knew' vmictl -n "$ns" attach truncated --disk more --claim none
v stop truncated
until_gone "${pid[truncated]}"
expect_equal "phase" Succeeded "$(phase truncated)"
v start truncated
expect_equal "phase" Running "$(phase truncated)"
v delete vmi nothing
until_gone "${pid[nothing]}"
kill -KILL "${pid[ends]}"
until_phase ends Failed
expect_equal "reason" '"GuestLost"' "$(property ends Reason)"
systemctl stop --no-block "vmi-${ns//-/\\x2d}-stray.scope"
kill -KILL "${pid[stray]}"
name_is_free() {
    blank_vmi stray | v apply -f -
}
until_signal 300 name_is_free
v delete --force vmi stray
expect_equal "problems of guests that have ended" "" "$(problems | grep -oE "$ns/(truncated|nothing|ends|stray)" || true)"

note "can be read again"
away
cp -a "/run/lost-state/qemu/${ns}_missing.xml" "$run/"
back
until_phase missing Running
until_phase unread Running
alive missing
alive unread
v pause missing
v unpause missing

note "more guests than vmid may have files open for: it waits, and they live"
away
printf '[Service]\nLimitNOFILE=190\n' >"$drop_in"
systemctl daemon-reload
systemctl start --no-block vmid
# Not only degraded: it may be that by what it knew before.
waits_for_files() {
    state_is degraded && [[ $(problems) == *LimitNOFILE=* ]]
}
until_signal 300 waits_for_files || fail "it does not say so: $(problems)"
alive kept
away
back
until_phase kept Running
alive kept

note "from a vmid that kept it elsewhere"
away
rm -rf /run/lost-state/qemu
cp -a "$run" /run/lost-state/
umount --lazy "$state/libvirt/run"
mkdir -p "$run"
cp -a /run/lost-state/qemu/. "$run/"
back
until_phase kept Running
alive kept
expect_equal "libvirt's state is on a file system of its own" tmpfs "$(findmnt -no FSTYPE "$state/libvirt/run")"
systemctl stop vmid
umount --lazy "$state/libvirt/run"
expect_equal "what it had elsewhere" "" "$(ls "$state/libvirt/run")"
# That was the state: the guests are alone now.
back
until_phase kept Unknown
for name in truncated missing unread kept; do
    until_signal 300 phase_is "$name" Unknown
done
v delete vmi kept missing unread
until_gone "${pid[kept]}"
