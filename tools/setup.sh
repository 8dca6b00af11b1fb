#!/bin/sh
# setup.sh GROUP - see that the tools for GROUP (run, test, bench, attacks) are here; install what is missing.
#
# One row a tool: GROUP PACKAGE PROBE, a probe being a command or, with a slash, a file (a pattern
# will do).  Nothing missing: a few milliseconds, no output, no network.  Something missing: apt-get
# installs it, as root or by a sudo that asks nothing; otherwise the line to type is printed and
# nothing else happens.  FATHOM_SYSROOT stands before the files' paths (tests use it).
set -u
group=${1:-run}
root=${FATHOM_SYSROOT:-}
PATH=$PATH:/usr/sbin:/sbin

needs() {
    cat <<'ROWS'
run  python3             python3
run  gcc-mingw-w64-i686  i686-w64-mingw32-gcc
run  g++-mingw-w64-i686  i686-w64-mingw32-g++
run  nasm                nasm
run  gcc                 x86_64-linux-gnu-gcc
run  binutils            ld
run  gnu-efi             /usr/lib/crt0-efi-x86_64.o
run  gnu-efi             /usr/lib32/crt0-efi-ia32.o
run  fdisk               sfdisk
run  mtools              mformat
run  qemu-system-x86     qemu-system-i386
run  qemu-system-x86     qemu-system-x86_64
run  ovmf                /usr/share/ovmf/OVMF.fd
run  ovmf-ia32           /usr/share/OVMF/OVMF32_CODE_4M.secboot.fd
test gcc                 gcc
test libc6-dev           /usr/include/stdio.h
test libcmocka-dev       /usr/include/cmocka.h
test clang               clang
test libclang-rt-14-dev  /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-x86_64.a
test gdb                 gdb
test perl                prove
bench libc6-dev          /usr/include/stdio.h
bench git                git
bench libjemalloc2       /usr/lib/*/libjemalloc.so.2
bench libmimalloc2.0     /usr/lib/*/libmimalloc.so.2
bench libtcmalloc-minimal4 /usr/lib/*/libtcmalloc_minimal.so.4
bench valgrind           valgrind
attacks gcc              gcc
attacks libjemalloc2     /usr/lib/*/libjemalloc.so.2
attacks libmimalloc2.0   /usr/lib/*/libmimalloc.so.2
attacks libtcmalloc-minimal4 /usr/lib/*/libtcmalloc_minimal_debug.so.4
attacks libclang-rt-14-dev /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.scudo_standalone-x86_64.so
attacks electric-fence   /usr/lib/libefence.so.0
ROWS
}

have() {
    case $1 in
    */*) for file in "$root"$1; do [ -e "$file" ] && return 0; done; return 1 ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

missing=
while read -r of package probe; do
    [ "$of" = run ] || [ "$of" = "$group" ] || continue
    have "$probe" && continue
    case " $missing " in *" $package "*) ;; *) missing="$missing $package" ;; esac
done <<ROWS
$(needs)
ROWS
missing=${missing# }
[ -n "$missing" ] || exit 0

say() { echo "setup: $*" >&2; }
if ! command -v apt-get >/dev/null 2>&1; then
    say "missing, by the names of Debian's packages: $missing"
    exit 1
fi
install="apt-get install --yes --no-install-recommends $missing"
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true >/dev/null 2>&1; then
    as_root="sudo -n env DEBIAN_FRONTEND=noninteractive"
else
    say "missing: $missing"
    say "install them as root with this line, then come back:"
    echo "$install"
    exit 1
fi
say "installing what is missing: $missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q >&2 && $as_root $install >&2 || { say "apt-get failed: $install"; exit 1; }
