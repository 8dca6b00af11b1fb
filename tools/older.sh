#!/bin/sh
# older.sh OUT: the sources that have changed, whatever their dates say.
#
#   OUT/looked      "path, date size" of each source, as make found it the last time
#   OUT/older/PATH  its date is the time when make saw that PATH was another file than before
#
# make compares dates.  So it misses a file that comes back with its old date (mv page.bak page.c,
# cp -p, tar, rsync), and one that is edited while it is being compiled.  Therefore a product is old
# as well if OUT/older/PATH is newer and it is made of PATH (`aged` in the Makefile).  A new header
# can hide another of its name from the compiler: that one counts as changed.  And if the clock has
# gone back, what was made has dates to come: no change would be newer.  Prints every PATH.
out=$1
[ -w "$out" ] || exit 0
set --
for name in *; do
    [ "$name" = build ] || [ -e "$name/settings" ] || set -- "$@" "$name"
done
find -L "$@" -name __pycache__ -prune -o -type f -printf '%p\t%T@ %s\n' \
    >"$out/looked.$$" 2>/dev/null
if [ "$out/looked" -nt "$out/looked.$$" ]; then
    echo "make: the clock has gone back since the last make: all is built anew" >&2
    find "$out/" -path "$out/tree" -prune -o -name '*.cmd' -exec rm -f {} +
fi
[ ! -f "$out/looked" ] || awk -F '\t' '
    { name = $1; sub(/.*\//, "", name) }
    NR == FNR { was[$1] = $2; named[$1] = name; next }
    !($1 in was) && /\.(h|inc)\t/ { hides[name] }
    was[$1] != $2 { print $1 }
    END { for (path in was) if (named[path] in hides) print path }
' "$out/looked" "$out/looked.$$" | while IFS= read -r path; do
    mkdir -p "$out/older/$(dirname "$path")" && : >"$out/older/$path"
done
mv -f "$out/looked.$$" "$out/looked"
[ ! -d "$out/older" ] || find "$out/older" -type f -printf '%P\n'
