#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Second half: the same disk, a new boot.
set -euo pipefail

said() { # of the boot before
    journalctl --no-pager --directory=/var/lib/vmi/journal -o cat -u vmid
}

fail() {
    echo "FAIL: $*"
    said | tail -n 60
    exit 1
}

mkdir -p /etc/vmi/vmid.conf.d
printf '[Manager]\nUseEmulation=yes\n' >/etc/vmi/vmid.conf.d/50-tests.conf
systemctl start vmid || fail "vmid does not start"
for name in first second; do
    state=$(vmictl get vmi "$name" -o json | jq -r '.status.phase + "/" + .status.reason')
    [[ $state == Succeeded/HostShutdown ]] || fail "$name is $state"
    echo "# $name: $state"
    ports=$(vmictl get vmi "$name" -o json | jq -r '.metadata.annotations["vmi.example.org/host-ports"]')
    [[ $ports == *'"port"'* && $ports == "$(cat "/var/lib/vmi/journal/ports-$name")" ]] || fail "$name has other ports than before: $ports"
done
order=$(said | grep -oE 'was asked to shut down|was shut down together' | cut -d ' ' -f 2 | tr '\n' ' ')
[[ $order == "asked asked shut shut " ]] || fail "one was asked after the other was gone: $order"
echo "# both were asked before either was gone"
[[ -z $(find /var/lib/vmi/scratch /var/lib/vmi/libvirt -path '*/domain-*' -o -type f -path '*/scratch/*') ]] || fail "something of the runs is left"
if said | grep -E 'lost the connection|does not answer|timed out'; then
    fail "vmid did not end in order"
fi
