#!/usr/bin/env python3
# needs: system gdb record lessons programs
# long: too
"""`chain`: the staircase of one allocation, live and recorded the same; a first touch; freeing; a
sentence for whatever cannot be done."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from asked import FATHOM, each  # noqa: E402
from tap import LONG, OUT, Plan  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "bin", "first.exe")
scratch = tempfile.TemporaryDirectory(prefix="fathom-chain-")
ROW = re.compile(r"^ *([\d,]+)  (\w+) +(\w+)!([\w ]+)")
WAY_DOWN = [
    ("program", "first", "operator new"),
    ("runtime", "msvcrt", "malloc"),
    ("heap", "ntdll", "RtlAllocateHeap"),
    ("ntdll", "ntdll", "NtAllocateVirtualMemory"),
    ("ntdll", "ntdll", "KiFastSystemCall"),
    ("kernel", "nt", "KiFastCallEntry"),
    ("mm", "nt", "NtAllocateVirtualMemory"),
]


def gdb(commands, *words, program=PROGRAM):
    """What each command printed."""
    return each(commands, program, *words)


def rows(text):
    """[(instructions, layer, module, function)]"""
    found = (ROW.match(line) for line in text.split("\n"))
    return [(int(m[1].replace(",", "")), m[2], m[3], m[4].strip()) for m in found if m]


def total(text):
    return int(re.search(r"^ *([\d,]+)  instructions:", text, re.M)[1].replace(",", ""))


path = os.path.join(scratch.name, "first.rec")
subprocess.run([FATHOM, "record", "-o", path, PROGRAM], stdin=subprocess.DEVNULL)
nonsense, option, help_text, before, new, touch, freed, place, gone = gdb(
    ["chain nonsense", "chain -x", "help chain", "goto", "chain new", "chain touch", "chain free"]
    + ["goto", "chain VirtualAlloc"],
    "--recording",
    path,
)
plan.true("no function here has this name" in nonsense, "no name: a sentence", nonsense)
plan.true("no such option" in option, "no option: a sentence", option)
plan.true(help_text.startswith("One allocation, layer by layer"), "help is short first", help_text)
steps = [row[1:] for row in rows(new)]
plan.equal(steps[: len(WAY_DOWN)], WAY_DOWN, "new: each layer once, in the order of the chain")
plan.equal(sum(row[0] for row in rows(new)), total(new), "the layers' instructions are all of them")
plan.true("ring 3 ~~~~~~~~ sysenter ~~~~~~~~ ring 0" in new, "the crossing is marked", new)
result = re.search(r"operator new\(size 40000\) = ([0-9A-F]{8})", new)
plan.true(
    result and f"malloc(size 40000) = {result[1]}" in new,
    "arguments and results, layer by layer",
    new,
)
for what, pattern in (
    ("the heap's", r"heap [0-9A-F]{8}: committed (28 KiB -> 68|20 KiB -> 60) KiB"),  # GCC 12, 14
    ("the regions'", r"region [0-9A-F.]+ \(private\): committed pages \d+ -> \d+"),
    ("the PTEs'", r"PTEs of [0-9A-F.]+ \(10\): 0 -> rw-"),
    ("the pages'", r"pages committed, of the system: \d+ -> \d+"),
):
    plan.true(re.search(pattern, new), f"{what} changes are shown", new)
page = re.search(r"PTE of [0-9A-F]{8}: rw- -> page ([0-9a-f]+) ", touch)
plan.true(
    page and re.search(rf"PageAlloc\(.*\) = {page[1].upper()}$", touch, re.M),
    "a first touch: the page that PageAlloc returned is the PTE's",
    touch,
)
plan.true("first.cpp:10" in touch, "a first touch names the line of the store", touch)
plan.true("RtlFreeHeap" in freed and "is new" in freed, "freeing has its staircase", freed)
plan.equal(place, before, "on a recording one is where one was")
plan.true("the recording has no such call" in gone, "no such call: a sentence", gone)


def staircase(text):
    """Without the line that says where it is."""
    return [line for line in text.split("\n") if not line.startswith(("instruction ", "Function "))]


# Live, in the long form: a stop on the way, the same staircase, the end.
words = ["chain new", "chain touch"]
if not LONG:
    plan.done()
_, stopped, *live, after, none = gdb(
    ["break main", "chain malloc", *words, "chain VirtualAlloc", "chain"], "--icount"
)
plan.true("stopped here before such a call" in stopped, "a breakpoint on the way stops", stopped)
for word, text, wanted in zip(words, live, (new, touch)):
    plan.equal(staircase(text), staircase(wanted), f"{word}: live as recorded")
plan.true("the program ended before such a call" in after, "the end: a sentence", after)
plan.true("it has ended" in none and "Traceback" not in none, "no machine: a sentence", none)

# Blocks of all kinds; a heap that is damaged.
CHAINS = os.path.join(OUT, "tests", "gdb", "programs", "chains.exe")
words = ["malloc", "malloc", "CoTaskMemAlloc", "LocalAlloc", "realloc", "HeapFree"]
_, _, front, large, task, local, moved, unlinked = gdb(
    ["break given", "continue", *(f"chain {word}" for word in words)], "--icount", program=CHAINS
)
for text, pattern, what in (
    (front, r"front end: blocks of 48 bytes, free \d+ -> \d+", "a block of the front end"),
    (large, r"large block [0-9A-F]{8}, \d+ KiB of its own", "a large block"),
    (task, r"com +ole32!CoTaskMemAlloc\(Size 50\) = [0-9A-F]{8}", "task memory"),
    (local, r"free block [0-9A-F]{8} of [\d,]+ bytes is split", "a block that is split"),
    (moved, r"RtlReAllocateHeap\(.*\) = [0-9A-F]{8}", "a resize"),
    (unlinked, r"the heap found damage", "a damaged heap: a sentence, and no hang"),
):
    plan.true(re.search(pattern, text), what, text)
plan.done()
