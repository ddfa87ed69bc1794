# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What every scenario starts with: `. "$(dirname "$0")/lib.sh"`. Gives it a namespace of its own (named after its file), a few
# verbs, and at its end the check that nothing of it is left on the host. A scenario fails by any command that fails.
#
# Never sleeps: everything that takes time is waited for by an event (until_signal, until_line, until_gone), with a limit.
set -euo pipefail

scenario=$(basename "$0")
scenario=${scenario%.*}
# shellcheck disable=SC2034 # for scenarios
service_dir=$(dirname "$(realpath "$0")")
ns=$scenario
hello_image=${VMI_TEST_HELLO_IMAGE:-/run/vmi-tests/hello.img}
state=/var/lib/vmi
# Emulated guests share two CPUs with everything else.
boot_seconds=600

# ---- verdicts --------------------------------------------------------------------------------------------------------

skip() {
    echo "SKIP: $*"
    exit 77
}

requires() { # COMMAND…: each of them
    local command
    for command in "$@"; do
        command -v "$command" >/dev/null || skip "there is no $command here"
    done
}

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

note() {
    echo "# $*"
}

expect_equal() { # WHAT EXPECTED ACTUAL
    [[ $2 == "$3" ]] || fail "$1: expected '$2', got '$3'"
}

expect_match() { # WHAT EXTENDED-REGEX ACTUAL
    [[ $3 =~ $2 ]] || fail "$1: expected something like '$2', got '$3'"
}

# COMMAND must fail, with one clear error: a line that matches. Prints nothing.
expect_refused() { # EXTENDED-REGEX COMMAND…
    local pattern=$1 output status=0
    shift
    output=$("$@" 2>&1 </dev/null) || status=$?
    [[ $status -ne 0 ]] || fail "was not refused: $*: $output"
    [[ $status -lt 124 ]] || fail "died ($status) instead of being refused: $*: $output"
    [[ $output =~ $pattern ]] || fail "refused, but not with '$pattern': $*: $output"
}

# ---- talking to vmid ---------------------------------------------------------------------------------------------------

v() { # vmictl in the scenario's namespace
    vmictl -n "$ns" "$@"
}

apply() { # the manifest on standard input
    v apply -f -
}

instance_path() { # NAME
    busctl --json=short call org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager GetInstance ss "$ns" "$1" |
        jq -r '.data[0]'
}

property() { # NAME PROPERTY: of an Instance, as JSON
    busctl --json=short get-property org.example.Vmi1 "$(instance_path "$1")" org.example.Vmi1.Instance "$2" | jq -c .data
}

phase() { # NAME
    property "$1" Phase | tr -d '"'
}

leader() { # NAME: QEMU's process ID
    property "$1" Leader
}

scope() { # NAME
    property "$1" Unit | jq -r .
}

# ---- waiting -----------------------------------------------------------------------------------------------------------

# Runs COMMAND until it prints a line that matches, then ends it. The line is printed.
until_line() { # SECONDS EXTENDED-REGEX COMMAND…
    local seconds=$1 pattern=$2 line feed
    shift 2
    exec {feed}< <(exec timeout "$seconds" "$@" 2>&1)
    local process=$!
    while IFS= read -r -u "$feed" line; do
        if [[ $line =~ $pattern ]]; then
            kill "$process" 2>/dev/null || true
            exec {feed}<&-
            printf '%s\n' "$line"
            return 0
        fi
    done
    exec {feed}<&-
    echo "no line like '$pattern' within $seconds s from: $*" >&2
    return 1
}

# Tries COMMAND now and again after every signal on the system bus from vmid or systemd, and when vmid comes or goes, until it succeeds.
until_signal() { # SECONDS COMMAND…
    local seconds=$1 line feed status=1 own=/org/example/Vmi1Tests/$BASHPID
    shift
    exec {feed}< <(exec timeout "$seconds" busctl monitor --json=short \
        --match="type='signal',path_namespace='/org/example/Vmi1'" \
        --match="type='signal',sender='org.freedesktop.systemd1'" \
        --match="type='signal',member='NameOwnerChanged',arg0='org.example.Vmi1'" \
        --match="type='signal',path='$own'" 2>&1)
    local process=$!
    # The busctl of Debian 13 does not say that it listens. What became true before it does has no signal left to come, so it is
    # sent one until it prints something.
    until read -r -t 0 -u "$feed"; do
        busctl emit "$own" org.example.Vmi1Tests Listen
    done
    while IFS= read -r -u "$feed" line; do
        if "$@" >/dev/null 2>&1; then
            status=0
            break
        fi
    done
    kill "$process" 2>/dev/null || true
    exec {feed}<&-
    [[ $status -eq 0 ]] || "$@" || {
        echo "not within $seconds s: $*" >&2
        return 1
    }
}

