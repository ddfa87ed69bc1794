#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# A QEMU that never says a word, as one does that hangs in a bad /dev/kvm: its start can be given up at once in every way, and ends by
# itself. Nothing is left of it.
. "$(dirname "$0")/lib.sh"

settings=/etc/vmi/vmid.conf.d/90-silent.conf
scenario_end() {
    rm -f "$settings"
    systemctl restart vmid
}
printf '#!/bin/sh\ncase "$*" in *guest=*) exec sleep 1000 ;; esac\nexec /usr/bin/qemu-system-x86_64 "$@"\n' >/run/qemu-that-is-silent
chmod +x /run/qemu-that-is-silent
printf '[Manager]\nEmulator=/run/qemu-that-is-silent\n' >"$settings"
systemctl restart vmid

silent() { # NAME: its start hangs; prints QEMU's process ID
    local pid_file=$state/libvirt/run/qemu/${ns}_$1.pid
    blank_vmi "$1" | v apply --no-block -f - >/dev/null
    # No signal tells of it.
    timeout 300 sh -c 'until test -s "$0"; do inotifywait -qq -t 1 -e close_write "${0%/*}"; done' "$pid_file" ||
        fail "there is no QEMU for $1"
    cat "$pid_file"
}

note "stopped"
pid=$(silent stopped)
v stop --force stopped
until_gone "$pid"
expect_equal "phase" Failed "$(phase stopped)"
expect_equal "reason" '"StartCancelled"' "$(property stopped Reason)"

note "deleted"
pid=$(silent deleted)
v delete --force vmi deleted
until_gone "$pid"

note "cancelled"
pid=$(silent cancelled)
v cancel "$(v jobs | awk 'NR == 2 { print $1 }')"
until_phase cancelled Failed
until_gone "$pid"

note "left alone, it fails and says why; and so does one that is silent when libvirt only asks what it can do"
pid=$(silent patient)
# Changed since libvirt asked it, it is asked again.
printf '#!/bin/sh\nexec sleep 1000\n' >/run/qemu-that-is-silent
blank_vmi asked | v apply --no-block -f - >/dev/null
until_phase patient Failed
until_gone "$pid"
expect_match "why" 'QEMU did not answer within' "$(property patient Message)"
until_phase asked Failed
expect_match "why" 'QEMU did not answer within' "$(property asked Message)"
expect_equal "left of what libvirt asked" "" "$(pgrep -u libvirt-qemu)"
expect_nothing_left
