#!/usr/bin/env python3
# needs: system bench
"""What the heap costs stays within its limits, and is what docs/heap-cost.md says of the guest:
heap.exe under icount, once."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench import HEAP_LIMITS, judged  # noqa: E402
from tap import TOP, Plan, compiler  # noqa: E402

plan = Plan()
figures = judged(plan, "heap.exe", HEAP_LIMITS, 300)

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
