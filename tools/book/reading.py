#!/usr/bin/env python3
"""reading.py: the table of docs/reading-order.md, from the captured path and the sources.

  reading.py PATH.json           write the table anew: functions, lines, instructions
  reading.py --check PATH.json   exit 1 if the table has other functions or another order
  reading.py --lines             the functions are the same: only their line numbers, anew
  reading.py --check-lines       exit 1 if a function is not where the table says
  reading.py --density PATH.json how much of the files is on the path: `file path-lines code-lines`
"""
import collections
import json
import os
import re
import sys

import source

PAGE = os.path.join(source.TOP, "docs", "reading-order.md")
HEAD = "| # | function | file | lines | instructions |\n|--:|---|---|---|--:|\n"
ROW = re.compile(r"^\| (\d+) \| `([^`]+)` \| `([^`]+)` \| (\d+)–(\d+) \| (\d+) \|$", re.M)
TABLE = re.compile(re.escape(HEAD) + r"(?:\| \d.*\n)+")
GENERATED = "build/"  # the stubs are made from include/services.tbl


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def rows():
    """[(name, file, first, last, instructions), ...] as the page has them."""
    return [
        (name, file, int(first), int(last), int(count))
        for _, name, file, first, last, count in ROW.findall(read(PAGE))
    ]


def write(table):
    text = HEAD + "".join(
        f"| {n} | `{name}` | `{file}` | {first}–{last} | {count} |\n"
        for n, (name, file, first, last, count) in enumerate(table, 1)
    )
    page, count = TABLE.subn(lambda _: text, read(PAGE))
    if count != 1:
        sys.exit("reading.py: docs/reading-order.md has no table, or two")
    with open(PAGE, "w", encoding="utf-8") as out:
        out.write(page)


def captured(path):
    keys = ("name", "file", "first", "last", "instructions")
    return [tuple(row[key] for key in keys) for row in json.loads(read(path))["functions"]]


def now(row):
    """The row with the lines that its function has in the sources, or None."""
    name, file, first, last, count = row
    if file.startswith(GENERATED):
        return row
    if not os.path.exists(os.path.join(source.TOP, file)):
        return None
    found = source.find(file, name)
    return (name, file, *found, count) if found else None


def lines(check):
    table = [(row, now(row)) for row in rows()]
    wrong = [f"{row[0]} in {row[1]}" for row, found in table if not found]
    moved = [f"{row[0]}: {row[2]}–{row[3]} is {found[2]}–{found[3]} now"
             for row, found in table if found and found != row]
    if wrong or (check and moved):
        print(*(f"not there: {each}" for each in wrong), *moved, sep="\n")
        return 1
    if not check:
        write([found for _, found in table])
    return 0


def density(path):
    on = collections.defaultdict(set)
    for _, file, first, last, _ in captured(path):
        if not file.startswith(GENERATED):
            on[file] |= set(range(first, last + 1))
    counts = {file: source.code_lines(file) for file in on}
    for file in sorted(on):
        print(file, len(on[file] & counts[file]), len(counts[file]))
    mine = sum(len(on[file] & counts[file]) for file in on)
    whole = sum(map(len, counts.values()))
    print(f"density {100 * mine / whole:.1f} %, {mine} of {whole} code lines")
    return 0


def main(words):
    if words[:1] == ["--density"]:
        return density(words[1])
    if words[:1] in (["--lines"], ["--check-lines"]):
        return lines(words[0] == "--check-lines")
    table = captured(words[-1])
    if words[0] == "--check":
        return [row[:2] for row in rows()] != [row[:2] for row in table]
    return write(table) or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
