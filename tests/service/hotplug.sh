#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# A claim is plugged into the running guest, which sees it by its serial number, and is taken out again.
. "$(dirname "$0")/lib.sh"

hello_claim
claim extra 8Mi
since=$(now)
apply <<EOF
apiVersion: v1
kind: Secret
metadata:
  name: seed
stringData:
  userdata: "#!/bin/sh"
EOF
disks='- name: seed
  disk:
    bus: virtio' volumes='- name: seed
  cloudInitNoCloud:
    secretRef:
      name: seed' hello_vmi plug | apply
v delete secret seed # it has what it needs of it
until_greets plug "$since"

guest_disk_sizes() {
    guest plug 'cat /sys/block/[sv]d*/size' | tr '\n' ' '
}
before=$(guest_disk_sizes)
expect_match "before" '^98304 ' "$before"

# From here on the guest's kernel says on the console what comes and goes.
guest plug 'dmesg -n 7'
until_kernel_says() { # SINCE REGEX
    until_line 300 "$2" vmictl -n "$ns" logs --follow --since "@$1" plug >/dev/null
}
since=$(now)
v attach plug --disk extra --claim extra --serial EXTRA-1
until_kernel_says "$since" 'Attached SCSI disk'
expect_equal "attached" "16384 $before" "$(guest_disk_sizes)"
expect_match "its serial" 'EXTRA-1' "$(guest plug 'cat /sys/block/vd*/serial /sys/block/sd*/device/vpd_pg80 2>/dev/null' | tr -d '\000')"
guest plug 'echo was-here | dd of=/dev/sda conv=fsync 2>/dev/null'
expect_match "Volumes" extra "$(property plug Volumes)"
expect_match "where it is" "extra .* $(claim_image extra)" "$(v describe vmi plug | grep '^ *extra ')"
expect_refused 'extra' vmictl -n "$ns" attach plug --disk extra --claim extra
expect_refused 'serial' vmictl -n "$ns" attach plug --disk other --claim extra --serial 'a b'
expect_refused 'nowhere' vmictl -n "$ns" attach plug --disk other --claim nowhere
claim more 8Mi
expect_refused 'disk "extra"' vmictl -n "$ns" attach plug --disk other --claim more --serial EXTRA-1
expect_refused 'at most 36' vmictl -n "$ns" attach plug --disk other --claim more --serial "$(printf '%037d' 0)"
expect_refused 'extra' vmictl -n "$ns" delete pvc extra

since=$(now)
v detach plug --disk extra
until_kernel_says "$since" 'Synchronizing SCSI cache'
expect_equal "detached" "$before" "$(guest_disk_sizes)"
expect_equal "what the guest wrote" was-here "$(head -c 8 "$(claim_image extra)")"
expect_refused 'extra' vmictl -n "$ns" detach plug --disk extra

note "a guest that lets go of a disk too late: the detach is done again"
v attach plug --disk extra --claim extra --bus virtio
expect_match "the disk's name is its serial number" '(^|[^a-z])extra([^a-z]|$)' "$(guest plug 'cat /sys/block/vd*/serial')"
v pause plug
expect_refused 'does not let go' vmictl -n "$ns" detach plug --disk extra
v unpause plug
let_go() {
    [[ $(guest plug 'ls /sys/block' | grep -c '^vd') == 2 ]]
}
for ((i = 0; i < 100; i++)); do
    ! let_go || break
done
v detach plug --disk extra
v attach plug --disk extra --claim extra
v detach plug --disk extra

note "--persist edits the definition"
v attach plug --disk extra --claim extra --persist
expect_match "the definition" 'extra' "$(v get vmi plug -o yaml)"
v detach plug --disk extra # until the next start, or until it comes back
v attach plug --disk extra --claim extra
v detach plug --disk extra --persist
[[ $(v get vmi plug -o json | jq -r '.spec.volumes[].name') != *extra* ]] || fail "still in the definition"

note "vmid was killed over a disk, for good, that QEMU had by then: it is in use, and the definition gets it"
v attach plug --disk extra --claim extra
systemctl stop vmid
python3 - "/run/vmi/guests/${ns}_plug/record.yaml" <<'PYTHON'
import sys, yaml
with open(sys.argv[1]) as file:
    record = yaml.safe_load(file)
plug, = [plug for plug in record["plugs"] if plug["name"] == "extra"]
plug["state"] = "Plugging"
wanted = {key: value for key, value in plug.items() if key in ("name", "uses", "bus", "serial")}
record.update(wants=[{"id": 1000, "wish": "Plug", "plugs": [wanted], "persist": True}], step="Plug", stepWant=1000)
with open(sys.argv[1], "w") as file:
    yaml.safe_dump(record, file)
PYTHON
systemctl start vmid
until_phase plug Running
expect_refused 'in use by' vmictl -n "$ns" delete pvc extra
is_defined() {
    [[ $(v get vmi plug -o json | jq -r '.spec.volumes[].name') == *extra* ]]
}
until_signal 300 is_defined || fail "the definition has not got it: $(vmictl jobs)"
v detach plug --disk extra --persist
v delete pvc extra

note "a disk on virtio takes a PCI slot: what to do when there is none"
refusal=
for ((i = 0; i < 40; i++)); do
    claim "slot-$i" 1Mi
    refusal=$(v attach plug --disk "slot-$i" --claim "slot-$i" --bus virtio 2>&1) || break
done
expect_match "without a free slot" 'no free PCI slot.*use bus scsi' "$refusal"
v attach plug --disk "slot-$i" --claim "slot-$i"
