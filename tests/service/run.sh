#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs scenarios inside a host that tests/harness/host.sh booted, with vmi installed in it. Usage: run.sh PREFIX [SCENARIO…]
# PREFIX is for the names in the report ("service/trixie"). Without SCENARIO: every *.sh and doc-examples.py beside this file.
set -euo pipefail

here=$(dirname "$(realpath "$0")")
# shellcheck source=tests/harness/tap.sh
. "$here/../harness/tap.sh"

prefix=$1
shift
scenarios=("$@")
if [[ $# -eq 0 ]]; then
    for file in "$here"/*.sh "$here/doc-examples.py"; do
        case ${file##*/} in
        run.sh | lib.sh) ;;
        *) [[ ! -x $file ]] || scenarios+=("${file##*/}") ;;
        esac
    done
fi

# What a person without a working /dev/kvm sets, and one directory for the hostDisk scenario.
configure() {
    mkdir -p /etc/vmi/vmid.conf.d /etc/vmi/manifests.d /etc/systemd/system/vmid.service.d /srv/vmi-tests
    printf '[Manager]\nUseEmulation=yes\nFeatureGates=HostDisk\nHostDiskPaths=/srv/vmi-tests\n' \
        >/etc/vmi/vmid.conf.d/50-tests.conf
    # Where vmid sees it, wherever this checkout is: its unit hides /home, /root and /tmp.
    install -m 0644 "$here/../harness/lsan.supp" /etc/vmi/lsan.supp
    # What sanitizers find is in the journal, where the end of this script looks for it. Scenarios kill vmid more often than systemd
    # thinks healthy.
    cat >/etc/systemd/system/vmid.service.d/50-tests.conf <<EOF
[Unit]
StartLimitIntervalSec=0
[Service]
Environment=ASAN_OPTIONS=halt_on_error=1:abort_on_error=1:detect_leaks=${VMI_TEST_LEAKS:-1}:disable_coredump=1:fast_unwind_on_malloc=${VMI_TEST_FAST_UNWIND:-1}
Environment=UBSAN_OPTIONS=print_stacktrace=1
Environment=LSAN_OPTIONS=suppressions=/etc/vmi/lsan.supp:print_suppressions=0
Environment=G_DEBUG=fatal-criticals MALLOC_PERTURB_=$((RANDOM % 255 + 1))
EOF
    # LeakSanitizer looks at vmid's threads at its end the way a debugger does: it stops each by a signal, and waits for that. The
    # SIGCONT that systemd sends after its SIGTERM cancels such a signal, and LeakSanitizer then waits for ever. ExecStop= sends the one
    # without the other.
    if ldd /usr/libexec/vmid | grep libasan >/dev/null; then
        cat >>/etc/systemd/system/vmid.service.d/50-tests.conf <<'EOF'
SystemCallFilter=ptrace
ExecStop=/bin/sh -c 'kill -TERM $MAINPID && exec tail -f --pid=$MAINPID /dev/null'
EOF
    fi
    systemctl daemon-reload
}

start_vmid() {
    systemctl start vmid.service || {
        systemctl status --no-pager --full vmid.service
        journalctl --no-pager -u vmid.service
        return 1
    }
}

scenario() { # FILE
    local since status=0
    since=$(date '+%F %T')
    timeout -k 20 "${VMI_TEST_SCENARIO_SECONDS:-300}" "$here/$1" || status=$?
    if [[ $status -ne 0 && $status -ne 77 ]]; then
        echo "--- vmid's journal since $since"
        journalctl --no-pager -o short-precise -u vmid.service --since "$since" | tail -n 60
    fi
    return "$status"
}

# The leak checker itself now and then cannot stop vmid's threads to look at them. That says nothing of vmid, in either direction.
checker_failed='LeakSanitizer has encountered a fatal error|LeakSanitizer does not work under ptrace'

stop_vmid() {
    systemctl stop vmid.service
    [[ $(systemctl show -P Result vmid.service) == success ]]
}

# What systemd says of a daemon that fell silent, or did not end when told to. No scenario means to have that.
stuck='Watchdog timeout|timed out\. (Killing|Terminating|Aborting)'

# The daemon ends in order, frees everything, and no sanitizer said anything in all its lives.
clean_end() {
    local attempt
    for attempt in 1 2 3; do
        stop_vmid && break
        if [[ $attempt == 3 ]] || ! journalctl --no-pager -u vmid.service -n 10 | grep -qE "$checker_failed"; then
            echo "vmid ended with: $(systemctl show -P Result vmid.service)"
            journalctl --no-pager -u vmid.service | tail -n 60
            return 1
        fi
        systemctl reset-failed vmid.service
        systemctl start vmid.service
    done
    if journalctl --no-pager -u vmid.service | grep -vE "$checker_failed" |
        grep -E "AddressSanitizer|LeakSanitizer|runtime error:|CRITICAL \*\*|$stuck" -A 30; then
        return 1
    fi
}

configure
tap_run "$prefix/vmid-starts" start_vmid
[[ $tap_failed -eq 0 ]] || { echo "Bail out! vmid does not start" && exit 1; }
for name in "${scenarios[@]}"; do
    tap_run "$prefix/${name%.*}" scenario "$name"
done
tap_run "$prefix/vmid-ends-clean" clean_end
tap_end
