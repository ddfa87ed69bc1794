#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A throwaway machine with a kernel of its own, under software emulation: an image of this machine's packages (machine-image.sh), read-only,
# below a tmpfs overlay. Runs one script there as a service, prints its output as it comes, exits with its exit status.
# Killing this script is a power cut: QEMU dies with it, and what was not written to --disk is lost.
set -euo pipefail

usage() {
    cat <<EOF
Usage: machine.sh [OPTION…] SCRIPT [ARGUMENT…]

  --image IMAGE what machine-image.sh made (default: make one for this call)
  --layer DIR   files laid over the root (a DESTDIR); may be repeated, the last is the topmost
  --disk IMAGE  a raw ext4 image that becomes /var/lib/vmi
  --cpus N      default 2
  --memory SIZE default 2G
  --seconds N   kill it after that long (default 300)

SCRIPT is a bash script of this machine; nothing else of it but what is named here is there.
Exit status: that of SCRIPT; 124 when time ran out; 125 when the machine did not come up.
EOF
}

here=$(dirname "$(realpath "$0")")
guest=$here/../../data/guest/make-hello-guest # knows where to find a kernel
image='' layers=() disk='' cpus=2 memory=2G seconds=300
while [[ $# -gt 0 ]]; do
    case $1 in
    --image) image=$(realpath -e "$2") ;;
    --layer) layers+=("$(realpath -e "$2")") ;;
    --disk) disk=$(realpath -e "$2") ;;
    --cpus) cpus=$2 ;;
    --memory) memory=$2 ;;
    --seconds) seconds=$2 ;;
    --help | -h)
        usage
        exit
        ;;
    -*)
        usage >&2
        exit 2
        ;;
    *) break ;;
    esac
    shift 2
done
[[ $# -gt 0 ]] || { usage >&2 && exit 2; }

make_initramfs() { # SCRIPT ARGUMENT…
    local tree=$work/initramfs layer
    mkdir -p "$tree"/{bin,modules,proc,sys,dev,lower,overlay,root} "$tree/throwaway/layer"
    cp "$(command -v busybox)" "$tree/bin/"
    install -m 0755 "$here/machine-initramfs" "$tree/init"
    cp "$here/machine-init.sh" "$here/throwaway.sh" "$tree/throwaway/"
    for layer in "${layers[@]}"; do
        cp -a "$layer/." "$tree/throwaway/layer/"
    done
    cp "$1" "$tree/throwaway/script"
    shift
    cat >"$tree/throwaway/command" <<EOF
#!/bin/bash
bash /throwaway/script ${*@Q} 2>&1 | cat
echo "machine.sh: status \${PIPESTATUS[0]}"
systemctl --force --force poweroff >/dev/null 2>&1
EOF
    "$guest" --modules "$tree/modules" virtio_pci overlay virtio_blk ext4
    (cd "$tree" && find . | cpio --quiet -o -H newc) | gzip -1 >"$work/initrd.gz"
}

# shellcheck disable=SC2317 # by trap
cleanup() {
    trap - EXIT
    [[ -z ${qemu-} ]] || kill -KILL "$qemu" 2>/dev/null || true
    wait 2>/dev/null || true
        rm -rf "$work"
}

work=$(mktemp -d)
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
PATH=$PATH:/usr/sbin:/sbin
read -r kernel _ < <("$guest" --kernel)
make_initramfs "$@"
if [[ -z $image ]]; then
    image=$work/image
    "$here/machine-image.sh" "$image"
fi
mkfifo "$work/output"

arguments=(-accel "tcg,thread=multi" -cpu max -M q35 -smp "$cpus" -m "$memory" -nodefaults -display none -no-reboot
    -serial "file:$work/console" -serial stdio
    -kernel "$kernel" -initrd "$work/initrd.gz" -append "console=ttyS0 quiet panic=-1 mitigations=off"
    -drive "if=none,id=root,format=raw,readonly=on,file=$image" -device "virtio-blk-pci,drive=root,addr=2")
[[ -z $disk ]] || arguments+=(-drive "if=none,id=state,format=raw,file=$disk" -device "virtio-blk-pci,drive=state,addr=3")
setpriv --pdeathsig KILL timeout --foreground -s KILL "$seconds" \
    setpriv --pdeathsig KILL qemu-system-x86_64 "${arguments[@]}" </dev/null >"$work/output" 2>&1 &
qemu=$!

status=
while IFS= read -r line; do
    line=${line%$'\r'}
    case $line in
    "machine.sh: status "*) status=${line##* } ;;
    *) printf '%s\n' "$line" ;;
    esac
done <"$work/output"
ended=0
wait "$qemu" || ended=$?
qemu=
if [[ -z $status ]]; then
    echo "machine.sh: the command did not end; the machine's last words:" >&2
    tail -n 40 "$work/console" >&2
    [[ $ended == 137 || $ended == 124 ]] && exit 124
    exit 125
fi
exit "$status"
