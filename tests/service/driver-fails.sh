#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# libvirt's driver does not open, and cannot be opened again by the same process: vmid says so and ends, systemd starts it again, and it
# works once the reason is gone. The guests live on.
. "$(dirname "$0")/lib.sh"

cache=$state/libvirt/cache
drop_in=/run/systemd/system/vmid.service.d/90-driver-fails.conf
scenario_end() {
    rm -f "$drop_in"
    systemctl daemon-reload
    if [[ -e $cache.away ]]; then
        rm -f "$cache"
        mv "$cache.away" "$cache"
    fi
    systemctl reset-failed vmid
    systemctl restart vmid
}
restarts() {
    systemctl show -P NRestarts vmid
}

blank_vmi survivor | apply >/dev/null
qemu=$(leader survivor)
systemctl stop vmid
# A driver that fails half-way leaves some of its memory behind, which is libvirt's.
mkdir -p "$(dirname "$drop_in")"
printf '[Service]\nEnvironment=ASAN_OPTIONS=detect_leaks=0\n' >"$drop_in"
systemctl daemon-reload
mv "$cache" "$cache.away"
: >"$cache"
since=$(now)
systemctl start vmid
state_is() { # STATE
    [[ $(busctl get-property org.example.Vmi1 /org/example/Vmi1 org.example.Vmi1.Manager State) == "s \"$1\"" ]]
}
until_signal 300 state_is degraded
expect_match "what it says" "degraded: cannot open libvirt's driver .*tries again by restarting itself" "$(systemctl show -P StatusText vmid)"
before=$(restarts)

note "it ends with a failure, and is started again"
until_line 300 'vmid.service: Main process exited, code=exited, status=75/TEMPFAIL' \
    journalctl --follow --no-pager -o cat -u vmid --since "@$since" >/dev/null
restarted() {
    [[ $(restarts) -gt $before ]]
}
until_signal 300 restarted
until_signal 300 state_is degraded
kill -0 "$qemu"

note "once the driver opens, it has its guest again"
rm "$cache"
mv "$cache.away" "$cache"
until_signal 300 state_is running
until_phase survivor Running
expect_equal "the same guest" "$qemu" "$(leader survivor)"
