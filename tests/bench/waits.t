#!/usr/bin/env python3
# needs: system bench
"""A wake-up costs each waiter the same, however many there are: waits.exe under icount, once."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench import FATHOM, WAIT_LIMITS  # noqa: E402
from tap import OUT, Plan  # noqa: E402

plan = Plan()
run = subprocess.run(
    [
        FATHOM,
        "run",
        "--icount",
        "--timeout",
        "120",
        os.path.join(OUT, "tests", "bench", "waits.exe"),
    ],
    stdout=subprocess.PIPE,
    stdin=subprocess.DEVNULL,
    text=True,
)
plan.equal(run.returncode, 0, "waits.exe runs under icount")
figures = {line.split()[0]: float(line.split()[1]) for line in run.stdout.splitlines()}
for name, limit in WAIT_LIMITS.items():
    got = figures.get(name)
    plan.true(got is not None and got <= limit, f"{name} is at most {limit}", f"it is {got}")
plan.done()
