#!/usr/bin/env python3
# needs: system bench
"""What the heap costs stays within its limits, and is what docs/heap-cost.md says of the guest:
heap.exe under icount, once."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench import FATHOM, HEAP_LIMITS  # noqa: E402
from tap import OUT, TOP, Plan, compiler  # noqa: E402

plan = Plan()
program = os.path.join(OUT, "tests", "bench", "heap.exe")
run = subprocess.run(
    [FATHOM, "run", "--icount", "--timeout", "300", program],
    stdout=subprocess.PIPE,
    stdin=subprocess.DEVNULL,
    text=True,
)
plan.equal(run.returncode, 0, "heap.exe runs under icount")
figures = {line.split()[0]: float(line.split()[1]) for line in run.stdout.splitlines()}
for name, limit in HEAP_LIMITS.items():
    got = figures.get(name)
    plan.true(
        got is not None and got <= limit, f"{name} is at most {limit}", f"it is {got}"
    )

# The page follows the heap: within 2 %, so that not every edit of the heap is one of the page.
with open(os.path.join(TOP, "docs", "heap-cost.md")) as page:
    shown = dict(re.findall(r"^\| `(heap_\w+)` \| ([\d,.]+) \|", page.read(), re.M))
stale = [
    f"{name}: the page has {shown.get(name)}, it is {got}"
    for name, got in figures.items()
    if abs(float(shown.get(name, "0").replace(",", "")) - got) > 0.02 * got
]
if compiler() == 12:
    plan.true(not stale, "docs/heap-cost.md (`make heap-cost-guest` captures it anew)", *stale)
plan.done()
