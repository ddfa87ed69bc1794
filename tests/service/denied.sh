#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Who has no permission gets told so, at once, and nothing happens; reading is for everybody but secrets.
. "$(dirname "$0")/lib.sh"

as_nobody() {
    setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
blank_vmi mine >/tmp/mine.yaml
chmod a+r /tmp/mine.yaml
expect_refused 'denied|not authorized|permission|authentication' as_nobody vmictl --no-ask-password -n "$ns" apply -f /tmp/mine.yaml
expect_equal "nothing happened" "" "$(v get vmi --no-legend)"
v apply -f /tmp/mine.yaml
for verb in "stop --force" "restart --force" pause "delete --force vmi"; do
    # shellcheck disable=SC2086 # verb and options
    expect_refused 'denied|not authorized|permission|authentication' as_nobody vmictl --no-ask-password -n "$ns" $verb mine
done
expect_refused 'denied|not authorized|permission|authentication' as_nobody vmictl --no-ask-password -n "$ns" console mine
expect_equal "phase" Running "$(phase mine)"
apply <<EOF
apiVersion: v1
kind: Secret
metadata:
  name: hush
stringData:
  word: swordfish
EOF
if as_nobody vmictl -n "$ns" get secret hush -o yaml 2>&1 | grep -E 'swordfish|c3dvcmRmaXNo'; then
    fail "a secret was shown to somebody without permission"
fi
