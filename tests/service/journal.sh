#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: alone
# The log of a guest: what vmid wrote and nobody else, and all of it, whatever another guest prints.
. "$(dirname "$0")/lib.sh"

user=vmi-reader
limit=/run/systemd/journald.conf.d/10-vmi-test.conf
scenario_end() {
    userdel --remove --force "$user" 2>/dev/null
    rm -f "$limit"
    systemctl restart systemd-journald
}

note "others may write what they like: it is not shown"
forge() { # TEXT: what anybody can send to journald, with fields that only journald sets
    python3 - "$ns" "$1" <<'EOF'
import socket, sys
fields = [f"MESSAGE={sys.argv[2]}", "PRIORITY=6", "SYSLOG_IDENTIFIER=vmid", f"VMI_NAMESPACE={sys.argv[1]}", "VMI_NAME=calm",
          "_UID=0", "_SYSTEMD_UNIT=vmid.service", "_COMM=vmid"]
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.sendto("\n".join(fields).encode() + b"\n", "/run/systemd/journal/socket")
EOF
}
export -f forge
export ns
hello_claim
hello_vmi calm | apply
hello_vmi loud | apply
useradd --create-home --shell /bin/bash --groups systemd-journal "$user"
as_user() {
    setpriv --reuid "$user" --regid "$user" --init-groups "$@"
}
setpriv --reuid 65534 --regid 65534 --clear-groups bash -c 'forge "forged by nobody"'
as_user bash -c 'forge "forged by a person"'
forge "forged by root elsewhere"
journalctl --sync
[[ $(journalctl -o cat "VMI_NAMESPACE=$ns" | grep -c '^forged') -eq 3 ]] || fail "nothing was forged"
log=$(v logs calm)
expect_match "vmid's own" 'vmid: .*calm' "$log"
[[ $log != *forged* ]] || fail "a forged line is shown: $log"
[[ $(v --json logs calm) != *forged* ]] || fail "a forged line is shown as JSON"
log=$(as_user vmictl -n "$ns" logs calm)
[[ $log != *forged* ]] || fail "a forged line is shown to a person: $log"

note "the log of a user's own guest of that name is the user's"
log=$(as_user vmictl --user -n "$ns" logs calm)
expect_match "the user's" 'forged by a person$' "$log"
expect_equal "nothing else is there" 1 "$(wc -l <<<"$log")"

note "a guest that prints without end silences neither vmid nor another guest"
until_greets calm
until_greets loud
mkdir -p "${limit%/*}"
printf '[Journal]\nRateLimitIntervalSec=1h\nRateLimitBurst=50\n' >"$limit" # which journald multiplies by up to six
systemctl restart systemd-journald
since=$(now)
guest loud 'i=0; while [ $i -lt 1500 ]; do echo flood; i=$((i+1)); done' >/dev/null
guest calm 'echo said in a low voice' >/dev/null
v pause calm
v unpause calm
journalctl --sync
log=$(v logs --since "@$since" calm)
expect_match "the other guest" 'said in a low voice' "$log"
expect_match "vmid" 'vmid: .*paused' "$log"
[[ $(v logs --since "@$since" loud | grep -c ': flood') -ge 1500 ]] || fail "the flood is not there"

note "but not without a bound"
since=$(now)
guest loud 'i=0; while [ $i -lt 6000 ]; do echo flood; i=$((i+1)); done' >/dev/null
v stop --force loud
journalctl --sync
log=$(v logs --since "@$since" loud)
lines=$(grep -c ': flood' <<<"$log" || true)
echo "# $lines of 6000 lines"
if [[ $lines -lt 6000 ]]; then
    expect_match "what is missing is said" '[0-9]+ lines left out' "$log"
fi
