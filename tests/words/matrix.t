#!/usr/bin/env python3
# needs: system gdb record programs
# long: only
"""Every word of Fathom's about every kind of target - a block, a freed one, an overwritten one,
null, wild, the kernel's, no expression, no option, no process - while the heap is healthy, empty,
overrun, damaged in six ways and gone, live and recorded: each answers in words."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import session  # noqa: E402
from tap import TOP, Plan  # noqa: E402

plan = Plan()
STATES = "healthy empty overrun header links circle front segment gone".split()
PROGRAM = os.path.join(session.PROGRAMS, "heap.exe")
SOME = "healthy empty header gone".split()
LEAST = 190  # commands about one state: 19 words, 10 targets


def check(what, states, *options, recorded=""):
    with tempfile.NamedTemporaryFile("w", prefix="fathom-words-", suffix=".gdb") as script:
        script.write(f"source {os.path.join(TOP, 'tests', 'words', 'matrix.py')}\n")
        script.flush()
        words = [*options, "--script", script.name, PROGRAM, *states]
        done = subprocess.run(
            [session.FATHOM, "gdb", *words],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "STATES": str(len(states)), "RECORDED": recorded},
        )
    wrong = [line for line in done.stdout.split("\n") if line.startswith("WRONG")]
    asked = [int(count) for _, count in session.rows(done.stdout, "STOP")]
    told = done.stdout[-1500:] + done.stderr[-1500:]
    whole = len(asked) == len(states) and min(asked) >= LEAST
    plan.true(whole, f"{what}: {sum(asked)} commands in {len(asked)} states", told)
    plan.equal(wrong, [], f"{what}: each answers in words")


check("live", STATES)
with tempfile.TemporaryDirectory(prefix="fathom-words-") as folder:
    path = os.path.join(folder, "heap.rec")
    made = [session.FATHOM, "record", "--mem", "64", "-o", path, PROGRAM, *SOME]
    done = subprocess.run(made, capture_output=True, text=True)
    plan.equal(done.returncode, 0, f"a recording: {done.stdout.strip()[-60:]}")
    check("recorded", SOME, "--recording", path, recorded="yes")
plan.done()
