#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes the smallest guest that shuts down when asked: a boot sector for the q35 machine and its BIOS, which is there in a second. It says
# "up" on its serial port, sleeps until the power button is pressed, and powers off.
set -euo pipefail

usage() {
    cat <<EOF
Usage: obedient-guest.sh [OPTION…] IMAGE

  --seconds N   it takes that long to power off
  --fill SIZE   its disk has that size, and it first writes all of it
EOF
}

seconds=0 size=1M fill=
while [[ ${1-} == --* ]]; do
    case $1 in
    --seconds) seconds=$2 ;;
    --fill) size=$2 fill=yes ;;
    *) usage >&2 && exit 2 ;;
    esac
    shift 2
done
[[ $# -eq 1 ]] || { usage >&2 && exit 2; }

ticks=$((seconds * 18))                          # of the BIOS' clock
code='\xfa\x31\xc0\x8e\xd8\x8e\xc0\xfb'          # cli; xor ax, ax; mov ds, ax; mov es, ax; sti
code+='\xba\x02\x06\xb8\x00\x01\xef'             # mov dx, 0x602 (PM1_EN); mov ax, PWRBTN; out dx, ax
code+='\xba\xf8\x03\xb0u\xee\xb0p\xee\xb0\n\xee' # mov dx, 0x3f8 (COM1); out "up\n"
if [[ -n $fill ]]; then
    code+='\xb2\x80\xbe\xe0\x7d'         # mov dl, 0x80; mov si, packet
    code+='\xb8\x00\x43\xcd\x13\x72\x07' # 1: mov ax, 0x4300; int 0x13 (write); jc 2f
    code+='\x66\x83\x44\x08\x40\xeb\xf2' # add dword [si+8], 64; jmp 1b; 2:
fi
code+='\xf4\xba\x00\x06\xed\xf6\xc4\x01\x74\xf6' # 1: hlt; mov dx, 0x600 (PM1_STS); in ax, dx; test ah, 1; jz 1b
code+=$(printf '\\xb9\\x%02x\\x%02x' $((ticks % 256)) $((ticks / 256))) # mov cx, ticks
code+='\xe3\x03\xf4\xe2\xfd'                     # jcxz 3f; 2: hlt; loop 2b
code+='\xba\x04\x06\xb8\x00\x20\xef'             # 3: mov dx, 0x604 (PM1_CNT); mov ax, SLP_EN; out dx, ax
code+='\xf4\xeb\xfd'                             # 4: hlt; jmp 4b
packet='\x10\x00\x40\x00\x00\x80\x00\x00\x40'    # at 0x7de0, for int 0x13: 64 blocks of what is at 0x8000, from block 64 on
: >"$1"
printf '%b' "$code" >>"$1"
truncate -s 480 "$1"
printf '%b' "$packet" >>"$1"
truncate -s 510 "$1"
printf '\x55\xaa' >>"$1"
truncate -s "$size" "$1"
