#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# A QEMU that hangs holds up what is asked of it, and nothing else: it can be killed, others can be stopped, and vmid ends.
. "$(dirname "$0")/lib.sh"

names=(h1 h2 h3 h4 h5)
for name in "${names[@]}" healthy; do
    grace=300 blank_vmi "$name" | apply
done
grace=60 obedient_vmi obedient | apply
until_up obedient
for name in "${names[@]}"; do
    kill -STOP "$(leader "$name")"
done
scenario_end() {
    local name
    for name in "${names[@]}"; do
        kill -CONT "$(leader "$name")" 2>/dev/null || true
    done
}

note "more of them than vmid has workers are asked to shut down"
for name in "${names[@]}"; do
    v stop --no-block "$name" >/dev/null
done
v stop obedient
expect_equal "how the obedient one ended" GuestStopped "$(property obedient Reason | tr -d '"')"
timeout 300 vmictl -n "$ns" stop --force healthy
expect_equal "phase" Succeeded "$(phase healthy)"
timeout 300 vmictl -n "$ns" stop --force h1 h2 h3 h4
expect_equal "phase" Succeeded "$(phase h4)"

note "one that is in the middle of something else"
v stop --force h5
v start h5
kill -STOP "$(leader h5)"
timeout 300 vmictl -n "$ns" pause h5 >/dev/null 2>&1 &
pauser=$!
paused_job() {
    [[ $(vmictl jobs --no-legend) == *pause*h5*running* ]]
}
until_signal 300 paused_job || fail "the pause does not wait for QEMU: $(vmictl jobs)"
timeout 300 vmictl -n "$ns" stop --force h5
wait "$pauser" && fail "the pause of a guest that was killed did as asked"
expect_equal "phase" Succeeded "$(phase h5)"

note "one that libvirt could not talk to when vmid came back, and that then dies"
v start h5
qemu=$(leader h5)
kill -STOP "$qemu"
v stop --no-block h5 >/dev/null
systemctl restart vmid
expect_equal "how vmid ended, which was asking it to shut down" success "$(systemctl show -P Result vmid)"
until_phase h5 Running
kill -KILL "$qemu"
until_phase h5 Failed
