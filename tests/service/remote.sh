#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs: beside others
# Debian: one
# vmictl --host: the same verbs through ssh, with the rights of whoever logs in over there; what cannot travel says so.
. "$(dirname "$0")/lib.sh"

requires sshd ssh ssh-keygen systemd-stdio-bridge
keys=$(mktemp -d)
user=vmi-remote
useradd --create-home --shell /bin/bash "$user"
home=$(eval echo "~$user")
scenario_end() {
    systemctl stop ssh.service
    userdel --remove --force "$user" 2>/dev/null
    rm -rf "$keys" /etc/ssh/ssh_config.d/vmi-test.conf /root/.ssh/authorized_keys
}

ssh-keygen -q -t ed25519 -N '' -f "$keys/key"
ssh-keygen -A >/dev/null
install -d -m 0700 /root/.ssh
install -m 0600 "$keys/key.pub" /root/.ssh/authorized_keys
install -d -m 0700 -o "$user" -g "$user" "$home/.ssh"
install -m 0600 -o "$user" -g "$user" "$keys/key.pub" "$home/.ssh/authorized_keys"
mkdir -p /etc/ssh/ssh_config.d
cat >/etc/ssh/ssh_config.d/vmi-test.conf <<EOF
Host there
    HostName localhost
    IdentityFile $keys/key
    StrictHostKeyChecking no
    UserKnownHostsFile $keys/known
    LogLevel ERROR
EOF
# Until the system says that it is up, only root may log in.
systemctl start systemd-user-sessions.service ssh.service

r() { # vmictl as root of over there
    vmictl --host root@there -n "$ns" "$@"
}

note "as root"
blank_vmi far | r apply -f -
expect_equal "seen from here" Running "$(phase far)"
expect_match "get" 'far +Running' "$(r get vmi)"
expect_match "describe" 'Phase: Running' "$(r describe vmi far)"
r pause far
until_line 300 'far +Running' vmictl --host root@there -n "$ns" get vmi --watch >/dev/null

note "neither descriptors nor the journal travel"
# One sentence that says what to do instead, at once and not after a broken connection.
expect_equal "console" "vmictl: file descriptors cannot travel over ssh; run \`ssh -t root@there vmictl -n $ns console far\`" \
    "$(r console far 2>&1 </dev/null)"
expect_equal "logs" "vmictl: the journal of another host cannot be read from here; run \`ssh root@there vmictl -n $ns logs far\`" \
    "$(r logs far 2>&1)"
expect_match "what it says to do" 'Created' "$(ssh root@there vmictl -n "$ns" describe vmi far)"

note "somebody else over there has no more rights than over there"
expect_match "reading" 'far' "$(vmictl --host "$user@there" -n "$ns" get vmi)"
expect_refused 'denied|not authorized|permission|authentication' vmictl --host "$user@there" -n "$ns" stop --force far
expect_equal "phase" Running "$(phase far)"

note "as root again"
r stop --force far
r delete vmi far
expect_equal "nothing there" "" "$(v get vmi --no-legend 2>/dev/null)"

note "who cannot be reached"
systemctl stop ssh.service
expect_refused 'could not reach the bus of .*root@there.*ssh root@there' r get vmi
