#!/bin/sh
# source.sh PACKAGE FOLDER - unpack Debian's source package, with Debian's patches, in FOLDER.
#
# The package comes from the archives that this machine installs from, asked for sources; apt checks
# its signature.  The lists and the downloads lie in FOLDER's neighbour .apt: nothing of the
# machine's own apt is changed.  A version that the archive no longer holds is passed over.
set -eu
package=$1
mkdir -p "$(dirname "$2")"
apt=$(cd "$(dirname "$2")" && pwd)/.apt
folder=$(dirname "$apt")/$(basename "$2")
mkdir -p "$apt/parts" "$apt/lists/partial" "$apt/cache/archives/partial"

say() { echo "source: $*" >&2; }
with_apt() {
    tool=$1
    shift
    "$tool" -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/parts" \
        -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" \
        -o APT::Sandbox::User="$(id -un)" "$@"
}

if [ ! -e "$apt/updated" ]; then
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -e "$file" ] || continue
        sed 's/^Types:.*/Types: deb-src/' "$file" >"$apt/parts/$(basename "$file")"
    done
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
        sed -n 's/^deb \(.*\)/deb-src \1/p' >"$apt/parts/lines.list"
    with_apt apt-get update >/dev/null 2>"$apt/said" || {
        say "no list of sources: $(tail -n 1 "$apt/said")"
        exit 1
    }
    touch "$apt/updated"
fi
cd "$apt"
versions() {
    with_apt apt-cache showsrc "$package" 2>/dev/null | sed -n 's/^Version: //p' | sort -rV | uniq
}
for version in $(versions); do
    with_apt apt-get source --download-only "$package=$version" >/dev/null 2>"$apt/said" || continue
    rm -rf "$folder"
    dpkg-source --no-check -x "$package"_"${version#*:}".dsc "$folder" >/dev/null
    say "$package $version"
    exit 0
done
say "$package could not be had: is there a network? $(tail -n 1 "$apt/said" 2>/dev/null)"
exit 1
