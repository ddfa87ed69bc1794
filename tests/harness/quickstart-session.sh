#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The part of ./quickstart that runs inside the throwaway host. The source is at /usr/src/vmi.
set -euo pipefail

examples=/usr/src/vmi/docs/examples
export TERM=${TERM:-dumb}

do_and_say() {
    printf '\n# %s\n' "$*"
    "$@"
}

use_emulation() {
    mkdir -p /etc/vmi/vmid.conf.d
    printf '[Manager]\nUseEmulation=yes\n' >/etc/vmi/vmid.conf.d/quickstart.conf
}

# The guest's console, live, until it greets.
show_console() { # SECONDS
    local line feed process status=1
    exec {feed}< <(exec timeout "$1" vmictl logs --follow hello 2>&1)
    process=$!
    while IFS= read -r -u "$feed" line; do
        printf '    %s\n' "$line"
        if [[ $line == *"hello: ready"* ]]; then
            status=0
            break
        fi
    done
    kill "$process" 2>/dev/null || true
    exec {feed}<&-
    return "$status"
}

fill_claim() {
    do_and_say vmictl apply -f "$examples/hello-claim.yaml"
    # vmid binds the claim a moment after it has answered.
    timeout 10 vmictl get pvc hello-disk --watch | grep -qm1 Bound || true
    do_and_say cp --sparse=always /usr/src/vmi/build/hello.img /var/lib/vmi/pools/default/default/hello-disk/disk.img
}

run_hello() { # SECONDS
    # A QEMU that hangs in the kernel's virtualization keeps the start from ending for a minute.
    do_and_say timeout "$1" vmictl apply -f "$examples/hello.yaml" || return 1
    printf '\nIts serial console:\n'
    show_console "$1"
}

if [[ ! -e /dev/kvm ]]; then
    echo "No /dev/kvm: software emulation it is (UseEmulation=yes in vmid.conf)."
    use_emulation
fi
do_and_say systemctl start vmid
fill_claim
if [[ -e /dev/kvm ]]; then
    # With hardware virtualization the guest greets in about a second.
    if ! run_hello 15; then
        printf '\n/dev/kvm is there, but the guest did not get through its first seconds with it. Continuing with software emulation\n'
        printf '(UseEmulation=yes in vmid.conf): slower, otherwise the same.\n'
        do_and_say vmictl delete --force vmi hello
        use_emulation
        do_and_say systemctl restart vmid
        run_hello 120
    fi
else
    run_hello 120
fi
do_and_say vmictl get vmi -o wide
cat <<'END'

It runs. What to try next (./quickstart --shell gives you a shell in there):

    vmictl describe vmi hello               everything about it
    vmictl console hello                    talk to it; ^] leaves
    vmictl logs hello                       what it printed and what vmid did with it
    systemctl status vmi-default-hello.scope
    vmictl stop hello; vmictl start hello   a graceful shutdown, a fresh run
    vmictl explain vmi.spec.domain.devices.disks.cache
    vmictl delete vmi hello

To install vmi on this machine for real:

    meson setup build/release --buildtype=release
    meson install -C build/release
    systemd-sysusers && systemd-tmpfiles --create
    systemctl daemon-reload && systemctl reload dbus
    systemctl enable --now vmid
END
