#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# One life of vmid and of a guest under valgrind: no error, nothing lost. Runs inside tests/harness/host.sh.
#
# It is a user's vmid, as valgrind cannot make the mount namespace that libvirt's driver has for root. What only root's does (users,
# machined, cgroup limits) the service tier runs with sanitizers.
set -euo pipefail

here=$(dirname "$(realpath "$0")")
user=vmi-carol
useradd --create-home --shell /bin/bash "$user"
uid=$(id -u "$user")
home=$(eval echo "~$user")
report=$home/valgrind.log

as_user() {
    setpriv --reuid "$user" --regid "$user" --init-groups env -i -C "$home" HOME="$home" PATH="$PATH" \
        XDG_RUNTIME_DIR="/run/user/$uid" DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$uid/bus" "$@"
}

u() {
    as_user vmictl --user "$@"
}

install -m 0644 "$here/../harness/valgrind.supp" /etc/vmi/valgrind.supp
mkdir -p /etc/systemd/user/vmid.service.d
# An error does not become an exit status: it would be that of the children that libvirt forks as well.
cat >/etc/systemd/user/vmid.service.d/50-valgrind.conf <<EOF
[Service]
ExecStart=
ExecStart=/usr/bin/valgrind --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --num-callers=30 \
    --child-silent-after-fork=yes --suppressions=/etc/vmi/valgrind.supp --log-file=$report /usr/libexec/vmid --user
Environment=G_SLICE=always-malloc
WatchdogSec=0
TimeoutSec=5min
EOF
as_user mkdir -p "$home/.config/vmi"
printf '[Manager]\nUseEmulation=yes\n' | as_user tee "$home/.config/vmi/vmid.conf" >/dev/null
systemctl start "user@$uid.service"
as_user systemctl --user start vmid.service

echo "# definitions, good and bad"
u apply -f - <<EOF
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: kept}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 8Mi}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: later}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 8Mi}}
EOF
! u apply -f - <<<'kind: [' || exit 1
! u start nobody || exit 1

echo "# a guest from start to end"
u apply -f - <<EOF
apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata: {name: web, labels: {app: web}}
spec:
  domain:
    ioThreadsPolicy: auto
    memory: {guest: 32Mi}
    devices:
      disks:
      - {name: kept, disk: {bus: virtio}}
      - {name: empty, disk: {bus: virtio}}
      - {name: seed, disk: {bus: virtio}}
  volumes:
  - {name: kept, persistentVolumeClaim: {claimName: kept}}
  - {name: empty, emptyDisk: {capacity: 4Mi}}
  - {name: seed, cloudInitNoCloud: {userData: "#!/bin/sh"}}
EOF
u get all -o yaml -l app=web >/dev/null
u describe vmi web
u pause web
u unpause web
u attach web --disk later --claim later --persist
u detach web --disk later --persist
u restart --force web
u stop --force web
u delete vmi web
u delete pvc kept
u delete pvc later

as_user systemctl --user stop vmid.service
[[ $(as_user systemctl --user show -P Result vmid.service) == success ]] || { echo "FAIL: vmid ended badly" && exit 1; }
cat "$report"
grep -q 'ERROR SUMMARY: 0 errors' "$report" || { echo "FAIL: valgrind found something" && exit 1; }
