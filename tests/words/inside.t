#!/usr/bin/env python3
# needs: system gdb record programs
# long: only
"""Inside one allocation, step by step down to the page allocator and back, no word takes
a change that is under way for damage."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import session  # noqa: E402
from tap import TOP, Plan  # noqa: E402

plan = Plan()
DOOR = "malloc"  # of 100,000 bytes: the heap commits more
STRIDE = 41  # instructions
program = os.path.join(session.PROGRAMS, "heap.exe")
with tempfile.TemporaryDirectory(prefix="fathom-words-") as folder:
    path = os.path.join(folder, "door.rec")
    made = [session.FATHOM, "record", "--door", DOOR, "-o", path, program, "healthy"]
    done = subprocess.run(made, capture_output=True, text=True)
    plan.equal(done.returncode, 0, "one malloc is recorded")
    script = os.path.join(TOP, "tests", "words", "inside.py")
    options = ["--recording", path, "--script", script]
    done = subprocess.run(
        [session.FATHOM, "gdb", *options, program],
        capture_output=True,
        text=True,
        env={**os.environ, "STRIDE": str(STRIDE)},
    )
lines = done.stdout.split("\n")
wrong = [line for line in lines if line.startswith("WRONG")]
places, under_way = (session.rows(done.stdout, "PLACES") or [["0", "0"]])[0]
plan.true(int(places) > 3 and not wrong, f"{places} places: no false damage", *wrong, done.stderr)
plan.true(int(under_way) > 0, f"at {under_way} of them the heap's change was half done")
plan.done()
