#!/usr/bin/env python3
# needs: system record gdb programs
"""gdb on a recording: backtraces cross the ring, each step leads back, a watchpoint finds the
writer backwards, nothing can be written."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "record", "programs", "lesson.exe")
FATHOM = os.path.join(TOP, "tools", "fathom")
scratch = tempfile.TemporaryDirectory(prefix="fathom-record-")
path = os.path.join(scratch.name, "lesson.rec")
subprocess.run([FATHOM, "record", "--mem", "64", "-o", path, PROGRAM], stdin=subprocess.DEVNULL)


def gdb(script, *program, recorded=path):
    with open(os.path.join(scratch.name, "script"), "w") as out:
        out.write("set confirm off\n" + script)
    done = subprocess.run(
        [FATHOM, "gdb", "--recording", recorded, "--script", out.name, *program],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout + done.stderr


def positions(text):
    return [int(found) for found in re.findall(r"instruction (\d+) of", text)]


code, text = gdb("break PageAlloc\ncontinue\nbt\n", PROGRAM)
frames = re.findall(r"^#\d+ .*?(\w+) \(", text, re.M)
plan.true(
    {"PageAlloc", "NtAllocateVirtualMemory", "RtlAllocateHeap", "malloc", "blocks", "main"}
    <= set(frames)
    or {"PageAlloc", "MmAccessFault", "blocks", "main"} <= set(frames),
    "a backtrace from PageAlloc reaches main",
    text,
)

code, text = gdb(
    "break PageAlloc\ncontinue\nmonitor position\nstepi 300\nmonitor position\n"
    "reverse-stepi 300\nmonitor position\nreverse-finish\nbt 1\nmonitor position\n",
    PROGRAM,
)
at = positions(text)
plan.true(
    len(at) == 4 and at[1] == at[0] + 300 and at[2] == at[0] and at[3] < at[0],
    f"steps forward and back, reverse-finish: {at}",
    text,
)

# Who wrote `neighbour`?  From the end of main, backwards.
code, text = gdb(
    "break free\ncontinue\nmonitor position\nwatch -l neighbour\nreverse-continue\n"
    "monitor position\nbt 1\nstep\nprint neighbour != 0\n",
    PROGRAM,
)
source = os.path.join(TOP, "tests", "record", "programs", "lesson.c")
with open(source) as lines:
    line = [n for n, row in enumerate(lines, 1) if "neighbour = malloc" in row][0]
at = positions(text)
plan.true(
    f"lesson.c:{line}" in text and len(at) == 2 and at[1] < at[0],
    "reverse-continue to a watchpoint stops at the line that wrote it",
    text,
)

code, text = gdb("break free\ncontinue\nset var small = 0\n", PROGRAM)
plan.true("Cannot access memory at" in text, "a recording cannot be written to", text)
code, text = gdb("reverse-stepi\nmonitor goto 50\nmonitor position\nmonitor decoded\n", PROGRAM)
plan.true("No more reverse-execution history" in text, "before the first instruction is nothing", text)
decoded = int(re.findall(r"^(\d+)$", text, re.M)[-1])
size = os.path.getsize(path)
plan.true(decoded < size / 4, f"50 steps decode {decoded} bytes of a file of {size}")

# The program is another one now: it has no symbols, and that is said.
other = os.path.join(scratch.name, "other")
os.mkdir(other)
with open(PROGRAM, "rb") as exe, open(os.path.join(other, "lesson.exe"), "wb") as out:
    out.write(exe.read() + b"more")
os.environ["FATHOM_BUILT"] = "yes"
code, text = gdb("info symbol $pc\n", os.path.join(other, "lesson.exe"))
plan.true("lesson.exe: no file here is the recorded one" in text, "another program's symbols are not taken", text)
code, text = gdb("quit\n", recorded=PROGRAM)
plan.true(code == 125 and "it is no recording" in text, "a file that is no recording is refused", text)
plan.done()
