#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# polkit decides for everybody but root; its rules see what is asked for; and while it takes its time, nobody else waits.
. "$(dirname "$0")/lib.sh"

answers=$(mktemp)
rule=/etc/polkit-1/rules.d/10-vmi-test.rules
scenario_end() {
    systemctl kill --signal=CONT polkit 2>/dev/null
    systemctl unmask --runtime polkit 2>/dev/null
    rm -f "$rule" "$answers"
    systemctl reset-failed polkit 2>/dev/null || true
    systemctl restart polkit
}

as_nobody() {
    setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

call() { # INTERFACE PATH MEMBER [ARGUMENT…]
    busctl --timeout=300 call org.example.Vmi1 "$2" "org.example.Vmi1.$1" "${@:3}"
}

manager() {
    call Manager /org/example/Vmi1 "$@"
}

until_read() { # DESCRIPTOR REGEX: reads lines up to one that matches
    local line
    while IFS= read -r -u "$1" line; do
        [[ ! $line =~ $2 ]] || return 0
    done
    fail "no line like $2"
}

allow() { # JAVASCRIPT-CONDITION
    mkdir -p "${rule%/*}"
    cat >"$rule" <<EOF
polkit.addRule(function (action, subject) {
    if (action.id.indexOf("org.example.Vmi1.") == 0 && subject.user == "nobody" && ($1))
        return polkit.Result.YES;
});
EOF
    chmod 755 "${rule%/*}"
    chmod 644 "$rule"
    systemctl reset-failed polkit 2>/dev/null || true
    systemctl restart polkit
}

blank_vmi one | apply
one=$(instance_path one)

note "without a rule"
for member in Start Stop Restart Pause Unpause OpenConsole; do
    expect_refused 'interactive authentication required for .* of VirtualMachineInstance '"$ns/one" as_nobody bash -c \
        "busctl call org.example.Vmi1 $one org.example.Vmi1.Instance $member 'a{sv}' 0"
done
export -f call manager
expect_refused 'interactive authentication required for .* of VirtualMachineInstance '"$ns/one" as_nobody bash -c "manager Get ssss vmi $ns one yaml"
as_nobody bash -c "manager List sss '' '' ''" >/dev/null
as_nobody bash -c "manager ListJobs" >/dev/null
as_nobody busctl get-property org.example.Vmi1 "$one" org.example.Vmi1.Instance Phase >/dev/null

note "a rule that reads the details"
allow 'action.id == "org.example.Vmi1.manage" && action.lookup("verb") == "Pause" && action.lookup("namespace") == "'"$ns"'" && action.lookup("name") == "one"'
as_nobody bash -c "call Instance $one Pause 'a{sv}' 0" >/dev/null
expect_refused 'interactive authentication required for .* of VirtualMachineInstance '"$ns/one" as_nobody bash -c "call Instance $one Unpause 'a{sv}' 0"

note "a manifest that names a file of the host"
allow 'action.id == "org.example.Vmi1.manage"'
manifest="{apiVersion: kubevirt.io/v1, kind: VirtualMachineInstance, metadata: {name: two, namespace: $ns}, spec: {domain: {memory: {guest: 32Mi}, devices: {disks: [{name: a, disk: {bus: virtio}}]}}, volumes: [{name: a, hostDisk: {path: /srv/vmi-tests/a.img, type: Disk}}]}}"
export manifest
expect_refused "authentication required for Apply of /srv/vmi-tests/a.img for VirtualMachineInstance $ns/two;" as_nobody bash -c 'manager Apply "sa{sv}" "$manifest" 1 dry-run b true'
allow 'action.id == "org.example.Vmi1.manage" || action.id == "org.example.Vmi1.host-path" && action.lookup("path") == "/srv/vmi-tests/a.img"'
as_nobody bash -c 'manager Apply "sa{sv}" "$manifest" 1 dry-run b true' >/dev/null

note "secrets are an action of their own"
apply <<EOF
apiVersion: v1
kind: Secret
metadata:
  name: hush
stringData:
  word: swordfish
EOF
allow 'action.id == "org.example.Vmi1.inspect"'
as_nobody bash -c "manager Get ssss vmi $ns one yaml" >/dev/null
expect_refused "authentication required for Get of Secret $ns/hush;" as_nobody bash -c "manager Get ssss secret $ns hush yaml"

note "while polkit hangs, only those who ask it wait"
systemctl kill --signal=STOP polkit
for _ in {1..65}; do
    as_nobody bash -c "manager Get ssss vmi $ns one yaml" >>"$answers" 2>&1 &
done
wait -n || true # the one above the limit of 64
expect_equal "answers so far" 1 "$(wc -l <"$answers")"
expect_match "the one above the limit" 'too many calls that wait' "$(cat "$answers")"
as_nobody bash -c "manager List sss '' '' ''" >/dev/null
manager Get ssss vmi "$ns" one yaml >/dev/null
call Instance "$one" Unpause 'a{sv}' 0 >/dev/null
expect_equal "answers so far" 1 "$(wc -l <"$answers")"
systemctl kill --signal=CONT polkit
wait
expect_equal "then everyone is answered" 65 "$(wc -l <"$answers")"

note "what was asked about is what is done"
allow 'action.id == "org.example.Vmi1.manage"'
systemctl kill --signal=STOP polkit
exec {questions}< <(exec timeout 300 busctl monitor --match="member='CheckAuthorization'" 2>&1)
until_read "$questions" Monitoring
as_nobody bash -c "call Instance $one Stop 'a{sv}' 1 force b true" >"$answers" 2>&1 &
asker=$!
until_read "$questions" CheckAuthorization
exec {questions}<&-
v delete vmi one --force
blank_vmi one | apply
systemctl kill --signal=CONT polkit
status=0
wait "$asker" || status=$?
expect_match "the old call" 'was replaced by another' "$(cat "$answers")"
expect_equal "the new guest" Running "$(phase one)"

note "without polkit, root may and others may not"
systemctl mask --runtime --now polkit
manager Get ssss vmi "$ns" one yaml >/dev/null
expect_refused 'polkit' as_nobody bash -c "manager Get ssss vmi $ns one yaml"
