#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# A guest reaches nothing that listens on this host's loopback but the name server, by whatever address; nor does it after vmid was
# restarted. Its names and its forwarded ports work meanwhile.
. "$(dirname "$0")/lib.sh"

requires socat python3 jq
scratch=$(mktemp -d)
cp /etc/resolv.conf "$scratch/resolv.conf" 2>/dev/null || true
python3 "$service_dir/loopback-services.py" "$scratch/reached" >"$scratch/ready" &
services=$!
scenario_end() {
    kill "$services" 2>/dev/null
    ip -6 address del 2001:db8::1/64 dev uplink 2>/dev/null
    cat "$scratch/resolv.conf" >/etc/resolv.conf 2>/dev/null
    rm -rf "$scratch"
}

# A host with IPv6, whose name server is systemd-resolved.
ip -6 address add 2001:db8::1/64 dev uplink nodad
ip -6 route add default via 2001:db8::ff dev uplink
echo 'nameserver 127.0.0.53' >/etc/resolv.conf
until_line 300 ready tail -f "$scratch/ready" >/dev/null

hello_claim
ports='- port: 80
- port: 7'
since=$(now)
hello_vmi prisoner | apply
until_greets prisoner "$since"

# By the gateway and the name server of IPv4 and IPv6, and by the loopback addresses themselves, once the guest has put its own away. A
# question for a name is a UDP datagram. All at once: what is filtered is silence.
probes='for a in 10.0.2.1 10.0.2.3 192.0.2.2 127.0.0.1 [fec0::2] [fec0::3] [::1]; do
(echo x | nc -w 3 $a 9999 || echo x | nc -w 3 $(echo $a | tr -d "[]") 9999) >/dev/null 2>&1 &
timeout 5 nslookup -timeout=1 probe.test $a:9999 >/dev/null 2>&1 & done; wait'
gateway6='g=$(ip -6 route show default | sed -n "s/.*via \([^ ]*\).*/\1/p" | head -n 1);
[ -z "$g" ] || { nc -w 3 $g%eth0 9999 </dev/null >/dev/null 2>&1; timeout 5 nslookup -timeout=1 probe.test [$g%eth0]:9999 >/dev/null 2>&1; }; true'
own_away='ip address del 127.0.0.1/8 dev lo; ip address del ::1/128 dev lo; ip route add 127.0.0.0/8 via 10.0.2.1;
ip -6 route add ::1/128 via $g dev eth0; for f in /proc/sys/net/ipv4/conf/*/route_localnet; do echo 1 >$f; done; true'

expect_walled_in() {
    guest prisoner "${probes//$'\n'/ }"
    guest prisoner "${gateway6//$'\n'/ }"
    expect_equal "reached from the guest" "" "$(cat "$scratch/reached")"
}

expect_connected() { # to what is not on the loopback
    local forwards http
    expect_match "a name, by the host's name server" '192\.0\.2\.77' "$(guest prisoner 'nslookup host.test 2>&1')"
    guest prisoner 'echo x | nc -w 5 192.0.2.2 9998' >/dev/null
    expect_match "the control" '^control TCP$' "$(cat "$scratch/reached")"
    : >"$scratch/reached"
    forwards=$(property prisoner Forwards)
    http=$(jq -r '.[] | select(.[3] == 80) | .[1] + ":" + (.[2] | tostring)' <<<"$forwards")
    expect_match "a forwarded port" 'hello from hello' "$(printf 'GET / HTTP/1.0\r\n\r\n' | socat -t 20 - "TCP:$http")"
}

note "as it was started"
expect_connected
expect_walled_in
expect_match "no warning that it could" '^[^:]*$' "$(property prisoner Warnings | grep -o 'loopback' || true)"

note "with vmid killed and started again"
systemctl kill --kill-whom=main --signal=KILL vmid
systemctl reset-failed vmid || true
systemctl start vmid
until_phase prisoner Running
expect_connected
expect_walled_in

note "with its own loopback addresses put away, so that they are somebody else's"
guest prisoner "${gateway6//$'\n'/ }; ${own_away//$'\n'/ }" >/dev/null
expect_walled_in
expect_connected

for helper in $(pgrep -u "$(stat -c %u "/proc/$(leader prisoner)")" passt || true); do
    note "nobody else connects to its passt, nor puts anything beside it"
    sockets=$(dirname "$(tr '\0' '\n' <"/proc/$helper/cmdline" | sed -n '/^--socket$/{n;p}')")
    [[ -S $sockets/0.sock ]] || fail "no socket in '$sockets'"
    expect_refused 'denied' setpriv --reuid 12345 --regid 12345 --clear-groups socat -u /dev/null "UNIX-CONNECT:$sockets/0.sock"
    uid=$(stat -c %u "/proc/$(leader prisoner)")
    expect_refused 'denied' setpriv --reuid "$uid" --regid "$uid" --clear-groups touch "$sockets/planted"
    expect_equal "its unit" "$(scope prisoner)" "$(basename "$(sed -n 's/^0:://p' "/proc/$helper/cgroup")")"
done
v delete --force vmi prisoner
expect_nothing_left
