#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# A port of the host is chosen once for each port that an object lists, and stays that object's until it is deleted.
. "$(dirname "$0")/lib.sh"

requires socat jq
port_vmi() { # NAME
    cat <<YAML
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata:
  name: $1
spec:
  terminationGracePeriodSeconds: 0
  domain:
    memory: {guest: 32Mi}
    devices:
      interfaces:
      - {name: default, masquerade: {}, ports: ${ports-[{port: 8471\}]}}
  networks:
  - {name: default, pod: {}}
YAML
}

host_port() { # NAME
    property "$1" Forwards | jq -r '.[] | select(.[3] == 8471) | .[2]'
}

restart_vmid() {
    systemctl kill --kill-whom=main --signal=KILL vmid
    systemctl reset-failed vmid || true
    systemctl start vmid
    until_ready
}

expect_ports() { # WHEN
    expect_equal "a's port $1" 8471 "$(host_port a)"
    expect_equal "b's port $1" 18471 "$(host_port b)"
}

port_vmi a | apply
port_vmi b | apply
expect_ports "at first"
expect_match "the column" '18471:8471/tcp' "$(v get vmi b --no-legend)"
expect_equal "in the list as JSON" 18471:8471/tcp "$(v get vmi b --json | jq -r '.objects[0].ports')"
expect_equal "in the object" '[{"protocol":"TCP","port":8471,"hostPort":18471}]' \
    "$(v get vmi b -o json | jq -r '.metadata.annotations["vmi.example.org/host-ports"]' | jq -c .)"
expect_match "described" '127.0.0.1:18471 -> 8471/tcp' "$(v describe vmi b)"
socat -u /dev/null TCP:127.0.0.1:18471

note "they are the same when the guests are started the other way round, by another vmid too"
v stop --force a && v stop --force b
expect_ports "of stopped guests"
v start b && v start a
expect_ports "after a stop"
v stop --force a && v stop --force b
restart_vmid
v start b && v start a
expect_ports "after a restart of vmid"
v get vmi a -o yaml | apply
expect_equal "what is printed is what was applied" unchanged "$(v get vmi a -o yaml | v apply -f - 2>/dev/null | grep -o unchanged)"

note "who else has the port is named, and nothing is left of the start"
v stop --force a
socat -u TCP-LISTEN:8471,bind=127.0.0.1,reuseaddr,fork /dev/null &
stranger=$!
# No signal tells when it listens.
until socat -u /dev/null TCP:127.0.0.1:8471 2>/dev/null; do
    kill -0 "$stranger" || fail "nobody listens"
done
expect_refused "TCP port 8471 of 127\.0\.0\.1.* is in use by process [0-9]+ \(socat\)" v start a
expect_equal "a is" Failed "$(phase a)"
expect_equal "b is" Running "$(phase b)"
kill "$stranger"
wait "$stranger" || true
v start a
expect_ports "after that"

note "another guest is named as one: two objects that a copy of the state gave the same port"
v stop --force b
systemctl stop vmid
sed -i 's/hostPort: 18471/hostPort: 8471/' "$state/objects/virtualmachineinstances/$ns/b.yaml"
systemctl start vmid
until_phase a Running
expect_refused "in use by the guest \"$ns/a\"" v start b
v delete --force vmi a

note "a deleted object's port is another's"
ports='[{port: 8471}, {port: 8471, protocol: UDP}]' port_vmi c | apply
expect_match "c's ports" '18471:8471/tcp,8471/udp' "$(v get vmi c --no-legend)"
v delete --force vmi b
port_vmi d | apply
expect_equal "d's port" 8471 "$(host_port d)"

note "a card that lists no port says so: when it is applied, when it is looked at, when it starts"
said=$(ports='[]' port_vmi closed | apply 2>&1)
expect_match "apply" 'no port is listed.*ports: \[\{port: 22\}\]' "$said"
expect_match "describe" 'Warnings.*no port is listed' "$(v describe vmi closed | tr '\n' ' ')"
expect_match "an event" 'NoPorts.*lists no port' "$(property closed Events | tr '\n' ' ')"

note "so does the card that a guest is given which lists none, once; a guest that wants none is told nothing"
remedy='interfaces: \[\{name: default, masquerade: \{\}, ports: \[\{port: 22\}\]\}\]'
said=$(blank_vmi given | apply 2>&1)
expect_match "apply" "no interface is listed.*$remedy" "$said"
expect_equal "warnings of apply" 1 "$(grep -c warning <<<"$said")"
expect_match "describe" 'Warnings.*no interface is listed' "$(v describe vmi given | tr '\n' ' ')"
expect_match "an event" "NoPorts.*lists no port.*$remedy" "$(property given Events | tr '\n' ' ')"
said=$(blank_vmi alone | sed 's/^    devices:$/&\n      autoattachPodInterface: false/' | apply 2>&1)
expect_equal "warnings of apply" 0 "$(grep -c warning <<<"$said")"
expect_equal "warnings" '[]' "$(property alone Warnings)"
