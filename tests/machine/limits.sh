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
printf '[Manager]\nUseEmulation=yes\nSharedCPUs=0-1\n' >/etc/vmi/vmid.conf.d/50-tests.conf
systemctl start vmid || { journalctl --no-pager -u vmid && exit 1; }

vmi limited "    resources:
      requests:
        cpu: 100m
      limits:
        cpu: 250m
        memory: 64Mi" | vmictl apply -f -
cgroup=$(cgroup_of limited)
expect_equal "cpu.max" "25000 100000" "$(attribute "$cgroup" cpu.max)"
expect_equal "cpu.weight" 10 "$(attribute "$cgroup" cpu.weight)"
maximum=$(attribute "$cgroup" memory.max)
[[ $maximum -ge $((64 << 20)) && $maximum -lt $((2 << 30)) ]] || fail "memory.max is $maximum"
echo "# memory.max: $maximum"

# A quarter of a CPU: half a second of work takes two, less what the guest leaves unused of its slice at the start.
throttled=$(attribute "$cgroup" cpu.stat nr_throttled)
took=$(inside "$cgroup" python3 -c '
import time
begin = time.monotonic()
while time.process_time() < 0.5:
    pass
print(int((time.monotonic() - begin) * 1000))')
[[ $took -ge 1500 ]] || fail "half a second of CPU was had in $took ms at a quarter of a CPU"
[[ $(attribute "$cgroup" cpu.stat nr_throttled) -gt $throttled ]] || fail "the kernel never throttled it"
echo "# half a second of CPU at a quarter of a CPU took $took ms"

vmi dedicated "    cpu:
      cores: 1
      dedicatedCpuPlacement: true" | vmictl apply -f -
cgroup=$(cgroup_of dedicated)
cpu=$(attribute "$cgroup" cpuset.cpus)
[[ $cpu =~ ^[23]$ ]] || fail "a dedicated CPU out of 2-3 was expected, got '$cpu'"
expect_equal "cpuset.cpus.effective" "$cpu" "$(attribute "$cgroup" cpuset.cpus.effective)"
# shellcheck disable=SC2016 # awk's
expect_equal "what a process in there may run on" "$cpu" "$(inside "$cgroup" awk '/^Cpus_allowed_list:/ { print $2 }' /proc/self/status)"
if inside "$cgroup" taskset -c 0 true 2>/dev/null; then
    fail "a process in there could move to CPU 0"
fi

# Last, because the kernel may take QEMU along.
cgroup=$(cgroup_of limited)
if inside "$cgroup" python3 -c 'b = bytearray(); [b.extend(bytes(1 << 20)) for _ in range(2048)]' 2>/dev/null; then
    fail "2 GiB were had in a scope with memory.max $maximum"
fi
[[ $(attribute "$cgroup" memory.events oom_kill 2>/dev/null || echo 1) -ge 1 ]] || fail "nothing was killed for memory"
echo "# a process that wanted 2 GiB was killed"
