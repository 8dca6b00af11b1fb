#!/usr/bin/env python3
# needs: system gdb record lessons programs
# long: too
"""Running to a place of the chain: the doors of a layer, the crossings, a page, the writer of a
heap block; on a recording, and live (in the long form)."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from asked import FATHOM, each  # noqa: E402
from tap import LONG, OUT, TOP, Plan  # noqa: E402

plan = Plan()
TOUCH, WRITER, TWICE = (
    os.path.join(OUT, "bin", f"{name}.exe") for name in ("touch", "writer", "twice")
)
BLOCK = os.path.join(OUT, "tests", "gdb", "programs", "block.exe")
scratch = tempfile.TemporaryDirectory(prefix="fathom-stops-")


def line_of(path, text):
    with open(os.path.join(TOP, path)) as source:
        number = [n for n, row in enumerate(source, 1) if text in row][0]
        return f"{os.path.basename(path)}:{number}"


def layers_crossings_pages():
    commands = ["until-ring0", "bl-layer nowhere", "until-page 3", "break touch.c:15", "continue"]
    commands += ["until-ring3", "until-ring0", "until-ring0", "until-page", "until-page"]
    commands += ["until-ring3", "bl-layer", "bl-layer mm", "continue", "bl-layer", "bl-layer -d"]
    commands += ["continue", "until-ring0", "bl-layer -d mm"]
    early, nowhere, extra, _, _, *moves = each(commands, TOUCH, "--icount")
    up, down, again, page, pte, back, layers, on, hit, after, off, end, gone, none = moves
    plan.true("no program runs yet" in early, "before a program: a sentence", early)
    plan.true("no layer with doors" in nowhere, "no layer: a sentence", nowhere)
    plan.true("takes no argument" in extra, "an argument too many: a sentence", extra)
    plan.true("ring 3 already" in up, "until-ring3 in ring 3: a sentence", up)
    plan.true("page fault" in down and "KiTrap0E" in down, "until-ring0: the store's fault", down)
    plan.true("ring 0 already" in again, "until-ring0 in ring 0: a sentence", again)
    plan.true("PageAlloc (use=MmPageUser" in page, "until-page: the allocation", page)
    plan.true(
        re.search(r"PTE of 00350000: (0|rw-) -> page [0-9a-f]+ ", pte), "until-page: the PTE", pte
    )
    plan.true("iret" in back and "touch.c:15" in back, "until-ring3: back at the store", back)
    plan.true(all(name in layers for name in ("heap", "mm", "kernel32")), "bl-layer lists", layers)
    called = "mm: MmAccessFault, called by KiPageFault (kernel)"
    plan.true(called in hit, "bl-layer mm: from above", on, hit)
    plan.true("1 hits" in after and "mm deleted" in off, "hits are counted; -d", after, off)
    plan.true("exited" in end and "it has ended" in gone, "after the end: a sentence", end, gone)
    plan.true("no stops are there" in none, "nothing to delete: a sentence", none)


def block_life():
    commands = ["watch-block 0x1000", "break given", "continue", "watch-block 0x1000"]
    commands += ["watch-block", "watch-block block", *["continue"] * 8]
    commands += ["watch-block", "watch-block -d"]
    early, _, _, wild, empty, set_, *stops, listed, deleted = each(commands, BLOCK, "--icount")
    written, resized, moved, then, freed, late, reused, end = stops
    source = "tests/gdb/programs/block.c"
    plan.true("no program runs yet" in early and "no heap of this" in wild, "wild addresses", wild)
    plan.true("no block is watched" in empty and "(100 bytes)" in set_, "a block is watched", set_)
    plan.true(line_of(source, "'X'") in written and "74 -> 58" in written, "its writer", written)
    plan.true("resized to 5000 bytes by main" in resized, "its resize", resized)
    there = re.search("block (.{8}) .* is block (.{8}) now, .* and watched there", moved, re.S)
    plan.true(there and there[1] != there[2], "the watch follows it elsewhere", moved)
    plan.true(line_of(source, "'Y'") in then, "its writer there", then)
    plan.true(f"is freed by main at {source}" in freed, "its free", freed)
    after_free = "freed): its contents" in late and line_of(source, "'Z'") in late
    plan.true(after_free, "a late write", late)
    plan.true("in use)" in reused and "memset" in reused, "its place is another block's", reused)
    plan.true("exited" in end and "freed)" in listed and "deleted" in deleted, "to the end", end)


def freed_block():
    commands = [
        "break release",
        "continue",
        "finish",
        "watch-block -h alice.name",
        "print/x alice.name",
    ]
    *_, set_, there = each(commands, TWICE, "--icount")
    found = re.match(r"\$1 = 0x([0-9a-f]+)\n", there)
    named = f"block {int(found[1], 16):08X} (" if found else "no address"
    plan.true(
        named in set_ and "freed): its header" in set_, "a freed block: its own header", set_, there
    )


# ---- on a recording, both ways ----
def recorded(program, *stretch):
    path = os.path.join(scratch.name, "program.rec")
    subprocess.run([FATHOM, "record", *stretch, "-o", path, program], stdin=subprocess.DEVNULL)
    return "--recording", path


commands = ["bl-layer runtime", "continue", "bl-layer -d", "break free", "continue"]
commands += ["watch-block -h next", "reverse-continue", "continue", "watch-block -d"]
_, door, _, _, _, set_, writer, forward, _ = each(
    commands, WRITER, *recorded(WRITER, "--from", "main", "--to", "ntdll!RtlpHeapFailure")
)
plan.true("runtime: malloc, called by main (program)" in door, "bl-layer on a recording", door)
plan.true("its header watched" in set_, "a block whose header is gone", set_)
line = line_of("user/lessons/writer.c", "strcpy(name")
plan.true(
    "its header is written by strcpy" in writer and line in writer,
    "reverse-continue: the writer of a corrupted header",
    writer,
)
plan.true("08 -> 00" in writer, "old and new in the order of time", writer)
plan.true("Breakpoint" in forward or "written" in forward, "and forward again", forward)
commands = ["tbreak touch.c:15", "continue", "until-ring0", "until-page", "until-page"]
commands += ["until-ring3", *["until-ring0"] * 2]
_, _, down, page, pte, up, *_, end = each(commands, TOUCH, *recorded(TOUCH))
plan.true("page fault" in down, "until-ring0 on a recording", down)
plan.true("PageAlloc" in page and "PTE of 00350000" in pte, "until-page on a recording", page, pte)
plan.true("iret" in up and "touch.c:15" in up, "until-ring3 on a recording", up)
plan.true("the recording ends first" in end or "ring 0 already" in end, "to its end", end)
if LONG:
    layers_crossings_pages()
    block_life()
    freed_block()
plan.done()
