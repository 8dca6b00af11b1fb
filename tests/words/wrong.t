#!/usr/bin/env python3
# needs: system gdb programs
# long: too
"""exc and analyze name what is wrong: null and wild pointers, a division by zero, written code, a
jump to nowhere, a double free, an overrun, a freed block under hpa, a bug check; with the program's
line and the layer; and nothing where nothing is wrong."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import session  # noqa: E402
from tap import LONG, TOP, Plan  # noqa: E402

plan = Plan()
with open(os.path.join(TOP, "tests", "words", "programs", "wrong.c")) as text:
    SOURCE = list(text)
ASKED = ["exc", "analyze"]
# What stops, the words of exc, of analyze, the line whose comment names it.
CASES = {
    "null": ("access violation (0xc0000005 STATUS_ACCESS_VIOLATION), first chance", "null pointer"),
    "wild": ("write to 41414141: free: no region holds it", "first chance"),
    "kernel": ("write to 80100000: a kernel address", "first chance"),
    "divide": ("integer division by zero (0xc0000094", "integer division by zero"),
    "code": ("present, r-x; image region", "the program"),
    "jump": ("execution of 50505050", "execution of 50505050: free"),
}
ENDS = {
    "double": "freed already",
    "overrun": "bytes after a block",
}


def line_of(mode):
    return next((n for n, line in enumerate(SOURCE, 1) if f"/* {mode} */" in line), None)


def check(mode, answers, words, said):
    exc, analyze = answers
    plan.true(words in exc, f"{mode}: exc: {words}", exc)
    plan.true(said in analyze, f"{mode}: analyze: {said}", analyze)
    if (number := line_of(mode)) is not None:
        line = f"wrong.c:{number}"
        found = [row for row in analyze.split("\n") if "the program's line" in row]
        plan.true(found and line in found[0], f"{mode}: the guilty line is {line}", analyze)


# ---- one session: each stops when it is raised, and again in the program's own handler ----
commands = [*ASKED]
for mode in CASES:
    commands += ["continue", *ASKED, "continue", *ASKED]
commands += ["continue", *ASKED, "exc -t", "heap"]
told, answers = session.run("wrong.exe", commands, arguments=[*CASES, "double"])
session.clean(plan, commands, answers)
plan.true("no exception is at hand" in answers[0], "good: exc says that there is none", answers[0])
text = answers[1]
plan.true("nothing is wrong here" in text and "every heap is sound" in text, "good: nothing", text)
for i, (mode, (words, said)) in enumerate(CASES.items()):
    here = answers[2 + 6 * i :]
    check(mode, here[1:3], words, said)
    inside = here[4].replace(", first chance", "")
    plan.true(words.split(",")[0] in inside, f"{mode}: exc in the handler", inside)
last = answers[2 + 6 * len(CASES) :]
check("double", last[1:3], "heap corruption (0xc0000374", ENDS["double"])
plan.true("layer: the heap (ntdll)" in last[2], "double: the heap's layer found it", last[2])

# ---- a bug check, asked for from the host ----
ask = ["monitor nmi", "continue", *ASKED]
_, answers = session.run("wrong.exe", ask)
text = answers[1]
plan.true("`analyze` says what it means" in text, "a bug check stops the session", text)
text = answers[2]
plan.true("bug check 0x80 NMI_HARDWARE_FAILURE" in text and "eip=" in text, "exc: it", text)
plan.true("layer: the kernel" in answers[3], "analyze: the bug check's layer", answers[3])

if LONG:
    ask = ["continue", *ASKED]
    _, answers = session.run("wrong.exe", ask, "--gflags", "ust", arguments=["overrun"])
    check("overrun", answers[1:], "heap corruption (0xc0000374", ENDS["overrun"])
    made = line_of("overrun") - 2
    plan.true(f"wrong.c:{made}" in answers[2], "overrun: who allocated the block", answers[2])
    _, answers = session.run(
        "wrong.exe", ["analyze"], stop="ntdll!RtlpHeapFailure", arguments=["double"]
    )
    plan.true(ENDS["double"] in answers[0], "where ntdll finds it, with the lock held", answers)
    _, answers = session.run("wrong.exe", ask, "--gflags", "hpa", arguments=["freed"])
    check("freed", answers[1:], "write to", "bytes, freed")
    plan.true("freed by" in answers[2], "freed: who freed it", answers[2])
plan.done()
