#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs scenarios inside a host that tests/harness/host.sh booted, with vmi installed in it. Usage: run.sh PREFIX SCENARIO…
# PREFIX is for the names in the report ("service/trixie").
#
# First those tagged "# Runs: beside others" (they leave vmid as it is), some at a time; then, one after the other, the rest.
set -euo pipefail

here=$(dirname "$(realpath "$0")")
# shellcheck source=tests/harness/tap.sh
. "$here/../harness/tap.sh"

prefix=$1
shift
scenarios=("$@")
is_sanitized() {
    grep -q AddressSanitizer /usr/libexec/vmid
}

# What a person without a working /dev/kvm sets, and one directory for the hostDisk scenario.
configure() {
    mkdir -p /etc/vmi/vmid.conf.d /etc/vmi/manifests.d /etc/systemd/system/vmid.service.d /srv/vmi-tests
    printf '[Manager]\nUseEmulation=yes\nFeatureGates=HostDisk\nHostDiskPaths=/srv/vmi-tests\n' \
        >/etc/vmi/vmid.conf.d/50-tests.conf
    # Where vmid sees it, wherever this checkout is: its unit hides /home, /root and /tmp.
    install -m 0644 "$here/../harness/lsan.supp" /etc/vmi/lsan.supp
    # What sanitizers find is in the journal, where this script looks for it after each scenario. Scenarios kill vmid more often than systemd
    # thinks healthy. intercept_tls_get_addr=0: LeakSanitizer takes what lies before a thread's variables of a loaded library, when that
    # is at the beginning of a page, for a header of the C library with the address of more to scan, and dies of reading there
    # ("Tracer caught signal 11"); it reaches these variables without that guess.
    cat >/etc/systemd/system/vmid.service.d/50-tests.conf <<EOF
[Unit]
StartLimitIntervalSec=0
[Service]
Environment=ASAN_OPTIONS=halt_on_error=1:abort_on_error=1:detect_leaks=${VMI_TEST_LEAKS:-1}:disable_coredump=1:intercept_tls_get_addr=0:fast_unwind_on_malloc=${VMI_TEST_FAST_UNWIND:-1}
Environment=UBSAN_OPTIONS=print_stacktrace=1
Environment=LSAN_OPTIONS=suppressions=/etc/vmi/lsan.supp:print_suppressions=0
Environment=G_DEBUG=fatal-criticals MALLOC_PERTURB_=$((RANDOM % 255 + 1))
EOF
    # LeakSanitizer looks at vmid's threads at its end the way a debugger does: it stops each by a signal, and waits for that. The
    # SIGCONT that systemd sends after its SIGTERM cancels such a signal, and LeakSanitizer then waits for ever. ExecStop= sends the one
    # without the other.
    if is_sanitized; then
        cat >>/etc/systemd/system/vmid.service.d/50-tests.conf <<'EOF'
SystemCallFilter=ptrace
ExecStop=/bin/sh -c 'kill -TERM $MAINPID && exec tail -f --pid=$MAINPID /dev/null'
EOF
    fi
    systemctl daemon-reload
    # What systemd has to say of vmid: the throwaway host shows it on its console until somebody wants it elsewhere.
    systemctl log-target journal
}

# What nobody means to happen to vmid: a sanitizer found something, it died of anything but a scenario's kill -9, fell silent, or did not
# end when told to.
wrong='AddressSanitizer|LeakSanitizer|runtime error:|CRITICAL \*\*|Main process exited|oom-kill|Watchdog timeout'
wrong+='|timed out\. (Killing|Terminating|Aborting)'

# Fails when vmid's journal tells of something wrong since the last call of this.
nothing_wrong() {
    journalctl --sync
    journalctl --no-pager -o short-precise -u vmid.service --cursor-file="$scratch/cursor" >"$scratch/journal"
    ! grep -v 'code=killed, status=9/KILL' "$scratch/journal" | grep -E "$wrong"
}

# Runs COMMAND; fails also when something was wrong with vmid meanwhile.
watched() { # COMMAND…
    local status=0
    "$@" || status=$?
    nothing_wrong || status=1
    if [[ $status -ne 0 && $status -ne 77 ]]; then
        echo "--- vmid's journal meanwhile"
        tail -n 100 "$scratch/journal"
    fi
    return "$status"
}

# vmictl, which is started by the hundred, has sanitizers only where the scenario says so; it is searched for leaks by the tests of cli/.
run_scenario() { # SCENARIO
    local path=$PATH
    ! grep -qx '# Vmictl: sanitized' "$here/$1" || path=/usr/libexec/vmi-tests:$path
    PATH=$path ASAN_OPTIONS=detect_leaks=0 timeout -k 20 "${VMI_TEST_SCENARIO_SECONDS:-1500}" "$here/$1"
}

# The daemon ends in order, and frees everything.
stop_vmid() {
    systemctl stop vmid.service
    [[ $(systemctl show -P Result vmid.service) == success ]]
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
configure
tap_run "$prefix/vmid-starts" watched systemctl start vmid.service
[[ $tap_failed -eq 0 ]] || { echo "Bail out! vmid does not start" && exit 1; }
beside='' alone=''
for name in "${scenarios[@]}"; do
    if grep -qx '# Runs: beside others' "$here/$name"; then
        beside+=" $name"
    else
        alone+=" $name"
    fi
done
if [[ $beside ]]; then
    tap_run_side_by_side "${VMI_TEST_JOBS:-3}" "$prefix" "$beside" run_scenario
    # Whose doing it was, the journal's own times tell.
    tap_run "$prefix/vmid-beside-others" watched true
fi
for name in $alone; do
    tap_run "$prefix/${name%.*}" watched run_scenario "$name"
done
tap_run "$prefix/vmid-ends-clean" watched stop_vmid
tap_end
