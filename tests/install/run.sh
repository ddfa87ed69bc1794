#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Does what README.md says, word for word, on a throwaway host with nothing of vmi on it: its installation, and then the commands it
# shows for trying things. Runs inside tests/harness/host.sh, with the greeting guest's image at $VMI_TEST_HELLO_IMAGE. Leaves what it built in
# the directory /run/vmi-tests/installed, for the tiers that want vmi as released.
set -euo pipefail

source=$(realpath "$(dirname "$0")/../..")
readme=$source/README.md
work=/root/vmi
image=${VMI_TEST_HELLO_IMAGE:-/run/vmi-tests/hello.img}

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# The indented lines of one section.
commands_of() { # HEADING
    awk -v heading="## $1" '/^## / { inside = $0 == heading } inside && /^    / { print substr($0, 5) }' "$readme"
}

! command -v vmictl >/dev/null || fail "vmi is installed here already"

# A clone: what this checkout has built is not part of it.
mkdir -p "$work"
tar -C "$source" --exclude=./build --exclude=./.git -cf - . | tar -C "$work" -xf -
cd "$work"

# Headers that only the tests need are not on the list of a person who installs.
# shellcheck source=tests/harness/packages.sh
. tests/harness/packages.sh
read -rd '' -a needed <<<"$packages_build" || true
for package in $packages_check; do
    if [[ $package == *-dev && " ${needed[*]} " != *" $package "* ]]; then
        dpkg --purge --force-depends "$package" >/dev/null 2>&1 || true
    fi
done

echo "# Install it for real"
commands_of "Install it for real" >/tmp/install
grep -q 'meson install' /tmp/install || fail "README.md has no such block"
# Warnings are errors, and there is something for debuggers; else as a person builds it.
CFLAGS='-g -Werror' bash -exo pipefail /tmp/install
[[ $(systemctl is-enabled vmid) == enabled ]] || fail "vmid is not enabled"
python3 tests/install/hardened.py /usr/libexec/vmid /usr/bin/vmictl || fail "the installed programs are not hardened"
DESTDIR=/run/vmi-tests/installed meson install -C build/release --no-rebuild --quiet
while IFS= read -r line; do
    grep -qF "$line" tests/harness/quickstart-session.sh || fail "quickstart says something else than: $line"
done </tmp/install

echo "# No hardware virtualization here"
printf '[Manager]\nUseEmulation=yes\n' >/etc/vmi/vmid.conf
systemctl restart vmid
vmictl get vmi
vmictl apply -f docs/examples/hello-claim.yaml
# Bound by a restart, at the latest.
systemctl restart vmid
cp --sparse=always "$image" /var/lib/vmi/pools/default/default/hello-disk/disk.img
vmictl apply -f docs/examples/hello.yaml

echo "# What it says to try"
commands_of "See it work" >/tmp/try
commands_of "Run the tests" >>/tmp/try
grep -q '^vmictl' /tmp/try || fail "README.md has nothing to try"
tried=0
while IFS= read -r line; do
    echo "+ $line"
    case $line in
    # They have tests of their own; here only that there is such a program with such options.
    ./*) bash -ec "${line%%#*} --help" >/dev/null </dev/null || fail "$line" ;;
    # What a person does there: looks until it greets, and leaves.
    vmictl\ console*)
        PYTHONPATH=tests/service python3 - "${line%%#*}" <<'PYTHON' || fail "$line"
import sys
from on_terminal import Terminal
console = Terminal(["bash", "-ec", sys.argv[1]])
console.until("hello: ready")
console.type(b"\x1d")
sys.exit(console.end())
PYTHON
        ;;
    *) SYSTEMD_PAGER='' timeout 600 bash -ec "$line" </dev/null || fail "$line" ;;
    esac
    tried=$((tried + 1))
done </tmp/try
[[ $tried -ge 9 ]] || fail "only $tried commands found"
[[ $(vmictl get vmi hello --no-legend) == *Succeeded* ]] || fail "the last of them left the guest running"
systemctl stop vmid
[[ $(systemctl show -P Result vmid) == success ]] || fail "vmid ended badly"
