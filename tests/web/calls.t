#!/usr/bin/env python3
# needs: system record gdb web programs
# long: only
# tools: web
"""The calls of a recording as web/model/calls.js finds them, by the stack pointer alone, are the
frames that gdb unwinds by DWARF at the same instructions."""
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from host import replay  # noqa: E402
from record.recording import Recording  # noqa: E402
from web import functions  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "web", "programs", "six.exe")
FATHOM = os.path.join(TOP, "tools", "fathom")
SAMPLES = 60
scratch = tempfile.TemporaryDirectory(prefix="fathom-web-")
path = os.path.join(scratch.name, "six.rec")
rows = os.path.join(scratch.name, "functions.json")
script = os.path.join(scratch.name, "script")
subprocess.run([FATHOM, "record", "--mem", "64", "-o", path, PROGRAM], stdin=subprocess.DEVNULL)
recording = Recording(path)
places = [os.path.dirname(PROGRAM), os.path.join(OUT, "bin"), os.path.join(OUT, "kernel")]
files, _ = replay.find_files(recording, places)
with open(rows, "w") as out:
    json.dump(functions.table(recording.head["modules"], files), out)
chance = random.Random(12)
steps = sorted(chance.sample(range(recording.count - 1), SAMPLES))

ASK = """
python
import gdb
for n in {steps}:
    gdb.execute(f"goto {{n}}", to_string=True)
    frame, names = gdb.newest_frame(), []
    while frame is not None:
        if frame.type() != gdb.INLINE_FRAME:
            names.append(frame.name() or "?")
        frame = frame.older() if frame.name() != "main" else None
    print("FRAMES", *names)
end
"""
with open(script, "w") as out:
    out.write(ASK.format(steps=steps))
told = subprocess.run(
    [FATHOM, "gdb", "--recording", path, "--script", script, PROGRAM],
    capture_output=True,
    text=True,
    stdin=subprocess.DEVNULL,
)


def plain(names):
    """Without decoration; labels are their function.  gdb leaves KiFastSystemCall out of some
    stacks of its crossing, or names it by where it returns to: it is not compared."""
    known = (name.split("@")[0].split(".")[0].lstrip("_") for name in names)
    return [name for name in known if not name.startswith("KiFastSystemCall")]


def alike(told, found):
    """On its way out a crossing keeps its name here; gdb names the code that it is in,
    KiTrapExit."""
    out = told[:1] == ["KiTrapExit"] and found[0].startswith("KiTrap")
    return told == found or out and told[1:] == found[1:]


frames = [plain(line.split()[1:]) for line in told.stdout.splitlines() if line.startswith("FRAMES")]
shown = subprocess.run(
    ["node", os.path.join(TOP, "tests", "web", "calls.mjs"), path, rows, *map(str, steps)],
    capture_output=True,
    text=True,
)
calls = [plain(line.split()) for line in shown.stdout.splitlines()]
plan.equal(
    (len(frames), len(calls)),
    (SAMPLES, SAMPLES),
    f"{recording.count} instructions, {SAMPLES} asked",
)
differ = [
    f"{n}: gdb {' '.join(a)}\n    here {' '.join(b)}"
    for n, a, b in zip(steps, frames, calls)
    if not alike(a, b)
]
plan.true(
    not differ, "each has the same functions on its stack", *differ[:5], shown.stderr, told.stderr
)
kernel = sum("KiFastCallEntry" in names or "KiTrap0E" in names for names in calls)
plan.true(kernel > 10, f"{kernel} of them in the kernel, and on through the crossing to main")
plan.done()
