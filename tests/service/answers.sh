#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Debian: one
# Vmictl: sanitized
# vmid answers while libvirt is at work on a guest, however long that takes: libvirt holds the guest's lock then, and the main loop must
# not ask for it.
. "$(dirname "$0")/lib.sh"
requires strace

trace=$(mktemp)
scenario_end() {
    kill "$tracer" 2>/dev/null
    wait "$tracer"
    [[ -z ${child-} ]] || kill -CONT "$child"
    rm -f "$trace"
}

# The child that is to become QEMU, or a helper of it, stops halfway, and libvirt waits for it. What libvirt reported before reaches the
# main loop only then: every poll returns late.
process=$(systemctl show -P MainPID vmid)
strace -f -qq -o "$trace" -e trace=unshare,poll,ppoll \
    -e inject=unshare:signal=SIGSTOP -e inject=poll,ppoll:delay_exit=150000 -p "$process" &
tracer=$!
until_traced "$process" "$tracer"
blank_vmi slow >"$trace.yaml"
vmictl -n "$ns" apply -f "$trace.yaml" &
applying=$!
child=$(until_line 300 'unshare\(' tail -n +1 -F "$trace" | cut -d ' ' -f 1)

note "nothing happens to the guest, and everybody is answered"
for _ in 1 2; do
    busctl --timeout=300 call org.example.Vmi1 /org/example/Vmi1 org.freedesktop.DBus.Peer Ping
done
expect_equal "phase" Scheduling "$(phase slow)"

kill "$tracer"
wait "$tracer" || true
kill -CONT "$child"
wait "$applying" || fail "the guest does not start"
expect_equal "phase" Running "$(phase slow)"
rm -f "$trace.yaml"
