#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Debian: one
# The disk under the definitions fails, for a moment or for a while: nothing is lost, nothing that was refused happens later, and nothing is
# done to a guest whose definition cannot be read.
. "$(dirname "$0")/lib.sh"
requires strace

drop_in=/run/systemd/system/vmid.service.d/90-store-faults.conf
objects=$state/objects
vmis=$objects/virtualmachineinstances/$ns
tracer=

scenario_end() {
    [[ -z $tracer ]] || kill -KILL "$tracer" 2>/dev/null
    rm -f "$drop_in"
    systemctl daemon-reload
    systemctl stop vmid
    if mountpoint -q "$objects"; then
        umount "$objects"
    fi
    systemctl reset-failed vmid
    systemctl start vmid
}

manager() { # PROPERTY
    busctl --json=short get-property org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager "$1" | jq -r '.data | if type == "array" then .[] else . end'
}

state_is() {
    [[ $(manager State) == "$1" ]]
}

has_problem() { # EXTENDED-REGEX
    manager Problems | grep -qE "$1"
}

has_no_problem() { # EXTENDED-REGEX
    local said
    said=$(manager Problems) && ! grep -qE "$1" <<<"$said"
}

dies_and_comes_back() {
    systemctl kill --kill-whom=main --signal=KILL vmid
    systemctl reset-failed vmid
    systemctl start vmid
}

fault() { # STRACE-INJECTION: of vmid as it runs
    local pid
    pid=$(systemctl show -P MainPID vmid)
    strace -f -qq -o /dev/null -e "trace=${1%%:*}" -e "inject=$1" -p "$pid" &
    tracer=$!
    until_traced "$pid" "$tracer"
}

fault_over() {
    kill -KILL "$tracer" 2>/dev/null || true
    wait "$tracer" 2>/dev/null || true
    tracer=
}

blank_vmi keeper | apply
blank_vmi other | apply
pid=$(leader keeper)
user=$(property keeper RuntimeUser)

note "a deletion that is refused after its mark has reached the disk is not carried out at the next start"
fault fsync:error=EIO:when=2
expect_refused 'Input/output error' vmictl -n "$ns" delete vmi keeper
fault_over
expect_equal "on disk" "" "$(grep deletionTimestamp "$vmis/keeper.yaml" || true)"
dies_and_comes_back
until_phase keeper Running
expect_equal "the same QEMU" "$pid" "$(leader keeper)"

note "neither when the disk refuses to take the mark back as well, once it takes anything again"
fault fsync:error=EIO:when=2+
expect_refused 'Input/output error' vmictl -n "$ns" delete vmi keeper
has_problem 'keeper.*Input/output error; vmid tries again' || fail "no such problem: $(manager Problems)"
state_is degraded || fail "vmid is $(manager State)"
fault_over
until_signal 300 has_no_problem keeper
dies_and_comes_back
until_phase keeper Running
expect_equal "the same QEMU" "$pid" "$(leader keeper)"

note "a claim that could not be deleted keeps its data"
claim data
until_signal 300 claim_bound data
echo precious >"$(claim_image data)"
inode=$(stat -c %i "$(claim_image data)")
fault unlinkat:error=EIO:when=1
expect_refused 'Input/output error' vmictl -n "$ns" delete pvc data
fault_over
expect_equal "the claim's image" "$inode" "$(stat -c %i "$(claim_image data)")"
[[ -f $objects/persistentvolumeclaims/$ns/data.yaml ]] || fail "its definition is gone"
v delete pvc data

note "a stop that could not be saved is reported, and is saved later"
fault fsync:error=EIO
expect_refused 'could not be saved.*Input/output error' vmictl -n "$ns" stop --force other
has_problem 'other.*Input/output error; vmid tries again' || fail "no such problem: $(manager Problems)"
fault_over
until_signal 300 has_no_problem other
until_signal 300 state_is running
dies_and_comes_back
until_phase other Succeeded
expect_equal "QEMU" "" "$(pgrep -f "guest=${ns}_other" || true)"

