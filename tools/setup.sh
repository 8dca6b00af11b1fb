#!/bin/sh
# setup.sh GROUP - see that the tools for GROUP are here; install what is missing.
# setup.sh --list GROUP - print the packages of GROUP, one a line, and do nothing else.
#
#   base       build the system and boot it by Multiboot
#   run        base, the UEFI loaders, the disk image, OVMF
#   window     run, QEMU's screen in a window
#   bench      run and the allocators to compare with
#   attacks    run and the hardened allocators
#   programs   base, Debian's sources, tclsh
#   format     base, clang-format
#   style      format, clang-tidy
#   book       gdb, and what prints the book
#   gdb        base, gdb, recordings
#   check      run, gdb and what most tests need
#   test       check, web, chinese, format: for make test
#   chinese    base, po4a
#   site       run, gdb, chinese, the web site, a browser
#   web        gdb, node and npm
#   release    site and web
#   grub       base, a disc that boots by GRUB
#   long       test, style, book, site, grub
#   container  the same
#
# One row a tool: GROUP PACKAGE PROBE, a probe being a command or, with a slash, a file (a pattern
# will do).  PACKAGE may be a choice, A|B: the first that apt offers (Debian releases differ).  @ is
# the major version of the release's clang.  A row of group run is for x86-64 hosts only: elsewhere
# no UEFI loader is built, and Multiboot needs none.
#
# Nothing missing: a few milliseconds, no output, no network.  Something missing: apt-get installs
# it, as root or by a sudo that asks nothing; otherwise the line to type is printed and nothing else
# happens.  For tests FATHOM_SYSROOT is put before the files' paths, and FATHOM_HOST replaces
# `uname -m`.
set -u
list=
[ "${1:-}" = --list ] && list=yes && shift
group=${1:-run}
root=${FATHOM_SYSROOT:-}
host=${FATHOM_HOST:-$(uname -m)}
PATH=$PATH:/usr/sbin:/sbin

case $group in
base) groups="base" ;;
run) groups="base run" ;;
gdb) groups="base gdb" ;;
check) groups="base run gdb check" ;;
test) groups="base run gdb web check chinese format" ;;
bench | attacks | window) groups="base run $group" ;;
style) groups="base format style" ;;
chinese | format | grub) groups="base $group" ;;
book) groups="base gdb book" ;;
programs) groups="base programs" ;;
site) groups="base run gdb chinese site" ;;
web) groups="base gdb web" ;;
release) groups="base run gdb chinese site web" ;;
long | container) groups="base run gdb check chinese format style book site web grub" ;;
*)
    echo "setup: no group $group: base, run, window, gdb, check, test, bench, attacks, programs," \
        "format, style, book, chinese, site, web, release, grub, long, container" >&2
    exit 2
    ;;
esac

