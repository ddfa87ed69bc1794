#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Second half: the same disk, a new boot. Usage: power-cut-after.sh LAST CHANGING TOGETHER, the numbers of the last
# new object and of the last contents of the changing one, and of the three that change together, that were reported as applied.
set -euo pipefail

fail() {
    echo "FAIL: $*"
    find /var/lib/vmi | head -n 50
    journalctl --no-pager -u vmid | tail -n 40
    exit 1
}

last=$1 changing=$2 together=$3
echo "# scratch before vmid starts: $(find /var/lib/vmi/scratch -type f | wc -l) file(s)"
[[ -n $(find /var/lib/vmi/scratch -type f) ]] || fail "the cut left no orphan: nothing to sweep"
[[ -n $(find /var/lib/vmi/libvirt -path '*/domain-*') ]] || fail "the cut left nothing of libvirt's: nothing to forget"
# And one of a VMI that nobody defines any more.
cp -a /var/lib/vmi/scratch/default/running /var/lib/vmi/scratch/default/undefined
mkdir -p /etc/vmi/vmid.conf.d
printf '[Manager]\nUseEmulation=yes\n' >/etc/vmi/vmid.conf.d/50-tests.conf
systemctl start vmid || fail "vmid does not start"

broken=$(find /var/lib/vmi/objects -name '*.broken*' -o -name '*.tmp*' -o -name '.*' -type f)
[[ -z $broken ]] || fail "not whole, or left over: $broken"
for ((i = 1; i <= last; i++)); do
    number=$(vmictl get secret "new-$i" -o json | jq -r '(.stringData.number // (.data.number | @base64d))') || fail "new-$i is lost"
    [[ $number == "$i" ]] || fail "new-$i says $number"
done
number=$(vmictl get secret changing -o json | jq -r '(.stringData.number // (.data.number | @base64d))')
# The apply that power cut off may have come through or not; never an older one.
[[ $number == "$changing" || $number == $((changing + 1)) ]] || fail "changing is at $number, the last reported was $changing"

numbers=$(vmictl get cm -o json | jq -r '[.items[] | select(.metadata.name | startswith("together-")) | .data.number] | unique | join(" ")')
[[ $numbers == "$together" || $numbers == $((together + 1)) ]] || fail "those that change together are at $numbers, the last reported was $together"

left=$(find /var/lib/vmi/libvirt -path '*/domain-*')
[[ -z $left ]] || fail "left of the domain that ran when the power went: $left"

phase=$(vmictl get vmi running -o json | jq -r .status.phase)
[[ $phase == Failed || $phase == Running ]] || fail "the VMI that ran is $phase"
vmictl describe vmi running | grep -q 'Started.*the guest runs' || fail "nobody tells what happened before: $(vmictl describe vmi running)"
echo "# the VMI that ran when the power went is $phase: $(vmictl get vmi running -o json | jq -r .status.reason)"
if [[ $phase == Failed ]]; then
    [[ -z $(find /var/lib/vmi/scratch -type f) ]] || fail "orphans: $(find /var/lib/vmi/scratch -type f)"
fi
vmictl start running 2>/dev/null || vmictl restart --force running
vmictl delete --force vmi running
[[ -z $(find /var/lib/vmi/scratch -type f) ]] || fail "orphans after delete"
