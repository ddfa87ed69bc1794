#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# A guest whose agent says that it is there and does nothing: asking it takes a minute at a time, of which others notice nothing.
. "$(dirname "$0")/lib.sh"

scenario_end() {
    rm -f /etc/vmi/vmid.conf.d/60-one-worker.conf
    systemctl restart vmid
}
printf '[Manager]\nWorkers=1\n' >/etc/vmi/vmid.conf.d/60-one-worker.conf
systemctl restart vmid

hello_claim
since=$(now)
grace=300 hello_vmi talker | apply
grace=20 obedient_vmi obedient | apply
until_greets talker "$since"
# Its button is heard by nobody. Until libvirt has connected, a read ends at once.
# shellcheck disable=SC2016 # the guest's shell's
guest talker 'kill -STOP $(pidof dd); set -- /dev/vport*p*; (exec 3<>"$1"; while :; do read -r line <&3 || continue
    id=${line##*\"id\":}; id=${id%%[!0-9]*}; [ -z "$id" ] || echo "{\"return\":$id}" >&3
    case $line in *guest-shutdown*) echo "agent:"" no" >/dev/console;; esac; done) & echo'
v stop --no-block talker >/dev/null
until_line 300 'agent: no' vmictl -n "$ns" logs --follow talker >/dev/null || fail "its agent is not asked: $(v logs talker | tail)"

until_up obedient
v stop obedient
expect_equal "the phase of the other" Succeeded "$(phase obedient)"
expect_equal "its reason" GuestStopped "$(property obedient Reason | tr -d '"')"
expect_equal "the phase of the one" Running "$(phase talker)"

note "nor does the end of vmid, or another start"
systemctl restart vmid
expect_equal "the result" success "$(systemctl show -P Result vmid)"
v start obedient
v stop --force talker
expect_equal "phase" Succeeded "$(phase talker)"
