#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vmictl validate: every finding with its place, all files, exit codes.
. "$(dirname "$0")/lib.sh"

expect 0 validate -f "$SOURCE_ROOT/docs/examples"
expect_empty out
expect_empty err

cat >"$work/bad.yaml" <<'YAML'
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata:
  name: web
spec:
  domain:
    memory:
      guest: lots
    devices:
      disks:
      - name: root
        disc:
          bus: virtio
      - name: data
        disk:
          bus: floppy
YAML
expect 1 validate -f "$work/bad.yaml"
expect_line out "^$work/bad.yaml:8:14: spec.domain.memory.guest: "
expect_line out "^$work/bad.yaml:12:9: spec.domain.devices.disks\[0\].disc: unknown field \"disc\"; did you mean \"disk\"\?"
expect_line out "^$work/bad.yaml:16:16: spec.domain.devices.disks\[1\].disk.bus: "
expect_empty err

# A good file beside a bad one, a directory, and standard input.
mkdir "$work/many"
cp "$work/bad.yaml" "$work/many/b.yaml"
cp "$SOURCE_ROOT/docs/examples/web.yaml" "$work/many/a.yaml"
echo "not a manifest" >"$work/many/README"
expect 1 validate -f "$work/many"
expect_line out "^$work/many/b.yaml:8:14: "
"$VMICTL" validate -f - <"$work/bad.yaml" >"$work/out" && fail "standard input was not judged"
expect_line out "^-:8:14: "

# Warnings do not fail, unless --strict.
cat >"$work/warn.yaml" <<'YAML'
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata:
  name: web
spec:
  nodeSelector:
    disk: ssd
  domain:
    memory:
      guest: 64Mi
    devices: {}
YAML
expect 0 validate -f "$work/warn.yaml"
expect_line out "^$work/warn.yaml:6:3: .*spec.nodeSelector"
expect_line out "^$work/warn.yaml:11:5: .*spec.domain.devices.interfaces: no interface is listed.*interfaces: \[.*ports: \[\{port: 22\}\]"
expect 1 validate --strict -f "$work/warn.yaml"

# Gated fields: on by default, off when other gates are named.
cat >"$work/gated.yaml" <<'YAML'
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata:
  name: web
spec:
  domain:
    memory:
      guest: 64Mi
    devices:
      disks:
      - name: host
        disk: {}
  volumes:
  - name: host
    hostDisk:
      path: /srv/images/host.img
      type: Disk
YAML
expect 0 validate -f "$work/gated.yaml"
expect 1 validate --feature-gates Other -f "$work/gated.yaml"
expect_line out 'HostDisk'

expect 1 validate --json -f "$work/bad.yaml"
python3 - "$work/out" <<'PYTHON'
import json, sys
findings = json.load(open(sys.argv[1]))["findings"]
assert [f["line"] for f in findings] == [8, 12, 16], findings
assert all(f["severity"] == "error" for f in findings), findings
assert findings[1]["path"] == "spec.domain.devices.disks[0].disc", findings
PYTHON
expect 0 validate --json -f "$SOURCE_ROOT/docs/examples"
python3 -c 'import json, sys; assert json.load(open(sys.argv[1]))["findings"] == []' "$work/out"

# A manifest without an object is no good manifest: a template may have come out empty.
for text in '' '# nothing' '---'; do
    echo "$text" >"$work/empty.yaml"
    expect 1 validate -f "$work/empty.yaml"
    expect_line out "^$work/empty.yaml: the manifest holds no object"
done

# Nobody may ever write to a FIFO; a pipe of the shell has its writer.
mkfifo "$work/fifo"
for verb in validate render apply; do
    expect 1 "$verb" -f "$work/fifo"
    expect_line err 'fifo" is no regular file'
done
expect 1 validate -f /dev/zero
expect_line err 'is no regular file'
expect 0 validate -f <(cat "$SOURCE_ROOT/docs/examples/web.yaml")
expect_empty out
expect 0 validate -f - < <(cat "$SOURCE_ROOT/docs/examples/web.yaml")

# Nothing that a terminal would obey comes from a manifest or a word.
expect_no_escape() {
    if grep -q $'\033' "$work/out" "$work/err"; then
        fail "an escape character was printed"
    fi
}
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"\\e[2J": 1\n' >"$work/hostile.yaml"
expect 1 validate -f "$work/hostile.yaml"
expect_line out 'u001b\[2J'
expect_no_escape
expect 4 explain $'vmi.\033[2J'
expect_line err 'u001b\[2J'
expect_no_escape
