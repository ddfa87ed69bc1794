#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A throwaway host: boots a real systemd as PID 1 of private namespaces over an overlay of this machine's own root (or of another
# tree), runs one command there as a service, prints its output as it comes, and exits with its exit status. Nothing of it
# outlives the call: mounts and processes are bound to namespaces whose first process is killed when this script ends
# or is killed; a cgroup or a work directory that a SIGKILL left behind is swept by the next call.
#
# It does not know what it runs. Needs root, util-linux, iproute2, and systemd and dbus in the tree.
set -euo pipefail

usage() {
    cat <<EOF
Usage: host.sh [OPTION…] COMMAND [ARGUMENT…]
       host.sh [OPTION…] --shell [COMMAND [ARGUMENT…]]

  --tree DIR      the root to boot instead of /
  --layer DIR     files laid over the tree (a DESTDIR); may be repeated, the last is the topmost
  --bind SRC:DST  a directory or file of this machine, visible there
  --env NAME=VALUE  for the command's environment
  --state DIR     holds what would be /var/lib/vmi, on a real file system (default: a temporary one)
  --seconds N     kill it all after that long (default 60); 0 for no limit
  --kvm           let it use /dev/kvm
  --shell         after COMMAND, an interactive shell in there

COMMAND is looked up inside; this script's own directory is not visible there unless bound.
Exit status: that of COMMAND; 124 when time ran out; 125 when the host did not come up.
EOF
}

here=$(dirname "$(realpath "$0")")
tree=/
layers=()
binds=()
environment=()
state=
seconds=60
devices="null zero full random urandom tty"
flags=
shell=
outside=

