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

sys.path.insert(0, os.path.join(TOP, "tools"))
from record.recording import Recording  # noqa: E402

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

# Back over the line that touches a page.
code, text = gdb(
    "break free\ncontinue\nreverse-finish\n" + "reverse-next\n" * 5 + "step\n" * 6, PROGRAM
)
with open(source) as lines:
    wanted = [
        n for n, row in enumerate(lines, 1) if re.search(r"large\[0xC000|large = malloc", row)
    ]
passed = [int(line) for line in re.findall(r"^(\d+)\t", text, re.M)][2:]
plan.true(
    set(wanted) <= set(passed) and "pagefault." not in text,
    f"reverse-next over a page fault stays in the program: {passed}",
    text,
)

plan.true(
    re.search(r"malloc \(size=(size@entry=)?40\) at", text),
    "step enters an imported function on a recording, too",
    text,
)

code, text = gdb("break free\ncontinue\nrwatch small\n", PROGRAM)
plan.true(
    "not what was read: use watch" in text, "a recording has no reads to watch: a sentence", text
)
for asked, said in (
    ("set var small = 0", "Writing to memory is not allowed"),
    ("jump main", "Writing to registers is not allowed"),
    ("call malloc(5)", "Cannot call functions in the program"),
    ("goto -5", "goto: no number of an instruction"),
    ("goto 99999999", "the recording has no instruction 99999999"),
):
    code, text = gdb(f"break free\ncontinue\n{asked}\n", PROGRAM)
    plan.true(said in text, f"a recording is not changed: {asked}: {said}", text)
code, text = gdb(
    "reverse-stepi\nmonitor goto 50\nmonitor position\nmonitor decoded\n"
    "continue\nmonitor decoded\n",
    PROGRAM,
)
history = (
    "No more reverse-execution history|Backward execution from here not possible"  # gdb 13, 16
)
plan.true(re.search(history, text), "before the first instruction is nothing", text)
decoded, passed = (int(number) for number in re.findall(r"^(\d+)$", text, re.M)[-2:])
size, whole = os.path.getsize(path), Recording(path)
plan.true(decoded < size / 4, f"50 steps decode {decoded} bytes of a file of {size}")
while whole.forward():
    pass
plan.true(
    passed < whole.decoded * 2 / 3, f"continue to the end decodes {passed} bytes of {whole.decoded}"
)

# ---- x87 and SSE ----
FLOATING = os.path.join(OUT, "tests", "record", "programs", "floating.exe")
vectors = os.path.join(scratch.name, "floating.rec")
subprocess.run([FATHOM, "record", "--mem", "64", "-o", vectors, FLOATING], stdin=subprocess.DEVNULL)
code, text = gdb(
    "break add\ncontinue\nfinish\nprint $st0\nprint/x $ftag\nreverse-stepi\nreverse-stepi\n"
    "tbreak doubled\ncontinue\nset $n = 0\nwhile $xmm3.v4_float[3] != 8\nstepi\nend\n"
    "output $xmm3.v4_float\necho \\n\nreverse-stepi\noutput $xmm3.v4_float\necho \\n\n"
    "reverse-stepi\noutput $xmm3.v4_float\necho \\n\n",
    FLOATING,
    recorded=vectors,
)
plan.true(
    "Value returned is $1 = 6.25" in text and "$2 = 6.25" in text, "a double is in ST(0)", text
)
plan.true("$3 = 0x3fff" in text, "the tag word says that one x87 register is full", text)
shown = re.findall(r"^\{[\d, ]+\}$", text, re.M)
plan.true(
    shown[:2] == ["{2, 4, 6, 8}", "{1, 2, 3, 4}"] and len(set(shown)) == 3,
    f"XMM3 forward and back: {shown}",
    text,
)

# The program is another one now: it has no symbols, and that is said.
other = os.path.join(scratch.name, "other")
os.mkdir(other)
with open(PROGRAM, "rb") as exe, open(os.path.join(other, "lesson.exe"), "wb") as out:
    out.write(exe.read() + b"more")
os.environ["FATHOM_BUILT"] = "yes"
code, text = gdb("info symbol $pc\n", os.path.join(other, "lesson.exe"))
plan.true(
    "lesson.exe: no file here is the recorded one" in text,
    "another program's symbols are not taken",
    text,
)
code, text = gdb("quit\n", recorded=PROGRAM)
plan.true(
    code == 125 and "it is no recording" in text, "a file that is no recording is refused", text
)
plan.done()
