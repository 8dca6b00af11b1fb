#!/usr/bin/env python3
# long: too
# needs: system programs
"""A service that works for as long as a program chooses gives way: while one copies, probes, locks
or lists a long range (programs/giveway.c), under icount, a thread of higher priority runs at every
tick, and a process ends in the middle of its copy."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import LONG, OUT, TOP, Plan

plan = Plan()
TICK = 15_625_000  # instructions
MEM, MIB = (1536, 512) if LONG else (128, 96)
done = subprocess.run(
    [
        os.path.join(TOP, "tools", "fathom"),
        "run",
        "--icount",
        "--mem",
        str(MEM),
        os.path.join(OUT, "tests", "hostile", "programs", "giveway.exe"),
        str(MIB),
    ],
    stdin=subprocess.DEVNULL,
    stdout=subprocess.PIPE,
    stderr=subprocess.DEVNULL,
    text=True,
)
plan.equal(done.returncode, 0, "giveway.exe ends")
calls = re.findall(r"^(\w+) (\d+) (\d+) ([01])$", done.stdout, re.M)
plan.equal(len(calls), 7 if LONG else 2, "it has made every call")
for name, took, gap, good in calls:
    plan.true(good == "1", f"{name} succeeds, in {int(took):,} instructions")
    plan.true(
        int(gap) < 2 * TICK,
        f"{name}: others wait less than two ticks",
        f"{int(gap):,} instructions; a tick is {TICK:,}",
    )
plan.done()
