#!/bin/sh
# setup.sh - runs once as root, when Gradescope builds the container: the system, built and tried.
#
# Whatever Ubuntu the base image is, Fathom lives in a Debian of its own, /autograder/debian: the
# compiler and QEMU of 22.04 are too old, and instruction counts belong to one compiler.  Only
# chroot is needed, no mount; debian.gpg has the keys of Debian's archive, of the machine that made
# the zip (Ubuntu's are older).  A zip that Python made has no executable bits: they are set again.
set -eu
debian=/autograder/debian
cd /autograder/source
find fathom/tools fathom/tests -type f \
  -exec sh -c 'head -c 2 "$1" | grep -q "^#!" && chmod +x "$1"' _ {} \;
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
apt-get update
apt-get install --yes --no-install-recommends ca-certificates mmdebstrap
packages=ca-certificates,git,make,patch,gcc,libc6-dev
packages=$packages,$(fathom/tools/setup.sh --list base | paste -sd,)
mmdebstrap --mode=root --variant=apt --keyring=/autograder/source/debian.gpg --include="$packages" \
  bookworm "$debian" http://deb.debian.org/debian
mv fathom "$debian/fathom"
[ ! -d overlay ] || mv overlay "$debian/overlay"
. ./which
chroot "$debian" sh -c '
    cd /fathom
    make -j2
    file=$(sed -n "s/^file = \"\(.*\)\"/\1/p" labs/"$1"-*/lab.toml | head -1)
    tools/fathom grade --seed 0 "$1" "$file"' \
  setup "$LAB"
chown -R 65534:65534 "$debian/fathom/build" # nobody grades, and may make the cases of other rules