parse_arguments() {
    while [[ $# -gt 0 ]]; do
        case $1 in
        --tree) tree=$(realpath -e "$2") ;;
        --layer) layers+=("$(realpath -e "$2")") ;;
        --bind) binds+=("$2") ;;
        --env) environment+=("$2") ;;
        --state) state=$(realpath -e "$2") ;;
        --seconds) seconds=$2 ;;
        --kvm | --shell) flags+=" $1" ;;
        --outside) outside=$2 ;; # how it calls itself
        --help | -h)
            usage
            exit
            ;;
        -*)
            usage >&2
            exit 2
            ;;
        *) break ;;
        esac
        # Those with a value take it along.
        [[ " $flags " == *" $1 "* ]] || shift
        shift
    done
    [[ $flags != *--kvm* ]] || devices+=" kvm"
    [[ $flags != *--shell* ]] || shell=yes
    command=("$@")
    [[ -n $shell || $# -gt 0 ]] || { usage >&2 && exit 2; }
}

# What an earlier, killed call could not take away. Its process ID is the end of the name.
sweep() {
    local leftover pid
    for leftover in "$work_parent"/vmi-host.* "$cgroups"/vmi-host.*; do
        pid=${leftover##*.}
        if [[ -d $leftover && ! -d /proc/$pid ]]; then
            remove "$leftover"
        fi
    done
}

remove() { # a work directory or a cgroup
    if [[ $1 != "$cgroups"/* ]]; then
        rm -rf --one-file-system "$1"
        return
    fi
    if [[ -w $1/cgroup.kill ]]; then
        echo 1 >"$1/cgroup.kill"
    fi
    # Its processes are dying, and a cgroup goes only after the last of them: the kernel says so in cgroup.events.
    until find "$1" -depth -type d -exec rmdir {} + 2>/dev/null; do
        inotifywait -qq -t 1 -e modify "$1/cgroup.events" 2>/dev/null || [[ -d $1 ]] || break
    done
}

cleanup() {
    trap - EXIT
    if [[ -n ${runner-} ]]; then
        kill -KILL "$runner" 2>/dev/null || true
        wait "$runner" 2>/dev/null || true
    fi
    (: <>"$work/output") # whoever still waits for the first line may go
    wait "${reader-}" 2>/dev/null || true
    remove "$cgroup"
    remove "$work"
}

# The cgroup v2 hierarchy as this process's cgroup namespace sees it: its own mount, wherever the machine has it, if at all.
find_cgroups() {
    cgroups=$work_parent/vmi-cgroups
    mkdir -p "$cgroups"
    mount -t cgroup2 cgroup2 "$cgroups"
    # All controllers that can be had: an ordinary machine has them here, a container may not.
    local controller
    for controller in $(<"$cgroups/cgroup.controllers"); do
        echo "+$controller" >"$cgroups/cgroup.subtree_control" 2>/dev/null || true
    done
}

describe_for_inside() {
    printf 'work=%q\ntree=%q\ndevices=%q\nstate=%q\nshell=%q\n' "$work" "$tree" "$devices" "$state" "$shell"
    printf 'layers=(%s)\n' "${layers[*]@Q}"
    printf 'binds=(%s)\n' "${binds[*]@Q}"
    printf 'environment=(%s)\n' "${environment[*]@Q}"
    printf 'command=(%s)\n' "${command[*]@Q}"
}

boot() {
    # Moves only this subshell: everything below is born in the new cgroup, which becomes the root of theirs.
    (
        echo "$BASHPID" >"$cgroup/cgroup.procs"
        exec setpriv --pdeathsig KILL timeout --foreground -s KILL "$seconds" \
            setpriv --pdeathsig KILL unshare --pid --mount --cgroup --ipc --uts --net --fork --kill-child \
            bash "$here/host-init.sh" "$work/description"
    ) >"$work/boot.log" 2>&1 </dev/null &
    runner=$!
}

# PID 1 of the host, as seen from here.
first_process() {
    local process
    for process in $(<"$cgroup/init.scope/cgroup.procs"); do
        if [[ $(awk '/^NSpid:/ { print NF ":" $NF }' "/proc/$process/status" 2>/dev/null) == *:1 ]]; then
            echo "$process" && return
        fi
    done
    return 1
}

interactive_shell() {
    nsenter --target "$(first_process)" --all \
        /usr/bin/systemd-run --quiet --pty --wait --collect --setenv=TERM="${TERM:-linux}" --setenv=HOME=/root \
        --working-directory=/root -- /bin/bash -l || true
}

report() {
    local status
    wait "$runner" 2>/dev/null || status=$?
    runner=
    if [[ -s $work/status ]]; then
        return "$(cat "$work/status")"
    fi
    echo "host.sh: the command did not end; the host's last words:" >&2
    tail -n 40 "$work/boot.log" >&2
    if [[ ${status-} == 137 || ${status-} == 124 ]]; then
        return 124
    fi
    return 125
}

main() {
    parse_arguments "$@"
    local namespace
    namespace=$(readlink /proc/self/ns/mnt)
    if [[ -z $outside || $outside == "$namespace" ]]; then
        # Mounts made from here on are nobody else's.
        exec unshare --mount --propagation private "$0" --outside "$namespace" "$@"
    fi
    work_parent=${TMPDIR:-/var/tmp}
    find_cgroups
    sweep
    work=$work_parent/vmi-host.$$
    cgroup=$cgroups/vmi-host.$$
    mkdir -p "$work/root" "$work/overlay" "$work/state" "$cgroup"
    mkfifo "$work/output"
    [[ -n $state ]] || state=$work/state
    trap cleanup EXIT
    trap 'exit 130' INT TERM HUP
    describe_for_inside >"$work/description"

    cat <"$work/output" &
    reader=$!
    boot
    if [[ -n $shell ]]; then
        # Ready when the command has ended and said how.
        until [[ -s $work/status ]]; do
            kill -0 "$runner" 2>/dev/null || break
            inotifywait -qq -t 1 -e close_write "$work" 2>/dev/null || true
        done
        [[ ! -s $work/status ]] || interactive_shell
        kill -KILL "$runner"
    fi
    report
}

main "$@"
