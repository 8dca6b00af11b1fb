#!/bin/sh
# mkimage.sh IMAGE KERNEL ARCHIVE LOADER... - make the disk that UEFI boots.
#
#   GPT, one EFI system partition from 1 MiB, FAT32, sized to what goes in:
#     \EFI\BOOT\BOOTIA32.EFI, BOOTX64.EFI     the default path on removable media
#     \fathom\ntoskrnl.exe, archive.tar       what the loaders load
#     \fathom\fathom.cfg                      the kernel's command line: $FATHOM_CMDLINE
#
# Neither mounts anything nor needs root.  The same input gives the same bytes: identifiers are
# fixed and mtools takes its time from SOURCE_DATE_EPOCH.
set -eu
PATH=$PATH:/usr/sbin:/sbin # sfdisk, on a plain user's PATH
export MTOOLS_SKIP_CHECK=1 MTOOLSRC=/dev/null LC_ALL=C TZ=UTC
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1577836800}" # 2020-01-01

image=$1 kernel=$2 archive=$3
shift 3
new=$image.new.$$
cfg=$new.cfg
trap 'rm -f "$new" "$cfg"' EXIT

# FAT32 has at least 65525 clusters of 512 bytes, 33 MiB; below that firmware takes it for FAT16.
kib=$(($(cat "$kernel" "$archive" "$@" | wc -c) / 1024))
esp=$((kib + 2048 > 36 * 1024 ? kib + 2048 : 36 * 1024))
esp=$(((esp + 1023) / 1024))
truncate -s $((esp + 2))M "$new"
efi=C12A7328-F81F-11D2-BA4B-00A0C93EC93B uuid=46415448-4F4D-4000-8000-000000000002
sfdisk -q --no-reread --no-tell-kernel "$new" <<TABLE
label: gpt
label-id: 46415448-4F4D-4000-8000-000000000001
unit: sectors
start=2048, size=$((esp * 2048)), type=$efi, uuid=$uuid, name="Fathom"
TABLE
part=$new@@1M
mformat -i "$part" -F -c 1 -T $((esp * 2048)) -h 64 -s 32 -N 4641544F -v FATHOM ::
mmd -i "$part" ::EFI ::EFI/BOOT ::fathom
printf '%s\n' "${FATHOM_CMDLINE-shell}" >"$cfg"
mcopy -i "$part" "$@" ::EFI/BOOT/
mcopy -i "$part" "$kernel" ::fathom/ntoskrnl.exe
mcopy -i "$part" "$archive" ::fathom/archive.tar
mcopy -i "$part" "$cfg" ::fathom/fathom.cfg
mv "$new" "$image"
