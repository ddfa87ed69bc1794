#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vmictl render: deterministic, valid, with the IOThreads of KubeVirt's documented examples.
. "$(dirname "$0")/lib.sh"

expect_threads() { # EXPECTED: of the seven disks in order
    local threads
    threads=$(sed -n 's/.*<driver .* iothread="\([0-9]*\)".*/\1/p' "$work/out" | paste -sd,)
    [[ $threads == "$1" ]] || fail "IOThreads $threads, not $1"
}

manifest=$SOURCE_ROOT/docs/examples/iothreads.yaml
expect 0 render -f "$manifest"
expect_empty err
expect_threads 1,3,4,2,1,2,1
grep -q '<iothreads>4</iothreads>' "$work/out" || fail "policy auto did not make four threads"
cp "$work/out" "$work/first"
expect 0 render -f "$manifest"
cmp "$work/out" "$work/first" || fail "rendered twice, differently"

sed 's/ioThreadsPolicy: auto/ioThreadsPolicy: shared/' "$manifest" >"$work/shared.yaml"
expect 0 render -f "$work/shared.yaml"
expect_threads 1,2,3,1,1,1,1

# The UUID is KubeVirt's UUIDv5 of the name.
sed 's/name: iothreads$/name: testvmi/' "$manifest" >"$work/testvmi.yaml"
expect 0 render -f "$work/testvmi.yaml"
expect_line out '<uuid>f8918e71-270a-598e-a2a4-1afac39e1394</uuid>'

# One of several guests, by its name.
{
    cat "$manifest"
    echo ---
    cat "$work/testvmi.yaml"
} >"$work/two.yaml"
expect 2 render -f "$work/two.yaml"
expect_line err 'say which'
expect 0 render -f "$work/two.yaml" testvmi
expect_line out '<name>default_testvmi</name>'
expect 4 render -f "$work/two.yaml" nobody
expect 0 render -n prod -f "$work/two.yaml" testvmi
expect_line out '<name>prod_testvmi</name>'

# Nothing is rendered from a manifest with errors.
sed 's/bus: virtio/bus: floppy/' "$manifest" >"$work/bad.yaml"
expect 1 render -f "$work/bad.yaml"
expect_empty out
expect_line err '/bad.yaml:[0-9]+:[0-9]+: '

if command -v virt-xml-validate >/dev/null; then
    virt-xml-validate "$work/first" domain >/dev/null 2>&1 || fail "libvirt's schema refuses the XML"
fi

# Upstream an empty text is the same as none, and an empty block asks for nothing.
cat >"$work/empty.yaml" <<'YAML'
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata: {creationTimestamp: null, name: empty, namespace: "", labels: {}, annotations: {}}
spec:
  hostname: ""
  architecture: ""
  nodeSelector: {}
  domain:
    cpu: {}
    machine: {type: ""}
    firmware: {uuid: "", serial: ""}
    resources: {}
    memory: {guest: 64Mi}
    devices:
      interfaces: [{name: default, masquerade: {}, macAddress: "", model: "", ports: [{port: 8080}]}]
      disks: [{name: d, disk: {bus: virtio, pciAddress: ""}, serial: "", cache: "", io: ""}]
      rng: {}
  networks: [{name: default, pod: {vmNetworkCIDR: ""}}]
  volumes: [{name: d, emptyDisk: {capacity: 8Mi}}]
status: {}
YAML
grep -v 'Selector: {}\|hostname\|architecture\|cpu: {}\|machine\|firmware\|resources\|^status' "$work/empty.yaml" |
    sed -E 's/,? (creationTimestamp|labels|annotations): (null|\{\})//g; s/\{, /{/
        s/, (namespace|macAddress|model|pciAddress|serial|cache|io): ""//g; s/\{vmNetworkCIDR: ""\}/{}/' >"$work/plain.yaml"
grep '""' "$work/plain.yaml" && fail "the plain manifest is not plain"
expect 0 render -f "$work/plain.yaml"
cp "$work/out" "$work/plain.xml"
expect 0 render -f "$work/empty.yaml"
expect_empty err
cmp "$work/out" "$work/plain.xml" || fail "empty texts and blocks are not the same as none"

# What stands beside a guest in a cluster does not matter here.
{
    cat "$work/plain.yaml"
    printf -- '---\n{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 22}]}}\n'
} >"$work/beside.yaml"
expect 0 render -f "$work/beside.yaml"
cmp "$work/out" "$work/plain.xml" || fail "a Service changed the guest"
expect_line err 'warning: kind: Service "web" is skipped'
expect 0 validate -f "$work/beside.yaml"
expect_line out 'warning: kind: Service "web" is skipped'

# CPUs of its own: sockets, cores and threads multiply, and a supplemental pool has one more for each thread.
cat >"$work/dedicated.yaml" <<'YAML'
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata: {name: dedicated}
spec:
  domain:
    cpu: {sockets: 2, dedicatedCpuPlacement: true}
    memory: {guest: 64Mi}
    ioThreadsPolicy: supplementalPool
    ioThreads: {supplementalPoolThreadCount: 1}
    devices: {autoattachPodInterface: false, disks: [{name: d, disk: {bus: virtio}}]}
  volumes: [{name: d, emptyDisk: {capacity: 8Mi}}]
YAML
expect 0 render -f "$work/dedicated.yaml"
expect_empty err
expect_line out '<vcpupin vcpu="1" cpuset="1"/>'
expect_line out '<emulatorpin cpuset="0-1"/>'
expect_line out '<iothreadpin iothread="1" cpuset="2"/>'
