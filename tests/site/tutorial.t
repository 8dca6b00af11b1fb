#!/usr/bin/env python3
# needs: system gdb lessons
# long: too
"""The tutorial: what its pages say to type is typed, and what they show is what comes (make test:
the first block; make test-long: all).  What may differ from one build to the next:
tests/gdb/alike.py.  The Chinese pages have the same blocks."""
import glob
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import LONG, TOP, Plan  # noqa: E402

sys.path[:0] = [os.path.join(TOP, "tests", "gdb"), os.path.join(TOP, "tools", "site")]
import tutorial  # noqa: E402
from alike import Names, same  # noqa: E402

plan = Plan()
FENCED = re.compile(r"^```.*?^```$", re.M | re.S)
OFFSET = re.compile(r"(?<=\.dll)\+[0-9a-f]+|(?<=\w)\+[0-9a-f]+(?=\))")


def alike(page, now, names):
    return same(OFFSET.sub("+OFFSET", page), OFFSET.sub("+OFFSET", now), names)


def check(path, first):
    """first: only the first block of the page."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if first:
        text = tutorial.BLOCK.search(text)[0]
    wrong, count = [], 0
    for _, typed, shown, now in tutorial.run(text):
        count += 1
        names = Names()  # of this boot
        if shown is None:
            continue
        apart = [
            f"the page: {a}\n     now: {b}" for a, b in zip(shown, now) if not alike(a, b, names)
        ]
        if len(shown) != len(now):
            apart.append(f"the page has {len(shown)} lines, now there are {len(now)}: {now[-3:]}")
        wrong += ["typed: " + typed.strip().split("\n")[0], *apart] if apart else []
    plan.true(
        count > 0 and not wrong,
        f"{os.path.relpath(path, TOP)}: {count} blocks show what the page shows",
        *wrong[:60],
        "`make tutorial` captures the pages anew; read what changed before you commit it",
    )


# In place of the page's own main: blocks that fill a region to its last byte.
FILLS = """
int main(void)
{
    char *last = NULL;
    for (int i = 0; i < 5000; i++, last += 24) {
        char *block = own_alloc(24);
        if (last && block < last && block + 24 > last - 24)
            return 1;
        last = memset(block, i, 24);
    }
    return 0;
}
"""


def own_blocks():
    """Chapter 6's allocator keeps within the memory that it has."""
    with open(os.path.join(TOP, "docs", "tutorial", "6-own.md"), encoding="utf-8") as file:
        text = re.search(r"^(#include.*?)^int main", file.read(), re.M | re.S)[1]
    with tempfile.TemporaryDirectory() as folder:
        source, program = (os.path.join(folder, "own." + kind) for kind in ("c", "exe"))
        with open(source, "w", encoding="utf-8") as file:
            file.write(text + FILLS)
        subprocess.run(["i686-w64-mingw32-gcc", "-g", source, "-o", program], check=True)
        done = subprocess.run(
            [os.path.join(TOP, "tools", "fathom"), "run", program],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    plan.equal(done.returncode, 0, "own.c fills its memory and writes nowhere else")


own_blocks()
names = Names()
for page, now, wanted in (
    ("F at 00335760", "F at 00345760", True),
    ("F at 00335760", "F at 00335760", False),  # 00335760 is 00345760 now
    ("a good call: 00000000, 4096 bytes", "a good call: 00000000, 8192 bytes", False),
    ("in store at a.c:15", "in store at a.c:16", False),
    ("at ntdll.dll+87a1 (RtlpTakeSound+51)", "at ntdll.dll+88a1 (RtlpTakeSound+3)", True),
    ("at ntdll.dll+87a1 (RtlpTakeSound+51)", "at ntdll.dll+87a1 (RtlpTakeAny+51)", False),
):
    plan.equal(alike(page, now, names), wanted, f"{page}: {'as' if wanted else 'not as'} {now}")
pages = sorted(glob.glob(os.path.join(TOP, "docs", "tutorial", "[0-9]-*.md")))
plan.equal(len(pages), 6, "six chapters")
for path in pages if LONG else pages[:1]:
    check(path, not LONG)
for path in pages:
    with open(path, encoding="utf-8") as file:
        english = FENCED.findall(file.read())
    with open(path.replace("/docs/", "/docs/zh/"), encoding="utf-8") as file:
        plan.equal(
            FENCED.findall(file.read()),
            english,
            f"{os.path.basename(path)}: the same blocks in Chinese",
        )
plan.done()
