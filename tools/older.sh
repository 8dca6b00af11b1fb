#!/bin/sh
# older.sh OUT: the sources that have changed, whatever their dates say.
#
#   OUT/looked       "path, date size, change, sum" of each source, as make found it the last time
#   OUT/older/PATH@  its date is the time when make saw that PATH was another file than before
#
# make compares dates.  So it misses a file that comes back with its old date (mv page.bak page.c,
# cp -p, tar, rsync), and one that is edited while it is being compiled.  Therefore a product is
# old as well if OUT/older/PATH@ is newer and it is made of PATH (`aged` in the Makefile).  Two
# files may have one date and one size, as an archive gives all its files the same date: the sum of
# the bytes is taken anew when the inode has changed since.  A new header can hide another of its
# name from the compiler: that one counts as changed.  And if the clock has gone back, what was
# made has dates to come: no change would be newer.  Prints every PATH.
out=$1
[ -w "$out" ] || exit 0
set --
for name in *; do
    [ "$name" = build ] || [ -e "$name/settings" ] || set -- "$@" "$name"
done
new=$out/looked.$$
find -L "$@" -name __pycache__ -prune -o -type f -printf '%p\t%T@ %s\t%C@\n' >"$new" 2>/dev/null
# X.cmd is the last that is written of a product.  Others write while we look, and looking may take
# long on a busy host: a date is to come if it is later than the clock when all have been seen.
later=$(find "$out/" -path "$out/tree" -prune -o -name '*.cmd' \
    -newermt "@$(date +%s)" -printf '%T@\n' | sort -n | tail -n 1)
if [ "$later" ] && [ "${later%[.,]*}" -gt "$(($(date +%s) + 1))" ]; then
    echo "make: the clock has gone back since the last make: all is built anew" >&2
    find "$out/" -path "$out/tree" -prune -o -name '*.cmd' -exec rm -f {} +
fi
: >>"$out/looked"
awk -F '\t' 'FILENAME == ARGV[1] { was[$1] = $2 FS $3; next } was[$1] != $2 FS $3 { print $1 }' \
    "$out/looked" "$new" | tr '\n' '\0' | xargs -0r cksum -- 2>/dev/null >"$new.sums"
: >"$new.seen"
awk -F '\t' -v seen="$new.seen" '
    { name = $1; sub(/.*\//, "", name) }
    FILENAME == ARGV[1] {
        split($0, word, " "); sub(/^[0-9]+ [0-9]+ /, ""); sum[$0] = word[1]
        next
    }
    FILENAME == ARGV[2] { was[$1] = $2; had[$1] = $4; named[$1] = name; known = 1; next }
    { now = $1 in sum ? sum[$1] : had[$1]; print $0 FS now >seen }
    !known { next }
    !($1 in was) && /\.(h|inc)\t/ { hides[name] }
    was[$1] != $2 || (had[$1] != "" && had[$1] != now) { print $1 }
    END { for (path in was) if (named[path] in hides) print path }
' "$new.sums" "$out/looked" "$new" | while IFS= read -r path; do
    mkdir -p "$out/older/$(dirname "$path")" && : >"$out/older/$path@"
done
mv -f "$new.seen" "$out/looked"
rm -f "$new" "$new.sums"
[ ! -d "$out/older" ] || find "$out/older" -type f -name '*@' -printf '%P\n' | sed 's/@$//'
