#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Debian: one
# Guests' users are nobody else's: a range that somebody has ids of is told, and a guest keeps its user when the range changes under it.
. "$(dirname "$0")/lib.sh"

drop_in=/etc/vmi/vmid.conf.d/90-guest-users.conf
mkdir -p "/run/$ns"
for file in passwd group subuid subgid; do
    touch "/etc/$file"
    cp -a "/etc/$file" "/run/$ns/"
done

scenario_end() {
    rm -f "$drop_in"
    cp -a "/run/$ns/." /etc/
    systemctl restart vmid
}

has_problem() { # EXTENDED-REGEX
    busctl get-property org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager Problems | grep -qE "$1"
}

note "by default guests have users that neither useradd nor systemd gives out"
blank_vmi today | apply
today=$(property today RuntimeUser)
[[ $today -ge 1879048192 && $today -le 2147352575 ]] || fail "its user is $today"
expect_equal "its QEMU's" "$today" "$(stat -c %u "/proc/$(leader today)")"
! has_problem GuestUsers || fail "the default range is somebody's"

note "a guest from before has one of the old range, and keeps it"
printf '[Manager]\nGuestUsers=400000-400009\n' >"$drop_in"
systemctl restart vmid
claim data
blank_vmi before | apply
before=$(leader before)
expect_equal "its user" 400000 "$(property before RuntimeUser)"
expect_equal "the other's" "$today" "$(property today RuntimeUser)"
rm "$drop_in"
systemctl restart vmid
until_phase before Running
expect_equal "the same QEMU" "$before" "$(leader before)"
expect_equal "its user" 400000 "$(property before RuntimeUser)"
v attach before --claim data --disk data
v stop --force before
expect_equal "what is left of it" "" "$(find "$state" /run/vmi -user 400000)"
v start before
[[ $(property before RuntimeUser) -ge 1879048192 ]] || fail "its user is $(property before RuntimeUser) after a new start"

note "ids of the range that somebody has are a problem, said at the start"
echo 'somebody:1900001000:65536' >>/etc/subuid
echo 'somebody:1800000000:100000001' >>/etc/subgid
echo 'taken:x:1900000007:100::/:/bin/false' >>/etc/passwd
echo 'taken:x:1900004095:' >>/etc/group
systemctl restart vmid
until_signal 300 has_problem 'GuestUsers=.*1900001000-1900066535.*/etc/subuid.*somebody'
until_signal 300 has_problem 'GuestUsers=.*1800000000-1900000000.*/etc/subgid.*somebody'
until_signal 300 has_problem 'GuestUsers=.*id 1900000007 of the user .*taken'
until_signal 300 has_problem 'GuestUsers=.*id 1900004095 of the group .*taken'
