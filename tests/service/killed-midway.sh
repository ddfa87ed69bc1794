#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# vmid is killed -9 at the Nth system call of every kind that matters, during a start and during a stop. Whatever the instant: the next
# vmid finds a definition that is whole, a guest that is either running in its scope or not there at all, and nothing left over.
. "$(dirname "$0")/lib.sh"
requires strace

# Calls that change something outside of the process, as CALL:STRIDE; each is walked from its first occurrence until an operation ends undisturbed.
# STRIDE keeps those that come by the hundred within bounds. What fits in a run's time is walked in an order that VMI_TEST_SEED decides: the same
# every time, so that a failure can be seen again; with another seed (VMI_TEST_SEED=$RANDOM) and more time (--tier long), all are met.
calls="${VMI_TEST_KILL_CALLS:-fsync:1 renameat:1 rename:1 renameat2:1 linkat:1 mkdirat:1 mkdir:1 unlink:2 unlinkat:2 clone3:1 clone:1 vfork:1 fork:1 ftruncate:1
fchown:1 socket:2 connect:2 sendmsg:7 write:17 openat:37}"
budget=${VMI_TEST_LONG:+600}
budget=${budget:-25} # seconds, for each of start and stop
least=5              # kills of each, however slow the machine is
runs=0 kills=0
seed=${VMI_TEST_SEED:-1}
RANDOM=$seed

vmid_process() {
    systemctl show -P MainPID vmid
}

# Attaches strace to vmid so that the Nth CALL of any of its threads is its last. Returns when it is attached, or vmid, with something
# of its own to do, is dead already.
arm() { # PID CALL N
    strace -f -qq -o /dev/null -e "trace=$2" -e "inject=$2:signal=SIGKILL:when=$3" -p "$1" &
    tracer=$!
    until_traced "$1" "$tracer"
}

# Not in the way strace wants to end: that waits for each process it follows, for ever when one that was killed has threads it has not
# waited for yet. Until then a killed QEMU is there and not there, which libvirt gives half a minute. The kernel lets all of them go.
disarm() {
    kill -KILL "$tracer" 2>/dev/null || true
    wait "$tracer" 2>/dev/null || true
}

revive() {
    systemctl reset-failed vmid 2>/dev/null || true
    systemctl start vmid
}

settled() {
    local objects
    is_ready || return
    objects=$(vmictl -n "$ns" get vmi -o json) || return
    [[ $(jq '[.items[] | select(.status.phase | IN("Running", "Succeeded", "Failed") | not)] | length' <<<"$objects") == 0 ]]
}

# One QEMU in its scope when it says Running, none otherwise.
expect_consistent() { # WHEN
    local count pid port
    until_signal 300 settled || fail "$1: not settled: $(v get vmi 2>&1)"
    if ! v get vmi victim >/dev/null 2>&1; then
        expect_nothing_left
        return
    fi
    count=$(pgrep -c -f "guest=${ns}_victim" || true)
    if phase_is victim Running; then
        expect_equal "$1: QEMU processes" 1 "$count"
        pid=$(leader victim)
        # As text: the name of the scope may have a backslash in it.
        port=$(property victim Forwards | jq '.[0][2]')
        grep -q "hostPort: $port$" "$state/objects/virtualmachineinstances/$ns/victim.yaml" || fail "$1: its port $port is not on disk"
        [[ $(cat "/proc/$pid/cgroup") == *"/$(scope victim)"* ]] || fail "$1: not in its scope: $(cat "/proc/$pid/cgroup")"
    else
        expect_equal "$1: QEMU processes" 0 "$count"
        expect_nothing_left
    fi
}

walk() { # WHAT PREPARE OPERATION
    local what=$1 prepare=$2 operation=$3 entry call stride n before end=$((SECONDS + budget)) enough=$((kills + least))
    # shellcheck disable=SC2086 # words
    for entry in $(shuf --random-source=<(yes "$seed") -e $calls); do
        call=${entry%:*} stride=${entry#*:}
        n=$((stride > 1 ? RANDOM % stride + 1 : 1))
        while [[ $SECONDS -lt $end || $kills -lt $enough ]]; do
            revive
            "$prepare"
            before=$(vmid_process)
            arm "$before" "$call" "$n"
            "$operation" >/dev/null 2>&1 </dev/null || true
            disarm
            runs=$((runs + 1))
            if [[ $(vmid_process) == "$before" && -d /proc/$before ]]; then
                break # the operation ended without an Nth such call
            fi
            kills=$((kills + 1))
            revive
            expect_consistent "$what, killed at $call number $n"
            n=$((n + stride))
        done
    done
    revive
    v delete --force vmi victim >/dev/null 2>&1 || true
    expect_nothing_left
}

not_there() {
    v delete --force vmi victim >/dev/null 2>&1 || true
    expect_nothing_left
}
start_it() {
    timeout 300 vmictl -n "$ns" apply -f /tmp/victim.yaml
}
running() {
    start_it >/dev/null 2>&1
    if ! phase_is victim Running; then
        v start victim >/dev/null
    fi
}
stop_it() {
    timeout 300 vmictl -n "$ns" stop --force victim
}

# With a port of the host, which is to be on disk before the guest runs.
spec=$'networks:\n- name: default\n  pod: {}' \
    disks=$'interfaces:\n- name: default\n  masquerade: {}\n  ports:\n  - port: 22' blank_vmi victim >/tmp/victim.yaml
walk start not_there start_it
started=$kills
walk stop running stop_it
note "$runs operations, vmid killed in $started starts and $((kills - started)) stops"
[[ $started -ge $least && $kills -ge $((started + least)) ]] || fail "hardly ever killed: does strace still inject?"
