#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# Debian: one
# Manifests that the administrator puts into /etc/vmi/manifests.d are applied when vmid starts; a bad one is reported and hurts no other.
. "$(dirname "$0")/lib.sh"

scenario_end() {
    rm -f /etc/vmi/manifests.d/90-*.yaml /etc/vmi/vmid.conf.d/90-replace.conf
}
# As it comes from a cluster: of another distribution, and with what means nothing here.
mkdir -p /etc/vmi/vmid.conf.d
printf '[Manager]\nReplaceMachineType=yes\n' >/etc/vmi/vmid.conf.d/90-replace.conf
domain=$'machine:\n  type: pc-q35-rhel9.2.0' blank_vmi from-file | sed "s/^  name: from-file$/&\n  namespace: $ns/" >/etc/vmi/manifests.d/90-good.yaml
printf -- '---\n{apiVersion: v1, kind: Service, metadata: {name: beside}}\n' >>/etc/vmi/manifests.d/90-good.yaml
echo 'kind: [' >/etc/vmi/manifests.d/90-bad.yaml
# systemd aborts a service that says this.
echo 'kind: [' >$'/etc/vmi/manifests.d/90-a\nWATCHDOG=trigger\n.yaml'
mkfifo /etc/vmi/manifests.d/90-fifo.yaml
since=$(now)
systemctl restart vmid
until_phase from-file Running
expect_match "the bad one, by name and place" '/etc/vmi/manifests.d/90-bad\.yaml:[0-9]+:[0-9]+:' "$(journalctl --no-pager -o cat -u vmid --since "@$since")"
expect_equal "the status is the first line of the first problem" 'degraded: the manifest "/etc/vmi/manifests.d/90-a' \
    "$(systemctl show -P StatusText vmid)"
expect_equal "vmid goes on" 0 "$(systemctl show -P NRestarts vmid)"
pid=$(leader from-file)
expect_match "what is skipped" 'Service "beside" of "/etc/vmi/manifests.d/90-good.yaml" is skipped' "$(journalctl --no-pager -o cat -u vmid --since "@$since")"
expect_match "what it runs as instead" 'the guest has q35 instead' "$(property from-file Warnings)"

note "again: unchanged"
systemctl restart vmid
until_phase from-file Running
expect_equal "the same QEMU" "$pid" "$(leader from-file)"
rm /etc/vmi/manifests.d/90-*.yaml