needs() {
    cat <<'ROWS'
base python3             python3
base gcc-mingw-w64-i686  i686-w64-mingw32-gcc
base g++-mingw-w64-i686  i686-w64-mingw32-g++
base nasm                nasm
base qemu-system-x86     qemu-system-i386
base qemu-system-x86     qemu-system-x86_64
run  gcc                 x86_64-linux-gnu-gcc
run  binutils            ld
run  gnu-efi             /usr/lib/crt0-efi-x86_64.o
run  gnu-efi             /usr/lib32/crt0-efi-ia32.o
run  fdisk               sfdisk
run  mtools              mformat
run  ovmf                /usr/share/ovmf/OVMF.fd
window qemu-system-gui   /usr/lib/*/qemu/ui-gtk.so
window qemu-system-gui   /usr/lib/*/qemu/ui-sdl.so
run  ovmf-ia32           /usr/share/OVMF/OVMF32_CODE_4M.secboot.fd
gdb  gdb                 gdb
gdb  gcc                 gcc
gdb  libc6-dev           /usr/include/stdio.h
check libcmocka-dev      /usr/include/cmocka.h
check clang              clang
check libclang-rt-@-dev  /usr/lib/llvm-@/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a
check perl               prove
check g++                g++
check patch              patch
grub grub-common         grub-mkrescue
grub grub-pc-bin         /usr/lib/grub/i386-pc/multiboot.mod
grub grub-efi-amd64-bin  /usr/lib/grub/x86_64-efi/multiboot.mod
grub xorriso             xorriso
web  nodejs              node
web  npm                 npm
programs dpkg-dev dpkg-source
programs tcl      tclsh
programs gcc      gcc
programs libc6-dev /usr/include/stdio.h
bench libc6-dev          /usr/include/stdio.h
bench git                git
bench libjemalloc2       /usr/lib/*/libjemalloc.so.2
bench libmimalloc3|libmimalloc2.0 /usr/lib/*/libmimalloc.so.[23]
bench libtcmalloc-minimal4t64|libtcmalloc-minimal4 /usr/lib/*/libtcmalloc_minimal.so.4
bench valgrind           valgrind
attacks gcc              gcc
attacks g++              g++
attacks libjemalloc2     /usr/lib/*/libjemalloc.so.2
attacks libmimalloc3|libmimalloc2.0 /usr/lib/*/libmimalloc.so.[23]
attacks libtcmalloc-minimal4t64|libtcmalloc-minimal4 /usr/lib/*/libtcmalloc_minimal_debug.so.4
attacks clang            clang
attacks libclang-rt-@-dev /usr/lib/llvm-@/lib/clang/*/lib/linux/libclang_rt.scudo_standalone-*.so
attacks electric-fence   /usr/lib/libefence.so.0
book weasyprint          weasyprint
book python3-pygments    pygmentize
chinese po4a             po4a-updatepo
site mkdocs              mkdocs
site mkdocs-material     /usr/share/mkdocs/themes/material/base.html
site fonts-noto-cjk      /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
site webp                img2webp
site chromium            chromium
site chromium-driver     chromedriver
format clang-format      clang-format
style clang-tidy         clang-tidy
ROWS
}

# The release's clang: the one that is here, else the one that apt would install.
clang_major() {
    found=$(clang -dumpversion 2>/dev/null | sed 's,\..*,,') # a link in PATH may be a wrapper
    [ -n "$found" ] || found=$(apt-cache depends clang 2>/dev/null |
        sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -n 1)
    echo "${found:-*}"
}

have() {
    case $1 in
    */*) for file in "$root"$1; do [ -e "$file" ] && return 0; done; return 1 ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# $(choose A|B): the first that apt offers; A if apt offers none or is not here.
choose() {
    case $1 in
    *"|"*)
        for one in $(echo "$1" | tr '|' ' '); do
            apt-cache show --no-all-versions "$one" >/dev/null 2>&1 && echo "$one" && return
        done ;;
    esac
    echo "${1%%|*}"
}

# wanted all|missing: the packages of the group's rows as they are written, each once.
wanted() {
    names=
    while read -r of package probe; do
        case " $groups " in *" $of "*) ;; *) continue ;; esac
        [ "$of" = run ] && [ "$host" != x86_64 ] && continue
        case $probe in */llvm-@/*) probe=$(echo "$probe" | sed "s,@,$(clang_major),") ;; esac
        [ "$1" = missing ] && have "$probe" && continue
        case " $names " in *" $package "*) ;; *) names="$names $package" ;; esac
    done <<ROWS
$(needs)
ROWS
    echo "$names"
}

# named PACKAGE ...: as this release calls them.
named() {
    for package in "$@"; do
        case $package in *@*) package=$(echo "$package" | sed "s,@,$(clang_major),") ;; esac
        choose "$package"
    done
}

if [ -n "$list" ]; then
    named $(wanted all)
    exit 0
fi
missing=$(wanted missing)
[ -n "$missing" ] || exit 0

say() { echo "setup: $*" >&2; }
if ! command -v apt-get >/dev/null 2>&1; then
    say "missing, by the names of Debian's packages:" $(named $missing)
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true >/dev/null 2>&1; then
    as_root="sudo -n env DEBIAN_FRONTEND=noninteractive"
else
    set -- $(named $missing)
    say "missing: $*"
    say "install them as root with this line, then come back:"
    echo "apt-get install --yes --no-install-recommends $*"
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
say "something is missing; asking apt-get for its list of packages"
$as_root apt-get update -q >&2 || say "apt-get update failed; trying with the list that is here"
set -- $(named $missing) # what a package is called is known after the update
say "installing what is missing: $*"
# A new machine often updates itself at this moment: the lock is waited for, and apt-get says so.
$as_root apt-get -o DPkg::Lock::Timeout=600 install --yes --no-install-recommends "$@" >&2 || {
    say "apt-get failed: apt-get install --yes --no-install-recommends $*"
    exit 1
}
