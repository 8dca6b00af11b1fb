#!/usr/bin/env python3
# needs: system
# long: too
"""--leaks: the blocks that a stock program did not free, by stack and line, and nothing else."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import LONG, TOP, Plan
from stock import PREFIX, build, fathom, line_of, run_all

sys.path.insert(0, os.path.join(TOP, "tools"))
from host import reports, leaks  # in this order: each needs the other

plan = Plan()
folder = tempfile.mkdtemp(prefix="leaks-")


def at(mark):
    return line_of("forgets.cpp", mark)


# count, bytes, who gave it, the lines of the stack from the allocation outwards
WANTED = {
    (10, 80, "operator new", ("push", "list")),
    (1, 56, "operator new", ("make",)),
    (1, 12, "operator new", ("words",)),
    (2, 70, "operator new", ("string",)),
    (1, 21, "malloc", ("worker",)),
    (1, 31, "RtlAllocateHeap", ("HeapAlloc",)),
    (1, 32, "LocalAlloc", ("LocalAlloc",)),
    (1, 33, "CoTaskMemAlloc", ("CoTaskMemAlloc",)),
    (1, 24, "SysAllocString", ("SysAllocString",)),
    (1, 35, "realloc", ("realloc",)),
    (1, 36, "calloc", ("calloc",)),
    (1, 38, "_strdup", ("strdup",)),
}
SUM = "25 blocks, 501 bytes not freed"


def entries(text):
    """{(count, bytes, giver, lines of forgets.cpp and there.c)} of a list."""
    found = set()
    for entry in re.split(r"^  (?=\d+ blocks?, )", text, flags=re.M)[1:]:
        head = re.match(r"(\d+) blocks?, (\d+) bytes?, by (.*)", entry)
        places = re.findall(r"^    .*?((?:forgets|there)\.\w+:\d+)$", entry, re.M)
        found.add((int(head[1]), int(head[2]), head[3], tuple(places)))
    return found


def wanted(found):
    """What of WANTED a list lacks, and what it has besides, the innermost lines compared."""
    want = {(c, b, g, tuple(map(at, marks))) for c, b, g, marks in WANTED}
    want.add((3, 33, "malloc", (line_of("there.c", "keep"),)))
    got = {(c, b, g, p[: 2 if c == 10 else 1]) for c, b, g, p in found}
    return want - got, got - want


class Nowhere:
    """Reports of a machine in which no module lies."""

    @staticmethod
    def find(_):
        return None


def forged(lines, times):
    """What is kept of lines that a program says so many times by NtFathomReport, and the
    verdict."""
    taken = leaks.Leaks(Nowhere)
    for _ in range(times):
        for line in lines:
            taken.line(line)
    return taken, *taken.conclude("exited")


STACK = ["  1 blocks, 8 bytes, allocated by", "    00401234 "]
ONE = "fathom: x.exe (pid 12): 1 blocks, 8 bytes in its heaps as it ends"
taken, _, _ = forged(STACK, 30000)
plan.equal(len(taken.groups), leaks.MOST_STACKS, "stacks without end: so many are kept")
taken, _, _ = forged([STACK[0]] + STACK[1:] * 100, 1)
plan.equal(len(taken.groups[0].frames), leaks.MOST_CALLERS, "so are a stack's callers")
_, said, lines = forged([ONE], 60000)
plan.true(
    said.startswith("fathom: leaks: too long a list: ")
    and lines[-1] == said
    and len(lines) <= leaks.MOST_LINES + 1,
    "lists without end: the cut is said, and is a failure under --leaks=fail",
    said,
)

try:
    dll = build(folder, "there.dll", "there.c", "-shared", "-O2", "-g")
    libraries = (dll, "-lole32", "-loleaut32")
    forgets = build(folder, "forgets.exe", "forgets.cpp", "-O2", "-g", *libraries)
    if LONG:
        build(folder, "slow.exe", "forgets.cpp", "-O0", "-g", *libraries)
    shutil.copy(forgets, os.path.join(folder, "bare.exe"))
    subprocess.run([PREFIX + "strip", os.path.join(folder, "bare.exe")], check=True)

    shutil.copy(forgets, os.path.join(folder, "plain.exe"))
    subprocess.run([PREFIX + "strip", "-g", os.path.join(folder, "plain.exe")], check=True)
    shutil.copy(dll, os.path.join(folder, "guest.dll"))
    with open(os.path.join(folder, "clean.c"), "w") as file:
        file.write('#include <stdio.h>\nint main(void) { return printf("%.17g\\n", 0.1) < 0; }\n')
    build(folder, "clean.exe", os.path.join(folder, "clean.c"))

    done = fathom("run", "--leaks=fail", "--add", dll, forgets)
    text = done.stderr.decode()
    plan.equal(done.stdout, b"ends by return\r\n", "the output stays")
    plan.equal(
        (done.returncode, text.rstrip().split("\n")[-1]),
        (248, f"fathom: leaks: {SUM}"),
        "--leaks=fail has an exit code of its own",
    )
    plan.equal(wanted(entries(text)), (set(), set()), "-O2: each block by its stack, no other")
    plan.true(
        re.search(rf"^fathom: forgets.exe \(pid \d+\): {SUM}$", text, re.M),
        "the sum",
        text,
    )
    sizes = [int(n) for n in re.findall(r"^  \d+ blocks?, (\d+) bytes", text, re.M)]
    plan.equal(sizes, sorted(sizes, reverse=True), "the largest first")
    plan.true("main at " in text and "tmainCRTStartup" not in text, "a stack ends at main", text)
    ends = ("return", "exit", "ExitProcess", "abort", "crash", "terminate")
    lines = [f"forgets.exe {end}" for end in ends] + ["plain.exe", "bare.exe", "clean.exe"]
    lines += ["--add guest.dll forgets.exe guest", "forgets.exe parent"]
    lines += ["slow.exe"] if LONG else []
    jobs = run_all(folder, lines, "--leaks=fail", "--add", dll)
    texts = ["\n".join(job[2]) for job in jobs]
    for end, job, text in list(zip(ends, jobs, texts))[:4]:
        plan.equal(wanted(entries(text)), (set(), set()), f"{end}: the same list")
        plan.equal(job[1]["exit"], "3" if end == "abort" else "7", f"{end}: its own exit code")
    for text, why in zip(texts[4:6], ("it crashed", "it did not end by ExitProcess")):
        plan.true(f"leaks: no list of blocks: {why}" in text, f"no list: {why}", text)
    plan.true(
        re.search(r"^  10 blocks, 80 bytes, by operator new\n    lose_list ", texts[6], re.M)
        and SUM in texts[6],
        "without -g: functions",
        texts[6],
    )
    plan.true(
        re.search(r"^  10 blocks, 80 bytes, by malloc\n    bare.exe\+[0-9a-f]+$", texts[7], re.M)
        and SUM in texts[7],
        "stripped: module and offset",
        texts[7],
    )
    plan.equal(
        (jobs[8][0], re.sub(r"pid \d+", "pid", texts[8])),
        (True, "fathom: clean.exe (pid): all of its blocks were freed"),
        "what printf and the start-up keep is none of the program's",
    )
    place = line_of("there.c", "keep"), at("guest")
    plan.true(
        (2, 22, "malloc", place) in {(*e[:3], e[3][:2]) for e in entries(texts[9])},
        "a DLL that is gone",
        texts[9],
    )
    plan.equal(texts[10].count(SUM), 2, "a process that it started has a list of its own")
    if LONG:
        plan.equal(wanted(entries(texts[11])), (set(), set()), "-O0: the same list")
    plan.equal([job[0] for job in jobs[:9]], [False] * 8 + [True], "batch --leaks=fail: not ok")
finally:
    shutil.rmtree(folder)
plan.done()
