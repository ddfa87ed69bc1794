#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Each bad input and each piece of bad luck gets one clear error or a recorded reason, and nothing is left behind.
. "$(dirname "$0")/lib.sh"

dir=$(mktemp -d)
try() { # REGEX; manifest on standard input: must be refused and leave no object
    cat >"$dir/bad.yaml"
    expect_refused "$1" vmictl -n "$ns" apply -f "$dir/bad.yaml"
    expect_equal "objects after a refusal" "" "$(v get vmi --no-legend 2>/dev/null)"
}

note "a field that does not exist, with the place and a suggestion"
blank_vmi bad | sed 's/capacity:/capacty:/' | try 'bad\.yaml:[0-9]+:[0-9]+:.*capacty.*capacity'
note "something that is not supported yet"
blank_vmi bad | sed 's/emptyDisk:/containerDisk:/; s/capacity: 8Mi/image: nowhere/' | try 'containerDisk'
note "no YAML at all"
printf 'a: b: c\n' | try 'bad\.yaml:1:'
note "a namespace that is not there"
blank_vmi bad | sed 's/^  name: bad$/  name: bad\n  namespace: no-such-place/' | try 'no-such-place'
note "a disk without its volume"
blank_vmi bad | sed 's/- name: empty$/- name: other/; 0,/- name: other/s//- name: empty/' | try 'empty|other'
note "more than 10 MiB"
{
    blank_vmi bad
    printf '# '
    head -c 11000000 /dev/zero | tr '\0' x
    echo
} >"$dir/big.yaml"
expect_refused 'large|big|size|limit|long|MiB' vmictl -n "$ns" apply -f "$dir/big.yaml"
note "a bomb of aliases"
{
    echo 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
    for i in 1 2 3 4 5 6 7 8 9; do
        echo "a$i: &a$i [*a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1))]"
    done
} | try 'alias'
busctl call org.example.Vmi1 /org/example/Vmi1 org.freedesktop.DBus.Peer Ping

note "a claim that is missing: accepted, waits, says for what, and starts when it comes"
status=0
volumes='- name: later
  persistentVolumeClaim:
    claimName: later' disks='- name: later
  disk: {}' blank_vmi waiter >"$dir/waiter.yaml"
v apply -f "$dir/waiter.yaml" >"$dir/out" 2>&1 || status=$?
expect_equal "exit status when it must wait" 6 "$status"
expect_equal "phase" Pending "$(phase waiter)"
expect_match "the claim is named" 'later' "$(property waiter Message)"
claim later 4Mi
until_phase waiter Running
v delete --force vmi waiter

note "an image that is absent"
disks='- name: host
  disk: {}' volumes='- name: host
  hostDisk:
    path: /srv/vmi-tests/absent.img
    type: Disk' blank_vmi imageless >"$dir/imageless.yaml"
expect_refused 'absent\.img' vmictl -n "$ns" apply -f "$dir/imageless.yaml"
expect_equal "phase" Failed "$(phase imageless)"
v delete --force vmi imageless
expect_nothing_left

note "a name that is taken by one that runs and differs"
blank_vmi taken | apply
blank_vmi taken | sed 's/8Mi/16Mi/' >"$dir/taken.yaml"
expect_refused 'taken' vmictl -n "$ns" apply -f "$dir/taken.yaml"
expect_equal "phase" Running "$(phase taken)"

note "what a run leaves that cannot be removed: the next start says so, and goes on once it can"
blank_vmi stuck | apply
user=$(property stuck RuntimeUser)
mkdir "$state/scratch/$ns/stuck/mounted"
mount -t tmpfs none "$state/scratch/$ns/stuck/mounted"
v stop --force stuck
expect_refused 'the last run could not be cleaned up' vmictl -n "$ns" start stuck
blank_vmi other | apply
[[ $(property other RuntimeUser) != "$user" ]] || fail "the user of what is left was given to another guest"
umount "$state/scratch/$ns/stuck/mounted"
v start stuck
expect_equal "phase" Running "$(phase stuck)"
[[ ! -e $state/scratch/$ns/stuck/mounted ]] || fail "what the last run left is still there"

note "the same for a delete: it is not gone while something of it is left"
mkdir "$state/scratch/$ns/stuck/mounted"
mount -t tmpfs none "$state/scratch/$ns/stuck/mounted"
expect_refused 'cleaned up|mounted|busy' vmictl -n "$ns" delete --force vmi stuck
expect_refused 'cleaned up|mounted|busy' vmictl -n "$ns" delete --force vmi stuck
expect_refused 'being deleted' vmictl -n "$ns" start stuck
umount "$state/scratch/$ns/stuck/mounted"
v delete --force vmi stuck
v delete --force vmi other

note "libvirt that cannot begin: said with its reason, and what runs lives on"
pid=$(leader taken)
cp /etc/passwd "$dir/passwd"
# shellcheck disable=SC2317 # until another one takes its place below
scenario_end() {
    cp "$dir/passwd" /etc/passwd
}
sed -i '/^libvirt-qemu:/d' /etc/passwd
systemctl restart vmid
has_problem() {
    busctl get-property org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager Problems | grep -q 'libvirt-qemu.*then restart vmid'
}
until_signal 300 has_problem
expect_match "its guest is still told" taken "$(v get vmi --no-legend)"
expect_refused 'then restart vmid' vmictl -n "$ns" stop taken
blank_vmi patient >"$dir/patient.yaml"
until_line 300 'patient: .*then restart vmid' vmictl -n "$ns" apply -f "$dir/patient.yaml" >/dev/null
cp "$dir/passwd" /etc/passwd
# Killed, as libvirt leaks what it had allocated when it gave up.
systemctl kill --kill-whom=main --signal=KILL vmid
systemctl reset-failed vmid
systemctl start vmid
until_phase taken Running
expect_equal "the same QEMU" "$pid" "$(leader taken)"
until_phase patient Running
v delete --force vmi patient

note "QEMU that dies at once"
mkdir -p /etc/vmi/vmid.conf.d
printf '#!/bin/sh\ncase "$*" in *guest=*) echo "no such luck" >&2; exit 3 ;; esac\nexec /usr/bin/qemu-system-x86_64 "$@"\n' >/run/qemu-that-dies
chmod +x /run/qemu-that-dies
printf '[Manager]\nEmulator=/run/qemu-that-dies\n' >/etc/vmi/vmid.conf.d/90-dies.conf
scenario_end() {
    rm -f /etc/vmi/vmid.conf.d/90-dies.conf
    rm -rf "$dir"
    systemctl restart vmid
}
systemctl restart vmid
blank_vmi unlucky >"$dir/unlucky.yaml"
expect_refused 'QEMU ended before the guest ran: no such luck$' vmictl -n "$ns" apply -f "$dir/unlucky.yaml"
until_phase unlucky Failed
expect_equal "the other one lives on" Running "$(phase taken)"
v delete --force vmi unlucky

expect_equal "scratch of the unlucky one" "" "$(find "$state/scratch/$ns/unlucky" 2>/dev/null)"