# vmid that was started has seen what runs. A slow one takes calls before, and tells then what the vmid before it has saved.
is_ready() {
    local state_now
    state_now=$(busctl get-property org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager State) && [[ $state_now != *starting* ]]
}

until_ready() {
    until_signal 300 is_ready || fail "vmid is still starting"
}

phase_is() { # NAME PHASE
    [[ $(phase "$1") == "$2" ]]
}

is_now() { # NAME PHASE
    is_ready && phase_is "$1" "$2"
}

until_phase() { # NAME PHASE
    until_signal 300 is_now "$1" "$2" || fail "$1 is $(phase "$1") and not $2: $(property "$1" Message)"
}

# It runs, and not as PID any more. The process first: after that the phase is no longer that of the run before.
runs_anew() { # NAME PID
    local pid
    pid=$(leader "$1") && [[ $pid != 0 && $pid != "$2" ]] && phase_is "$1" Running
}

until_runs_anew() { # NAME PID
    until_signal 300 runs_anew "$@" || fail "$1 is $(phase "$1") as $(leader "$1"): $(property "$1" Message)"
}

until_gone() { # PID [SECONDS]
    python3 - "$1" "${2:-300}" <<'EOF'
import os, select, sys
try:
    descriptor = os.pidfd_open(int(sys.argv[1]))
except ProcessLookupError:
    sys.exit(0)
poll = select.poll()
poll.register(descriptor, select.POLLIN)
sys.exit(not poll.poll(int(sys.argv[2]) * 1000))
EOF
}

# strace has attached to PID, or PID, with something of its own to do, is gone already.
until_traced() { # PID STRACE'S-PID
    until grep -qs '^TracerPid:[[:space:]]*[1-9]' "/proc/$1/status"; do
        [[ -d /proc/$1 ]] || return 0
        kill -0 "$2" 2>/dev/null || fail "strace did not attach"
    done
}

now() { # for vmictl logs --since and journalctl --since=@
    date +%s
}

# The same for what comes from here on: waits until the second is over in which something was logged that is not meant.
from_now() {
    local second=$EPOCHSECONDS
    while [[ $EPOCHSECONDS == "$second" ]]; do :; done
    now
}

# ---- guests ------------------------------------------------------------------------------------------------------------

# A manifest of the greeting guest. The variables $disks, $volumes, $domain and $spec may hold further YAML for those places,
# written from the first column.
hello_vmi() { # NAME
    cat <<EOF
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata:
  name: $1
spec:
  terminationGracePeriodSeconds: ${grace:-30}
$(indent 2 "${spec-}")
  domain:
    memory:
      guest: 128Mi
$(indent 4 "${domain-}")
    devices:
      interfaces:
      - name: default
        masquerade: {}
$(indent 8 "${ports:+ports:
$ports}")
      disks:
      - name: root
        bootOrder: 1
        disk:
          bus: virtio
$(indent 6 "${disks-}")
  networks:
  - name: default
    pod: {}
  volumes:
  - name: root
    ephemeral:
      persistentVolumeClaim:
        claimName: hello-disk
$(indent 2 "${volumes-}")
EOF
}

# A guest of nothing but firmware and an empty disk: enough wherever the guest's own system plays no part.
blank_vmi() { # NAME
    cat <<EOF
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata:
  name: $1
spec:
  terminationGracePeriodSeconds: ${grace:-0}
$(indent 2 "${spec-}")
  domain:
    memory:
      guest: 32Mi
$(indent 4 "${domain-}")
    devices:
      disks:
      - name: empty
        disk:
          bus: virtio
$(indent 6 "${disks-}")
  volumes:
  - name: empty
    emptyDisk:
      capacity: 8Mi
$(indent 2 "${volumes-}")
EOF
}

