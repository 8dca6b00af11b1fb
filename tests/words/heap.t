#!/usr/bin/env python3
# needs: system gdb programs
# long: too
"""heap agrees with HeapWalk, block by block, on sound, empty, damaged and destroyed heaps; damage
is named and no walk hangs; under gflags' ust and hpa a block's stacks are shown with lines."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import session  # noqa: E402
from tap import LONG, TOP, Plan  # noqa: E402

plan = Plan()
SOURCE = os.path.join(TOP, "tests", "words", "programs", "heap.c")
PIECE = re.compile(r"^    ([0-9A-F]{8})  (busy|free|not committed) +(\d+) bytes", re.M)
MODES = {  # what `heap` says, and whether each block is still found
    "empty": ("", True),
    "overrun": ("of 20 bytes is overrun", True),
    "header": ("is overwritten: it holds 41414141", False),
    "links": ("leads to 41414141, where no page is (H5)", True),
    "circle": ("runs in a circle", True),
    "front": ("(front end) is overwritten (H11)", False),
    "segment": ("has no segment's signature", None),
    "gone": ("the process has no such heap", None),
}


def line_of(text):
    """The number of the line of heap.c that has this text."""
    with open(SOURCE) as lines:
        return next(n for n, line in enumerate(lines, 1) if text in line)


def listed(answer):
    """{(address, kind, bytes)} of `heap -a`."""
    return {(at, "range" if "not" in kind else kind, n) for at, kind, n in PIECE.findall(answer)}


def walked(name):
    """The same as the program has it, of one of its heaps."""
    return {(at, kind, n) for heap, kind, at, n in session.rows(told, "BLOCK") if heap == name}


def same(got, name, text):
    wanted = walked(name)
    more, less = sorted(got - wanted)[:9], sorted(wanted - got)[:9]
    plan.true(got == wanted, f"{text}: {len(wanted)} as HeapWalk", f"only here: {more}", less)


ONE = ["heap", "heap 3", "heap -s 3", "heap -stat 3", "heap -flt 0x30", "heap -p", "vad"]
ONE += [f"heap -a {number}" for number in (1, 2, 3)]
ONE += ["heap -p -a page", "heap -flt s 0x30"]
ONE += ["address small", "address front", "heap -x 1000", "heap -x nonsense", "heap -q", "heap 99"]
PLACES = ("small", "inside", "freed", "large", "front", "page")
ONE += [f"heap -x {name}" for name in PLACES]
commands = list(ONE)
for number, mode in enumerate(MODES, 4):
    commands += ["continue", "heap", f"heap {number}", f"heap -a {number}", f"heap -stat {number}"]
    commands += ["heap -x blocks[0]", "heap -x blocks[5]", "vad", "process"]
told, answers = session.run("heap.exe", commands, arguments=["healthy", *MODES])
session.clean(plan, commands, answers)
answer = dict(zip(ONE, answers))
heaps = dict(session.rows(told, "HEAP"))

# ---- a sound process ----
for number, name in enumerate(("process", "msvcrt", "healthy"), 1):
    same(listed(answer[f"heap -a {number}"]), name, f"heap {number}")
    found = walked(name)
    sums = [[int(n) for _, kind, n in found if kind == which] for which in ("busy", "free")]
    wanted = [str(number), heaps[name], *(str(f(part)) for part in sums for f in (len, sum))]
    rows = [line.split()[:6] for line in answer["heap"].split("\n")]
    plan.true(wanted in rows, f"heap {number}: its sums are HeapWalk's", wanted, answer["heap"])
busy = [(at, n) for at, kind, n in walked("healthy") if kind == "busy"]
count = [n for _, n in busy].count("48")
rows = [line.split()[:3] for line in answer["heap -stat 3"].split("\n")]
plan.true(["48", str(count), str(48 * count)] in rows, "-stat", answer["heap -stat 3"])
filtered = {line.split()[2] for line in answer["heap -flt 0x30"].split("\n")}
everywhere = {at for _, kind, at, n in session.rows(told, "BLOCK") if (kind, n) == ("busy", "48")}
plan.true(everywhere & filtered >= {at for at, n in busy if n == "48"}, "-flt", filtered)
for command, word in (
    ("heap 3", "front end, blocks of 56"),
    ("heap 3", "a character is"),
    ("vad", "heap 3, large block"),
    ("heap -x 1000", "no block of the process's heaps"),
    ("heap -x nonsense", "No symbol"),
    ("heap -x small", ", 20 bytes, busy; byte 0"),
    ("heap -x inside", "180 bytes, busy; byte 7 of it"),
    ("heap -x freed", "bytes, free; byte 0"),
    ("heap -x large", "large: block"),
    ("heap -x front", "front end: block"),
    ("heap -x page", "100000 bytes, busy"),
    ("heap -p -a page", "100000 bytes, busy"),
    ("heap -flt s 0x30", "48 bytes"),
    ("heap -x page", "run with --gflags ust"),
    ("address small", "heap 3, segment 0: back end block"),
    ("address front", "front end block"),
    ("heap -q", "no such option"),
    ("heap 99", "no such heap"),
    ("heap -p", "nothing is kept of blocks"),
):
    plan.true(word in answer[command], f"{command}: {word}", answer[command])

# ---- damaged ones ----
for i, (mode, (words, exact)) in enumerate(MODES.items()):
    first = len(ONE) + 9 * i + 1
    every, one, blocks = answers[first : first + 3]
    plan.true(words in one, f"{mode}: {words or 'nothing is wrong'}", one)
    if not words:
        plan.true("(H" not in one, f"{mode}: no damage", one)
    if exact:
        same(listed(blocks), mode, f"{mode}: the blocks")
    elif exact is False:
        lost = walked(mode) - listed(blocks)
        plan.true(0 < len(lost) <= 3, f"{mode}: all blocks but {len(lost)} are still found", lost)

# ---- with stacks ----
made, freed = line_of("blocks[i] = HeapAlloc"), line_of("HeapFree(heap, 0, blocks[i])")
ask = ["heap -x blocks[0]", "heap -x blocks[5]", "heap -p"]
_, answers = session.run("heap.exe", ask, "--gflags", "ust", arguments=["overrun"])
session.clean(plan, ask, answers)
text = answers[0]
plan.true(f"heap.c:{made}" in text and "heap!main" in text, "ust: who allocated it, by line", text)
text = answers[1]
plan.true("freed by" in text and f"heap.c:{freed}" in text, "ust: who freed it, by line", text)
plan.true("blocks are known" in answers[2], "ust: -p counts them", answers[2])
if LONG:
    ask += ["heap 3", "heap -a 3"]
    told, answers = session.run("heap.exe", ask, "--gflags", "hpa", arguments=["circus"])
    session.clean(plan, ask, answers)
    text = answers[0]
    plan.true("page heap" in text and f"heap.c:{made}" in text, "hpa: pages and stack", text)
    text = answers[1]
    plan.true("freed by" in text and f"heap.c:{freed}" in text, "hpa: a freed block", text)
    same(listed(answers[4]), "circus", "hpa: the blocks")
plan.done()
