#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs inside a machine with a kernel of its own: CPU and memory limits and AllowedCPUs of a guest's scope are enforced by the kernel, on whatever
# runs in that scope. The guest is nothing but firmware: emulated in an emulation, that is enough.
set -euo pipefail

fail() {
    echo "FAIL: $*"
    exit 1
}

expect_equal() { # WHAT EXPECTED ACTUAL
    [[ $2 == "$3" ]] || fail "$1: expected '$2', got '$3'"
    echo "# $1: $3"
}

vmi() { # NAME CPU-AND-RESOURCES
    cat <<EOF
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata:
  name: $1
spec:
  terminationGracePeriodSeconds: 0
  domain:
    memory:
      guest: 32Mi
$2
    devices:
      autoattachPodInterface: false
      disks:
      - name: empty
        disk:
          bus: virtio
  volumes:
  - name: empty
    emptyDisk:
      capacity: 4Mi
EOF
}

attribute() { # CGROUP FILE [KEY]
    if [[ $# -eq 3 ]]; then
        awk -v key="$3" '$1 == key { print $2 }' "$1/$2"
    else
        cat "$1/$2"
    fi
}

cgroup_of() { # NAME
    echo "/sys/fs/cgroup$(systemctl show -P ControlGroup "vmi-default-$1.scope")"
}

# Runs COMMAND as a process of that cgroup.
inside() { # CGROUP COMMAND…
    local cgroup=$1
    shift
    bash -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' inside "$cgroup" "$@"
}

mkdir -p /etc/vmi/vmid.conf.d
printf '[Manager]\nUseEmulation=yes\nSharedCPUs=0\n' >/etc/vmi/vmid.conf.d/50-tests.conf
systemctl restart vmid || { journalctl --no-pager -u vmid && exit 1; }
echo "# vmid is up after $(cut -d . -f 1 /proc/uptime) s"

vmi limited "    resources:
      requests:
        cpu: 100m
      limits:
        cpu: 250m
        memory: 64Mi" | vmictl apply -f -
echo "# a guest is up after $(cut -d . -f 1 /proc/uptime) s"
cgroup=$(cgroup_of limited)
expect_equal "cpu.max" "25000 100000" "$(attribute "$cgroup" cpu.max)"
expect_equal "cpu.weight" 10 "$(attribute "$cgroup" cpu.weight)"
maximum=$(attribute "$cgroup" memory.max)
[[ $maximum =~ ^[0-9]+$ && $maximum -ge $((64 << 20)) && $maximum -lt $((2 << 30)) ]] || fail "memory.max is $maximum"
echo "# memory.max: $maximum"

# A quarter of a CPU: whoever wants all of it is held back in nearly every one of the kernel's accounting periods. Counted, not timed:
# the clocks of an emulated machine are not to be trusted.
periods=$(attribute "$cgroup" cpu.stat nr_periods) throttled=$(attribute "$cgroup" cpu.stat nr_throttled)
# shellcheck disable=SC2016 # the inner shell's
inside "$cgroup" bash -c 'until [[ $(awk "/^nr_periods/ { print \$2 }" "$1/cpu.stat") -ge $2 ]]; do
    for ((i = 0; i < 20000; i++)); do :; done
done' busy "$cgroup" $((periods + 20))
periods=$(($(attribute "$cgroup" cpu.stat nr_periods) - periods)) throttled=$(($(attribute "$cgroup" cpu.stat nr_throttled) - throttled))
[[ $throttled -ge $((periods / 2)) ]] || fail "throttled in $throttled of $periods periods only"
echo "# throttled in $throttled of $periods periods"

vmi dedicated "    cpu:
      cores: 1
      dedicatedCpuPlacement: true" | vmictl apply -f -
cgroup=$(cgroup_of dedicated)
cpu=$(attribute "$cgroup" cpuset.cpus) || fail "the scope of a guest with a dedicated CPU has no AllowedCPUs"
expect_equal "cpuset.cpus of a guest with a dedicated CPU, where CPU 0 is shared" 1 "$cpu"
expect_equal "cpuset.cpus.effective" "$cpu" "$(attribute "$cgroup" cpuset.cpus.effective)"
# shellcheck disable=SC2016 # awk's
expect_equal "what a process in there may run on" "$cpu" "$(inside "$cgroup" awk '/^Cpus_allowed_list:/ { print $2 }' /proc/self/status)"
if inside "$cgroup" taskset -c 0 true 2>/dev/null; then
    fail "a process in there could move to CPU 0"
fi

# Last, because the kernel may take QEMU along.
cgroup=$(cgroup_of limited)
# As much as the limit, which the machine has: without the limit it would be had.
more=$(awk '/^MemAvailable:/ { print $2 * 1024 }' /proc/meminfo)
[[ $more -gt $((maximum + (64 << 20))) ]] || fail "this machine has only $more bytes left, the limit is $maximum"
# The CPU limit has been seen; it would only make this wait.
echo max >"$cgroup/cpu.max"
if inside "$cgroup" python3 -c 'import sys; b = bytearray(b"x") * int(sys.argv[1])' "$maximum" 2>/dev/null; then
    fail "$maximum bytes were had in a scope with QEMU in it and memory.max $maximum"
fi
[[ $(attribute "$cgroup" memory.events oom_kill 2>/dev/null || echo 1) -ge 1 ]] || fail "nothing was killed for memory"
echo "# a process that wanted as much was killed"
