#!/usr/bin/env python3
"""make front-ends: the tables of docs/front-ends.md, between its marks, from both front ends.

  cost OURS WINDOWS7            what heap.exe printed in each system (make bench)
  corrupt OURS WINDOWS7 WORDS   what the search for damage printed (make corrupt WORDS)
"""
import os
import re
import sys

PAGE = os.path.join(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
    "docs",
    "front-ends.md",
)
KINDS = "no effect,reported,latent,unseen,size,error,stopped,fault,crash,silent,wild,hang".split(
    ","
)
SEEN, HARM = ("reported", "latent", "fault", "stopped"), (
    "error",
    "crash",
    "silent",
    "wild",
    "hang",
)
ROWS = {
    "heap_pair_16": "a pair of calls, 16 bytes, instructions",
    "heap_churn_1e2": "a step of churn with 10² live blocks, instructions",
    "heap_churn_1e4": "the same with 10⁴",
    "heap_churn_1e5": "the same with 10⁵",
    "heap_batch_random": "batches, freed at random: a pair",
    "heap_cross_thread": "allocated by one thread, freed by another: a pair",
    "heap_check_front": "the check at exit, for each block",
    "heap_overhead_1e4": "committed over live, 10⁴ blocks",
    "heap_overhead_1e5": "committed over live, 10⁵ blocks",
}


def text(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def cost(*paths):
    figures = [dict(re.findall(r"^(\w+) ([\d.]+) \S+$", text(path), re.M)) for path in paths]
    return table(
        ["", "groups", "windows7"],
        [[said, *(each[name] for each in figures)] for name, said in ROWS.items()],
    )


def corrupt(ours, windows7, *words):
    """A row for each place: the damages seen, quiet and harmful, of each front end."""
    rows, counts = {}, [0, 0]
    for side, path in enumerate((ours, windows7)):
        for place, cells in re.findall(r"^# (\S.*?)((?: +\d+){12})$", text(path), re.M):
            number = dict(zip(KINDS, map(int, cells.split())))
            counts[side] += sum(number.values())
            quiet = sum(number.values()) - sum(number[kind] for kind in (*SEEN, *HARM))
            harm = ", ".join(f"{number[kind]} {kind}" for kind in HARM if number[kind]) or "0"
            rows.setdefault(place, ["", "", "", "", "", ""])[side * 3 : side * 3 + 3] = [
                str(sum(number[kind] for kind in SEEN)),
                str(quiet),
                harm,
            ]
    head = [
        "place",
        *(
            f"{name}: {what}"
            for name in ("groups", "windows7")
            for what in ("seen", "quiet", "harm")
        ),
    ]
    return (
        f"`make corrupt {' '.join(words)}`, {counts[0]:,} damages with groups, "
        f"{counts[1]:,} with windows7:\n\n"
        + table(head, [[place, *cells] for place, cells in rows.items()])
    )


def main(what, *words):
    begin, end = f"<!-- {what}: captured from here -->", f"<!-- {what}: to here -->"
    new = {"cost": cost, "corrupt": corrupt}[what](*words)
    before, found, rest = text(PAGE).partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        sys.exit(f"fronts.py: docs/front-ends.md has no marks {begin} and {end}")
    with open(PAGE, "w", encoding="utf-8") as page:
        page.write(f"{before}{begin}\n\n{new}\n\n{end}{after}")


main(*sys.argv[1:])
