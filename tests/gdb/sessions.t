#!/usr/bin/env python3
# needs: system gdb record lessons programs
"""The guided sessions of docs/debugging: what a page says to type is typed, and what it shows is
what comes.

What may differ from one build of the system to the next: alike.py.
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
from alike import Names, same  # noqa: E402
from tap import TOP, Plan, compiler  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
import sessions  # noqa: E402

plan = Plan()
PAGES = os.path.join(TOP, "docs", "debugging")
CAPTURED = 12  # the compiler whose code the pages show


def check(page):
    with open(os.path.join(PAGES, page), encoding="utf-8") as file:
        rows, said = sessions.run(file.read())
    names, typed = Names(), [row for row in rows if row[0] == "(gdb)"]
    wrong = []
    for _, command, shown, now in typed:
        now = now or []
        if len(shown) != len(now) or not all([same(*pair, names) for pair in zip(shown, now)]):
            wrong += [f"(gdb) {command}", "the page:", *shown, "now:", *now]
    if compiler() != CAPTURED and all(now or not shown for _, _, shown, now in typed):
        wrong = []  # other code: other addresses, counts, arguments that are optimized out
    plan.true(
        bool(typed) and not wrong,
        f"{page}: {len(typed)} commands show what the page shows",
        *(wrong[:60] or [said[-2000:]]),
        "`make sessions` captures the pages anew; read what changed before you commit it",
    )


# The rule itself: what it lets pass, and what not.
for mine, yours, wanted in (
    ("0x350000 at kernel/mm/fault.c:121", "0x360000 at kernel/mm/fault.c:9", True),
    ("main () at user/lessons/touch.c:15", "main () at user/lessons/touch.c:16", False),
    ("address=3473408", "address=3473409", True),
    ("use=MmPageUser", "use=MmPageTable", False),
    ("12 instructions", "0 instructions", False),
    ("0x350000 0x350000", "0x360000 0x370000", False),
    ("0x350000 0x360000", "0x370000 0x370000", False),
    ("$5 = 65 'A'", "$5 = 66 'B'", False),
    ("  1,405  heap        ntdll!F()", "    800  heap        ntdll!F()", True),
    ("  1,405  heap        ntdll!F()", "  1,405  heap        ntdll!G()", False),
    ("      heap 00320000: committed 28 KiB", "      heap 00330000: committed 32 KiB", True),
    ("    007553F8  busy            2000 bytes", "    007553F8  busy            2008 bytes", False),
    ("bt (Quiet=52) at ntdll/heap/core/find.c:1", "bt (Quiet=2) at ntdll/heap/core/find.c:9", True),
):
    what = f"{mine}: {'as' if wanted else 'not as'} {yours}"
    plan.equal(same(mine, yours, Names()), wanted, what)
# The README's first session is the first page's, and it is short.
with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
    readme = file.read()
with open(os.path.join(PAGES, "1-new.md"), encoding="utf-8") as file:
    first = [command for _, command, _ in sessions.commands(file.read())][:2]
plan.true(all(command in readme for command in first), "README's session is session 1", first)

with_session = [page for page in sorted(os.listdir(PAGES)) if re.match(r"\d-", page)]
for page in [*with_session, "stepping.md"]:
    check(page)
plan.done()