note "a definition that cannot be read is not broken, and its guest is nobody's to end"
v start other
mkdir -p "$state/scratch/$ns/keeper"
systemctl stop vmid
mkdir -p "${drop_in%/*}"
cat >"$drop_in" <<EOF
[Service]
ExecStart=
ExecStart=$(command -v strace) -D -f -qq -o /dev/null -P keeper.yaml -e trace=openat -e inject=openat:error=EIO /usr/libexec/vmid
Environment=ASAN_OPTIONS=detect_leaks=0
SystemCallFilter=@debug
EOF
systemctl daemon-reload
systemctl start vmid
tracer=$(pgrep -f 'strace -D .*keeper.yaml')
until_signal 300 state_is degraded
has_problem 'keeper\.yaml.* cannot be read: Input/output error' || fail "no such problem: $(manager Problems)"
expect_match "STATUS=" 'degraded.*keeper\.yaml' "$(systemctl show -P StatusText vmid)"
until_phase other Running
[[ -f $vmis/keeper.yaml && ! -e $vmis/keeper.yaml.broken ]] || fail "the definition was set aside: $(ls "$vmis")"
[[ -d /proc/$pid ]] || fail "the guest died"
has_no_problem 'has no definition' || fail "its guest counts as nobody's"
[[ -d $state/scratch/$ns/keeper ]] || fail "its scratch directory was swept"
blank_vmi keeper >"/tmp/$ns.yaml"
expect_refused 'cannot be read: Input/output error' vmictl -n "$ns" apply -f "/tmp/$ns.yaml"
expect_refused 'cannot be read: Input/output error' vmictl -n "$ns" delete --force vmi keeper
for verb in 'get vmi' 'get -o yaml vmi' 'describe vmi' stop console; do
    # shellcheck disable=SC2086 # words
    expect_refused 'keeper\.yaml.* cannot be read: Input/output error' vmictl -n "$ns" $verb keeper
done
expect_refused 'there is no VirtualMachineInstance "nobody" in namespace' vmictl -n "$ns" describe vmi nobody
expect_refused 'there is no Namespace "nobody"$' vmictl get ns nobody
expect_refused 'cannot be read: Input/output error|not empty' vmictl delete namespace "$ns"
v stop --force other
v start other
[[ $(property other RuntimeUser) != "$user" ]] || fail "its user was given to another guest"

note "once it can be read, it is as if it always could"
kill -KILL "$tracer"
tracer=
until_phase keeper Running
expect_equal "the same QEMU" "$pid" "$(leader keeper)"
expect_equal "its user" "$user" "$(property keeper RuntimeUser)"
until_signal 300 state_is running

note "a directory that cannot be listed is not an empty one"
systemctl stop vmid
sed -i "s,-P keeper.yaml -e trace=openat -e inject=openat,-P $vmis -e trace=getdents64 -e inject=getdents64," "$drop_in"
systemctl daemon-reload
systemctl start vmid
tracer=$(pgrep -f 'strace -D .*getdents64')
until_signal 300 state_is degraded
has_problem "$ns.*Input/output error" || fail "no such problem: $(manager Problems)"
[[ -d /proc/$pid ]] || fail "the guest died"
has_no_problem 'has no definition' || fail "its guest counts as nobody's"
expect_refused 'Input/output error' vmictl -n "$ns" apply -f "/tmp/$ns.yaml"
kill -KILL "$tracer"
tracer=
until_phase keeper Running
expect_equal "the same QEMU" "$pid" "$(leader keeper)"
until_signal 300 state_is running
rm "$drop_in"
systemctl daemon-reload

note "a full disk: a guest can be stopped and deleted, and both last"
systemctl stop vmid
mkdir -p "/run/$ns"
cp -a "$objects/." "/run/$ns/"
mount -t tmpfs -o "size=24m,mode=$(stat -c %a "$objects")" tmpfs "$objects"
cp -a "/run/$ns/." "$objects/"
systemctl start vmid
until_phase keeper Running
dd if=/dev/zero of="$objects/filler" bs=4k 2>/dev/null || true
blank_vmi more >"/tmp/$ns.yaml"
expect_refused 'No space left' vmictl -n "$ns" apply -f "/tmp/$ns.yaml"
v stop --force other
dd if=/dev/zero of="$objects/filler-2" bs=4k 2>/dev/null || true
v delete --force vmi keeper
dd if=/dev/zero of="$objects/filler-3" bs=4k 2>/dev/null || true
dies_and_comes_back
until_phase other Succeeded
expect_refused 'there is no' vmictl -n "$ns" get vmi keeper
expect_equal "QEMU" "" "$(pgrep -f "guest=${ns}_" || true)"
expect_refused 'No space left' vmictl -n "$ns" start other
v delete vmi other
expect_nothing_left
