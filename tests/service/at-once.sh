#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Build: release
# Much at once: guests that start together share nothing that must be each one's own, and the same object applied by many is one object,
# one run, and one clear answer for each.
. "$(dirname "$0")/lib.sh"

dir=$(mktemp -d)
settings=/etc/vmi/vmid.conf.d/90-at-once.conf
scenario_end() {
    rm -rf "$dir"
    if [[ -e $settings ]]; then
        rm "$settings"
        systemctl restart vmid
    fi
}

# Applies each of FILEs, all at the same time. $dir/N.out and .status: what the Nth was told.
apply_together() { # FILE…
    local file n=0
    rm -f "$dir"/*.out "$dir"/*.status
    for file in "$@"; do
        n=$((n + 1))
        (
            status=0
            vmictl -n "$ns" apply -f "$file" >"$dir/$n.out" 2>&1 || status=$?
            echo "$status" >"$dir/$n.status"
        ) &
    done
    wait
}

expect_different() { # WHAT, a VALUE a line on standard input
    local values
    values=$(cat)
    expect_equal "different $1 among: ${values//$'\n'/ }" "$(wc -l <<<"$values")" "$(sort -u <<<"$values" | wc -l)"
}

of_each() { # COMMAND: run for each of $names
    local name
    for name in $names; do
        "$1" "$name"
    done
}
user() { property "$1" RuntimeUser; }
port() { property "$1" Forwards | jq -c '.[] | [.[0], .[1], .[2]]'; }
# The files of its run that QEMU has open.
overlays() { # NAME
    find "/proc/$(leader "$1")/fd" -lname "$state/scratch/$ns/*" -printf '%l\n' | sort -u
}
vcpu() { # NAME: the CPUs its vCPU may run on
    grep -l '^CPU 0/' "/proc/$(leader "$1")/task/"*/comm | sed 's,comm$,status,' | xargs awk '/^Cpus_allowed_list:/ { print $2 }'
}

note "eight at once, from the same image"
claim hello-disk 4Mi
names=
for i in 1 2 3 4 5 6 7 8; do
    ports='- port: 80' hello_vmi "g$i" >"$dir/g$i.yaml"
    names+=" g$i"
done
apply_together "$dir"/g?.yaml
expect_equal "exit statuses" "0 0 0 0 0 0 0 0" "$(cat "$dir"/*.status | paste -sd ' ')"
for name in $names; do
    expect_equal "phase of $name" Running "$(phase "$name")"
    pid=$(leader "$name")
    expect_equal "$name is this process" 1 "$(tr '\0' '\n' <"/proc/$pid/cmdline" | grep -c "^guest=${ns}_$name,")"
    expect_equal "the user of $name" "$(user "$name")" "$(stat -c %u "/proc/$pid")"
    expect_equal "the cgroup of $name" "$(scope "$name")" "$(basename "$(cat "/proc/$pid/cgroup")")"
    expect_equal "the overlay of $name" "$state/scratch/$ns/$name/root.qcow2" "$(overlays "$name")"
done
expect_equal "QEMU processes" 8 "$(pgrep -c -f "guest=${ns}_")"
of_each leader | expect_different "processes"
of_each user | expect_different "users"
of_each scope | expect_different "scopes"
of_each overlays | xargs stat -Lc %d:%i | expect_different "overlays"
expect_equal "forwarded ports" 8 "$(of_each port | wc -l)"
of_each port | expect_different "ports"
# shellcheck disable=SC2086 # words
v delete --force vmi $names
expect_nothing_left

note "the same object by six at once, of which two want it otherwise"
blank_vmi same >"$dir/same.yaml"
sed 's/8Mi/9Mi/' "$dir/same.yaml" >"$dir/other.yaml"
apply_together "$dir"/{same,same,other,same,other,same}.yaml
expect_equal "phase" Running "$(phase same)"
expect_equal "QEMU processes" 1 "$(pgrep -c -f "guest=${ns}_same")"
expect_equal "objects" 1 "$(v get vmi -o name | wc -l)"
expect_equal "how many made it" 1 "$(cat "$dir"/*.out | grep -c ' created$')"
case $(v get vmi same -o yaml | grep 'capacity:') in
*8Mi) winners="1 2 4 6" losers="3 5" ;;
*9Mi) winners="3 5" losers="1 2 4 6" ;;
*) fail "neither one definition nor the other: $(v get vmi same -o yaml)" ;;
esac
for i in $winners; do
    expect_equal "exit status of caller $i" 0 "$(cat "$dir/$i.status")"
    expect_match "caller $i is told" '/same (created|unchanged)' "$(cat "$dir/$i.out")"
done
for i in $losers; do
    [[ $(cat "$dir/$i.status") != 0 ]] || fail "caller $i was told that it has what it wanted"
    expect_match "caller $i is told" '"same".* spec differs' "$(cat "$dir/$i.out")"
done

note "start, stop and delete against each other"
for verb in "stop --force" start "restart --force" "stop --force" start; do
    # shellcheck disable=SC2086 # verb and option
    vmictl -n "$ns" $verb same >/dev/null 2>&1 &
done
wait
v delete --force vmi same
expect_nothing_left

note "CPUs of one's own, for one guest less than asks"
mapfile -t online < <(taskset -pc 1 | sed 's/.*: //' | tr , '\n' | xargs -I{} bash -c 'r={}; seq "${r%-*}" "${r#*-}"')
if [[ ${#online[@]} -ge 2 ]]; then
    free=$((${#online[@]} > 2 ? 2 : 1))
    (IFS=, && echo "[Manager]"$'\n'"SharedCPUs=${online[*]:free}") >"$settings"
    systemctl restart vmid
    files=()
    for ((i = 0; i <= free; i++)); do
        domain='cpu:
  cores: 1
  dedicatedCpuPlacement: true' blank_vmi "own$i" >"$dir/own$i.yaml"
        files+=("$dir/own$i.yaml")
    done
    apply_together "${files[@]}"
    names=$(v get vmi -o json | jq -r '.items[] | select(.status.phase == "Running").metadata.name')
    expect_equal "those that run, of $(cat "$dir"/*.out)" "$free" "$(wc -w <<<"$names")"
    expect_equal "their CPUs" "${online[*]:0:free}" "$(of_each vcpu | sort -n | paste -sd ' ')"
    expect_equal "those that were told" 1 "$(cat "$dir"/*.out | grep -c "only 0 of $free are free")"
fi
