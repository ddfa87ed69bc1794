#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Debian: one
# What a disk's image is before its first guest: looked at once, of any size, one guest's at a time, and not made again when it is gone.
. "$(dirname "$0")/lib.sh"

dir=/srv/vmi-tests
mkdir -p "$dir"
rm -f "$dir"/images-*

with_claim() { # NAME CLAIM [ephemeral]
    local source="persistentVolumeClaim:
      claimName: $2"
    [[ ${3-} != ephemeral ]] || source="ephemeral:
      persistentVolumeClaim:
        claimName: $2"
    volumes="- name: data
  ${source//$'\n'/$'\n'  }" disks='- name: data
  disk:
    bus: virtio' blank_vmi "$1"
}

with_file() { # NAME PATH [FURTHER-LINES-OF-THE-DISK]
    volumes="- name: data
  hostDisk:
    path: $2
    type: Disk" disks="- name: data
  disk:
    bus: virtio${3-}" blank_vmi "$1"
}

annotated() { # the manifest on standard input
    sed '0,/^  name: /s//  annotations: {vmi.example.org\/raw-image: "other, data"}\n  name: /'
}

# apply waits for the start, and fails with what the guest's message says.
refused() { # REGEX REASON NAME, the manifest on standard input
    cat >"/tmp/$3.yaml"
    expect_refused "$1" vmictl -n "$ns" apply -f "/tmp/$3.yaml"
    expect_equal "phase of $3" Failed "$(phase "$3")"
    expect_match "message of $3" "$1" "$(property "$3" Message | jq -r .)"
    expect_equal "reason of $3" "$2" "$(property "$3" Reason | tr -d '"')"
}

new_claim() { # NAME [SIZE]
    claim "$@"
    until_signal 300 claim_bound "$1"
}

claim_record() { # NAME: on disk
    grep -A4 'type: RawImage' "$state/objects/persistentvolumeclaims/$ns/$1.yaml" || true
}

note "a qcow2 image where a raw one is meant, in a claim"
new_claim foreign 4Mi
qemu-img create -q -f qcow2 "$(claim_image foreign)" 4M
before=$(sha256sum <"$(claim_image foreign)")
with_claim one foreign | refused 'qcow2 image.*qemu-img convert -f qcow2 -O raw .*raw-image: data' ImageNotRaw one
with_claim over foreign ephemeral | refused 'qcow2 image' ImageNotRaw over
expect_equal "untouched" "$before" "$(sha256sum <"$(claim_image foreign)")"
expect_equal "nothing is remembered of a refusal" '' "$(claim_record foreign)"
eval "$(property one Message | jq -r . | grep -o 'qemu-img convert[^;]*')"
v start one
expect_equal "converted as the message says" Running "$(phase one)"
expect_match "remembered" 'LookedAt' "$(claim_record foreign)"
v stop --force one

note "what a guest wrote is not looked at; another file in its place is"
printf 'QFI\xfb\0\0\0\3' | dd of="$(claim_image foreign)" conv=notrunc status=none
v start one
v stop --force one
cp "$(claim_image foreign)" "$(claim_image foreign).new"
mv "$(claim_image foreign).new" "$(claim_image foreign)"
expect_refused 'qcow2 image' vmictl -n "$ns" start one
v delete vmi one over
v delete pvc foreign
new_claim foreign 4Mi
printf 'QFI\xfb\0\0\0\3' | dd of="$(claim_image foreign)" status=none
with_claim again foreign | refused 'qcow2 image' ImageNotRaw again

note "the annotation says that it is meant so"
with_claim again foreign | annotated | apply
v start again
expect_equal "phase" Running "$(phase again)"
expect_match "remembered" 'Annotated' "$(claim_record foreign)"

note "the same for a claim that is attached"
new_claim zipped 4Mi
echo x | gzip >"$(claim_image zipped)"
expect_refused 'compressed by gzip' vmictl -n "$ns" attach again --disk more --claim zipped
expect_equal "nothing is remembered" '' "$(claim_record zipped)"
expect_match "it is to be read on the guest" 'AttachFailed.*"more" was not added.*gzip' "$(v describe vmi again)"
v stop --force again

note "the same for a hostDisk"
qemu-img create -q -f vmdk "$dir/images-a.vmdk" 4M
with_file file "$dir/images-a.vmdk" | refused 'VMDK image.*qemu-img convert -f vmdk' ImageNotRaw file
eval "$(property file Message | jq -r . | grep -o 'qemu-img convert[^;]*')"
v start file
expect_match "remembered" 'RawImage/data' "$(cat "$state/objects/virtualmachineinstances/$ns/file.yaml")"
v stop --force file
printf 'QFI\xfb\0\0\0\3' | dd of="$dir/images-a.vmdk" conv=notrunc status=none
v start file
expect_equal "not looked at again" Running "$(phase file)"
dd if=/dev/zero of="$dir/images-a.vmdk" bs=8 count=1 conv=notrunc status=none # by other guests it is

note "one guest has a file at a time, whatever its name, also after a restart of vmid"
ln "$dir/images-a.vmdk" "$dir/images-b"
with_file other "$dir/images-b" | refused "in use by \"$ns/file\", which writes to it.*vmictl stop -n $ns file" HostDiskInUse other
systemctl restart vmid
until_phase file Running
expect_refused "in use by \"$ns/file\"" vmictl -n "$ns" start other
with_file reader "$dir/images-b" $'\n    readonly: true' | refused "in use by \"$ns/file\"" HostDiskInUse reader
v stop --force file
v start reader
with_file reader2 "$dir/images-a.vmdk" $'\n    readonly: true' | apply
expect_refused "in use by" vmictl -n "$ns" start other
v stop --force reader reader2

note "images of odd sizes start, whole"
truncate -s 7000000000 "$dir/images-c"
truncate -s 5000001 "$dir/images-d"
with_file odd "$dir/images-c" | apply
expect_equal "sectors that the guest has" 7000002560 "$(stat -c %s "$dir/images-c")"
v stop --force odd
with_file odder "$dir/images-d" $'\n  cache: none' | apply
new_claim odd 7G
truncate -s 7000000000 "$(claim_image odd)"
with_claim odd-claim odd | apply
v stop --force odd-claim odder
[[ $(v get vmi odd-claim -o yaml) != *"its image has"* ]] || fail "warned of a claim of whole MiB"

note "an image that is smaller than its claim"
new_claim small 8Mi
truncate -s 4M "$(claim_image small)"
with_claim small small | apply
expect_match "both sizes" 'asks for 8Mi and its image has 4Mi' "$(v get vmi small -o yaml)"
v stop --force small

note "a claim whose directory is gone is Lost, and is not made again"
claim_is() { # NAME PHASE
    [[ $(v get pvc "$1" -o json | jq -r .status.phase) == "$2" ]]
}
mv "$(dirname "$(claim_image small)")" "$dir/images-gone"
until_signal 300 claim_is small Lost
expect_match "why" 'directory of the claim' "$(v get pvc small -o yaml)"
v start small || true
expect_equal "phase" Pending "$(phase small)"
expect_match "why" 'directory of the claim "small" is gone' "$(property small Message | jq -r .)"
expect_refused 'cannot be changed' claim small 16Mi
[[ ! -e $(claim_image small) ]] || fail "it was made again"
mv "$dir/images-gone" "$(dirname "$(claim_image small)")"
v start small
expect_equal "back again" Running "$(phase small)"
claim_is small Bound || fail "not Bound again"
v stop --force small
rm "$(claim_image small)"
v start small || true
expect_match "an image that is gone" 'image of the claim' "$(property small Message)"
until_signal 300 claim_is small Lost
rm -f "$dir"/images-*
