#!/usr/bin/env python3
"""A runtime's malloc costs the same with few and with many blocks alive (heap.h, M9): cw3220's
heap under icount.  A step of its walk and of its check, and a spied CoTaskMemAlloc with its
CoTaskMemFree, do not depend on their number either.

An argument is a DLL to measure instead of the one in the archive.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

# {what: (most instructions with 10 blocks, most times that with 10,000)}.  Measured: a pair of
# malloc and free 480 and 439 (with two random numbers), a step 150 and 148, the check of a block
# 169 (most of it for the empty bins) and 38.
# A spied pair, of the oldest block: 421 and 468.
LIMITS = {
    "malloc": {"pair": (500, 1.1), "step": (160, 1.1), "check": (180, 1.0)},
    "spied": {"spied": (450, 1.2)},
}

plan = Plan()
added = [word for path in sys.argv[1:] for word in ("--add", path)]
for name, limits in LIMITS.items():
    run = subprocess.run(
        [
            os.path.join(TOP, "tools", "fathom"),
            *("run", "--icount", *added),
            os.path.join(OUT, "tests", "bench", "programs", f"{name}.exe"),
        ],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    plan.equal(run.returncode, 0, f"{name}.exe runs under icount")
    figures = {word: int(value) for word, value in map(str.split, run.stdout.splitlines())}
    for what, (most, times) in limits.items():
        few, many = figures.get(f"{what}_10", 0), figures.get(f"{what}_10000", 0)
        plan.true(0 < few <= most, f"{what}: at most {most} with 10 blocks", f"it is {few}")
        plan.true(
            0 < many <= few * times,
            f"{what}: at most {times} times that with 10,000",
            f"it is {many}, with 10 blocks {few}",
        )
plan.done()