# A guest that shuts down when asked, and is up in a second; what it boots from is a claim of its name.
obedient_vmi() { # NAME [OPTION…]: of obedient-guest.sh
    local name=$1
    shift
    [[ -d $(dirname "$(claim_image "$name")") ]] || claim "$name" 1Mi >/dev/null
    until_signal 300 claim_bound "$name"
    "$service_dir/../harness/obedient-guest.sh" "$@" "$(claim_image "$name")"
    cat <<EOF
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata:
  name: $name
spec:
  terminationGracePeriodSeconds: ${grace:-60}
$(indent 2 "${spec-}")
  domain:
    memory:
      guest: 32Mi
    devices:
      autoattachPodInterface: false
      disks:
      - name: root
        disk:
          bus: virtio
  volumes:
  - name: root
    persistentVolumeClaim:
      claimName: $name
EOF
}

until_up() { # NAME [SINCE]
    until_line "$boot_seconds" 'up$' vmictl -n "$ns" logs --follow ${2:+--since "@$2"} "$1" >/dev/null || fail "$1 does not come up"
}

indent() { # COLUMNS TEXT
    [[ -z $2 ]] || printf '%s\n' "$2" | sed "s/^/$(printf "%$1s" '')/"
}

claim() { # NAME [SIZE]
    apply <<EOF
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: $1
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: ${2:-64Mi}
EOF
}

# vmid binds a claim a moment after it has answered.
claim_bound() { # NAME
    [[ -d $(dirname "$(claim_image "$1")") ]]
}

claim_image() { # NAME: where its image is
    echo "$state/pools/default/$ns/$1/disk.img"
}

# The claim that hello_vmi boots from.
hello_claim() {
    claim hello-disk
    until_signal 300 claim_bound hello-disk
    cp --sparse=always "$hello_image" "$(claim_image hello-disk)"
}

until_greets() { # NAME [SINCE]
    until_line "$boot_seconds" 'hello: ready' vmictl -n "$ns" logs --follow ${2:+--since "@$2"} "$1" >/dev/null ||
        fail "$1 does not greet: $(v logs "$1" 2>&1 | tail -n 20)"
}

# Runs COMMAND in the greeting guest's shell on its serial console; prints what it prints.
guest() { # NAME COMMAND
    python3 "$service_dir/guest-command.py" "$ns" "$1" "$2"
}

# ---- nothing may be left -----------------------------------------------------------------------------------------------

# Everything on the host that carries the scenario's namespace, one line each.
leftovers() {
    find "$state/scratch" /run/vmi -mindepth 1 \( -path "*/$ns/*" -o -path "*/guests/${ns}_*" \) 2>/dev/null || true
    systemctl list-units --all --no-legend --plain "vmi-${ns//-/\\x2d}-*.scope" | sed 's/^/unit /'
    pgrep -a -f "guest=${ns}_" || true
    machinectl --no-legend list 2>/dev/null | awk -v end=".$ns" 'substr($1, length($1) - length(end) + 1) == end { print "machine", $1 }' || true
    find "$state/libvirt" \( -name "${ns}_*.xml" -o -name "${ns}_*.pid" -o -name "*-${ns}_*.monitor" \) 2>/dev/null || true
}

expect_nothing_left() {
    local left
    left=$(leftovers)
    [[ -z $left ]] || fail "left behind:"$'\n'"$left"
}

# Of the namespace itself, once it is deleted.
expect_namespace_gone() {
    local left
    left=$(find "$state"/{objects,pools,scratch} -name "$ns" && find "$state/libvirt/log" -name "${ns}_*")
    [[ -z $left ]] || fail "left of the namespace:"$'\n'"$left"
}

delete_everything() {
    local kind name
    for kind in vmi pvc secret; do
        for name in $(vmictl -n "$ns" get "$kind" -o name 2>/dev/null); do
            v delete --force "$kind" "${name##*/}" >/dev/null || return 1
        done
    done
    vmictl delete namespace "$ns" >/dev/null
}

at_end() {
    local status=$?
    trap - EXIT
    set +e
    if declare -F scenario_end >/dev/null; then
        scenario_end
    fi
    if [[ $status -ne 0 && $status -ne 77 ]]; then
        echo "--- vmictl describe, at the failure"
        for name in $(vmictl -n "$ns" get vmi -o name 2>/dev/null); do
            v describe vmi "${name##*/}"
        done
        vmictl jobs
    fi
    delete_everything || [[ $status -ne 0 ]] || { echo "FAIL: could not delete everything" && status=1; }
    if [[ $status -eq 0 ]]; then
        (expect_nothing_left && expect_namespace_gone) || status=1
    fi
    exit "$status"
}
trap at_end EXIT

vmictl apply -f - >/dev/null <<EOF
apiVersion: v1
kind: Namespace
metadata:
  name: $ns
EOF
