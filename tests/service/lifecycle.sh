#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# The main job, from a manifest to a running guest and back, by every verb a person has for it.
. "$(dirname "$0")/lib.sh"

hello_claim
# shellcheck disable=SC2089,SC2090 # YAML, not words
disks='- name: data
  disk:
    bus: virtio' volumes='- name: data
  emptyDisk:
    capacity: 4Mi'
since=$(now)
hello_vmi web >/tmp/web.yaml

note "apply waits until it runs, and again is no change"
expect_match "apply" 'web' "$(v apply -f /tmp/web.yaml 2>&1)"
expect_equal "phase" Running "$(phase web)"
expect_match "apply again" 'unchanged' "$(v apply -f /tmp/web.yaml 2>&1)"

note "every way to look at it"
expect_match "get" 'web +Running' "$(v get vmi)"
expect_match "get -o wide" "$(scope web | sed 's/\\/\\\\/g')|127\.0\.0\.1|web" "$(v get vmi -o wide)"
expect_equal "get -o json" web "$(v get vmi web -o json | jq -r .metadata.name)"
expect_equal "status.phase in YAML" Running "$(v get vmi web -o yaml |
    python3 -c 'import sys, yaml; print(yaml.safe_load(sys.stdin)["status"]["phase"])')"
expect_match "get all" 'hello-disk' "$(v get all)"
expect_equal "a label that it does not carry" "" "$(v get vmi --no-legend -l app=other)"
expect_match "get -A" "$ns" "$(vmictl get vmi -A)"
described=$(v describe vmi web)
for word in Running "$(scope web)" "empty disk" hello-disk; do
    [[ $described == *"$word"* ]] || fail "describe does not say $word: $described"
done
expect_equal "QEMU's user is nobody else's" "$(property web RuntimeUser)" "$(stat -c %u "/proc/$(leader web)")"

note "pause and unpause"
v pause web
expect_equal "Paused" true "$(property web Paused)"
expect_match "the table" 'web +Running \(paused\)' "$(v get vmi web)"
expect_equal "its JSON" 'Running yes' "$(v get vmi web --json | jq -r '.objects[0] | .phase + " " + .paused')"
v unpause web
expect_equal "Paused" false "$(property web Paused)"
expect_match "the table" 'web +Running +[0-9]' "$(v get vmi web)"

note "pauses that are asked for at once are carried out in order"
PYTHONPATH=$service_dir PYTHONDONTWRITEBYTECODE=1 python3 - "$(instance_path web)" <<'PYTHON'
import sys
from bus_caller import Caller

INSTANCE = (sys.argv[1], "org.example.Vmi1.Instance")
caller = Caller(0)
sent = [caller.send(*INSTANCE, member) for member in ("Pause", "Unpause", "Pause", "Unpause", "Pause")]
refused = [answer for answer in map(caller.answer, sent) if answer[0]]
assert not refused, refused
PYTHON
no_job() {
    ! vmictl jobs --no-legend | grep -q " $ns/web "
}
until_signal 300 no_job
expect_equal "Paused" true "$(property web Paused)"
v unpause web

note "stop is a graceful shutdown, start is a new run"
until_greets web "$since"
pid=$(leader web)
v stop web
until_gone "$pid"
expect_equal "phase" Succeeded "$(phase web)"
expect_match "the guest's last words" 'good bye' "$(v logs web)"
v start web
expect_equal "phase" Running "$(phase web)"

note "restart gives another QEMU"
pid=$(leader web)
v restart --force web
until_gone "$pid"
[[ $(leader web) != "$pid" ]] || fail "the same process after restart"

note "systemd's stop of the scope is the end, in the middle of a restart as well"
# Firmware does not obey: the restart waits for the grace period.
grace=8 blank_vmi deaf | apply
pid=$(leader deaf)
v restart --no-block deaf
systemctl stop "$(scope deaf)"
until_gone "$pid"
idle() {
    local jobs now
    jobs=$(v jobs) && [[ $jobs != *deaf* ]] && now=$(phase deaf) && [[ $now != Running ]]
}
until_signal 300 idle || fail "deaf is $(phase deaf): $(v jobs)"
v delete vmi deaf

note "delete"
pid=$(leader web)
v delete vmi web --force
until_gone "$pid"
expect_refused 'web' vmictl -n "$ns" get vmi web
expect_nothing_left
