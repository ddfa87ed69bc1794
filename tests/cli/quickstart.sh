#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# quickstart, with a build that never ends in the place of the real one: it says how far that is, and takes it along when it is ended.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    cat "$work/out" >&2 || true
    echo "FAIL: $*" >&2
    exit 1
}

mkdir -p "$work/tests/harness" "$work/bin"
cp "$SOURCE_ROOT/quickstart" "$work/"
printf '#!/bin/sh\necho 0\n' >"$work/bin/id"
cat >"$work/tests/harness/packages.sh" <<'END'
packages_build='' packages_run='' packages_host=''
packages_install() { :; }
END
# The compiler that hangs keeps a lock for as long as it lives.
cat >"$work/tests/harness/stage.sh" <<'END'
#!/bin/bash
for ((n = 1; n <= 20; n++)); do
    echo "[$n/40] Compiling C object $n"
done
flock "$(dirname "$0")/lock" sleep 10000 &
wait
END
chmod +x "$work"/bin/id "$work"/tests/harness/stage.sh

for ending in TERM:143 HUP:129; do
    mkfifo "$work/feed"
    # What ignores a signal when it is started, as under nohup, cannot be told by it.
    PATH=$work/bin:$PATH env --default-signal=TERM,HUP "$work/quickstart" >"$work/feed" 2>&1 &
    quickstart=$!
    exec {feed}<"$work/feed"
    : >"$work/out"
    while IFS= read -r -t 600 -u "$feed" line; do
        echo "$line" >>"$work/out"
        [[ $line != *"20 of 40 files"* ]] || break
    done
    grep -q '20 of 40 files' "$work/out" || { kill "$quickstart" && fail "it does not say how far the build is"; }
    [[ $(grep -c ' of 40 files' "$work/out") -le 10 ]] || fail "it says so for each file"
    kill -s "${ending%:*}" "$quickstart"
    status=0
    wait "$quickstart" || status=$?
    [[ $status -eq ${ending#*:} ]] || fail "exit status $status after ${ending%:*}"
    flock --nonblock "$work/tests/harness/lock" true || fail "the build goes on after ${ending%:*}"
    exec {feed}<&-
    rm "$work/feed"
done
