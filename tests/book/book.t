#!/usr/bin/env python3
# long: too
# long tools: book
"""docs/reading-order.md is true: each function is at its lines, and (make test-long) a walk
captured now has the same functions in the same order.  The book has at most 40 pages."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import LONG, OUT, TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools", "book"))
import reading  # noqa: E402

PATH_LINES, PAGES = 1500, 40  # lines; pages of A4
DENSITY = 50  # percent of code lines
READING = os.path.join(TOP, "tools", "book", "reading.py")
plan = Plan()


def reading_py(*words):
    done = subprocess.run(
        [sys.executable, READING, *words], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


code, said = reading_py("--check-lines")
plan.equal((code, said), (0, ""), "each function is at its lines: make reading-order")
rows = reading.rows()
lines = sum(last - first + 1 for _, _, first, last, _ in rows)
plan.true(
    len(rows) > 50 and lines <= PATH_LINES,
    f"a cold malloc and its touch pass through {lines} lines, at most {PATH_LINES}",
)
moved = (*rows[5][:2], 1, 2, rows[5][4])
plan.true(reading.now(moved) != moved, "a function that moved is noticed")

if LONG:
    made = subprocess.run(
        ["make", "-s", "-C", TOP, f"O={OUT}", "book"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    book = os.path.join(OUT, "book")
    plan.equal(made.returncode, 0, "make book")
    code, said = reading_py("--check", os.path.join(book, "path.json"))
    plan.equal(code, 0, "a walk captured now has these functions: make reading-order")
    code, said = reading_py("--density", os.path.join(book, "path.json"))
    found = re.search(r"density ([\d.]+) %", said)
    plan.true(
        found and float(found[1]) >= DENSITY,
        f"at least {DENSITY} % of the code lines in the files of the path are on it",
        said,
    )
    with open(os.path.join(book, "chain.pdf"), "rb") as pdf:
        pages = len(re.findall(rb"/Type\s*/Page\b", pdf.read()))
    plan.true(0 < pages <= PAGES, f"the book has {pages} pages, at most {PAGES}")
plan.done()
