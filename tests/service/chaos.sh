#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Build: release
# Five people who do not know of each other, and of whom one now and then kills vmid or a QEMU, restarts vmid or stops a scope. Every call
# ends with what vmictl(1) says it may end with; afterwards what vmid says is true, and nothing is left over.
. "$(dirname "$0")/lib.sh"

seed=${VMI_TEST_SEED:-1} # another one is another story
people=5 calls=${VMI_TEST_LONG:+300}
calls=${calls:-40}
work=$(mktemp -d)
scenario_end() {
    rm -rf "$work"
}

claim c0
claim c1
claim spare
for i in 0 1 2; do # two of them want the same claim
    disks='- name: data
  disk:
    bus: virtio' volumes="- name: data
  persistentVolumeClaim:
    claimName: c$((i % 2))" blank_vmi "w$i" >"$work/w$i.yaml"
done
blank_vmi w3 >"$work/w3.yaml"

disaster() {
    local victim
    case $((RANDOM % 4)) in
    0)
        systemctl kill --kill-whom=main --signal=KILL vmid
        systemctl reset-failed vmid
        systemctl start vmid
        ;;
    1) systemctl restart vmid ;;
    2)
        victim=$(pgrep -f "guest=${ns}_" | shuf -n 1) || return 0
        kill -KILL "$victim" 2>/dev/null || true
        ;;
    3)
        victim=$(systemctl list-units --no-legend --plain "vmi-$ns-*.scope" | awk '{ print $1 }' | shuf -n 1)
        timeout 300 systemctl stop "$victim" 2>/dev/null || [[ $? -ne 124 ]] # it may have gone meanwhile
        ;;
    esac
}

person() { # NUMBER
    local name call status begin i
    RANDOM=$((seed * people + $1))
    for ((i = 0; i < calls; i++)); do
        name=w$((RANDOM % 4))
        case $((RANDOM % 12)) in
        0 | 1 | 2) call="apply -f $work/$name.yaml" ;;
        3 | 4) call="start $name" ;;
        5) call="stop --force $name" ;;
        6) call="restart --force $name" ;;
        7) call="delete --force vmi $name" ;;
        8) call="pause $name" ;;
        9) call="unpause $name" ;;
        10) call="attach $name --disk hot --claim spare" ;;
        11) call="detach $name --disk hot" ;;
        esac
        status=0 begin=$SECONDS
        # shellcheck disable=SC2086 # words
        timeout 300 vmictl -n "$ns" $call >"$work/output.$1" 2>&1 </dev/null || status=$?
        echo "$((SECONDS - begin)) s: $call" >>"$work/times"
        echo "$status $call: $(tail -n 1 "$work/output.$1")" >>"$work/calls.$1"
        if [[ $1 == 1 && $((i % 5)) == 4 ]]; then
            begin=$SECONDS
            disaster
            echo "$((SECONDS - begin)) s: disaster" >>"$work/times"
        fi
    done
}

for ((i = 1; i <= people; i++)); do
    person "$i" &
done
wait

# Refused (3, 4, 5), failed or cancelled (1), waiting for a claim that another has (6), or vmid was gone (69): nothing else, and nothing that took a minute.
odd=$(cat "$work"/calls.* | grep -Ev '^(0|1|3|4|5|6|69) ' || true)
expect_equal "calls that ended otherwise" "" "$odd"
expect_equal "calls" $((people * calls)) "$(cat "$work"/calls.* | wc -l)"
note "$((people * calls)) calls, of which $(cat "$work"/calls.* | grep -c '^0 ') did as asked; the slowest: $(sort -rn "$work/times" | head -n 1)"

systemctl reset-failed vmid 2>/dev/null || true
systemctl start vmid
# What vmid says of NAME, and what is there.
is_true() { # NAME
    local running=0
    if phase_is "$1" Running; then
        running=1
    fi
    [[ $(pgrep -c -f "guest=${ns}_$1" || true) == "$running" ]]
}
consistent() {
    local name
    [[ -z $(vmictl jobs --no-legend 2>/dev/null) ]] || return
    [[ $(v get vmi -o json | jq '[.items[].status | select(.reason != "ClaimInUse") | select(.phase | IN("Running", "Succeeded", "Failed") | not)] | length') == 0 ]] || return
    for name in $(v get vmi -o name); do
        is_true "${name##*/}" || return
    done
}
until_signal 300 consistent || fail "what vmid says is not so: $(v get vmi; pgrep -a -f "guest=${ns}_" | cut -c1-60)"
expect_match "problems" '^as 0$' "$(busctl get-property org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager Problems)"
