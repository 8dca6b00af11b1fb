#!/bin/sh
# turn.sh OUT PID: one make at a time in a build folder; the make PID waits until it is its turn.
# turn.sh --done OUT PID [OUTER]: the make has built what it will, and so has OUTER, the make that
#   started it in OUT's tree of links; the next may begin.
#
#   OUT/turn.0   "process start": the make that works there; .1 the one that a recipe of it
#                started, and so on
#   OUT/turn     held (flock) while these files are read and written
#
# A make whose process is gone has no turn, so none is left when it is killed.  A make that another
# one's recipe started must not wait for that one: it takes the turn one level deeper.  There it
# waits for makes of that level alone, and those wait only for deeper ones: none waits for itself.
[ "$1" = --done ] && done=yes && shift
out=$1 pid=$2 outer=$3
command -v flock >/dev/null && [ -r /proc/self/stat ] || exit 0
# Not in a folder that is no build yet (tools/tree.py looks what is in it), nor where nothing can
# be written: make changes nothing there.
if [ "$out" = build ]; then mkdir -p build 2>/dev/null; else [ -e "$out/settings" ] || exit 0; fi
[ -w "$out" ] || exit 0

stat() { # of a process: state, parent, start
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f1,2,20
}
above=" " at=$pid
while [ "${at:-0}" -gt 0 ]; do
    above="$above$at " at=$(stat "$at" | cut -d' ' -f2)
done

# The first level that is not of a make above us; free: its make is gone, or it is ours.
look() {
    level=0
    while read -r owner start 2>/dev/null <"$out/turn.$level"; do
        set -- $(stat "$owner")
        [ "$1" != Z ] && [ "$3" = "$start" ] || return 0
        [ "$owner" != "$pid" ] || return 0
        case $above in *" $owner "*) level=$((level + 1)) ;; *) return 1 ;; esac
    done
}
exec 9>>"$out/turn"
flock 9
if [ "$done" ]; then
    for pid in "$pid" $outer; do
        look && [ "$owner" = "$pid" ] && rm -f "$out/turn.$level"
    done
    exit 0
fi
until look; do
    [ "$said" ] || echo "make: process $owner is another make in $out: waiting for its end"
    said=yes
    flock -u 9
    sleep 0.2
    flock 9
done
set -- $(stat "$pid")
echo "$pid $3" >"$out/turn.$level"
