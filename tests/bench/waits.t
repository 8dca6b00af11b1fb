#!/usr/bin/env python3
# needs: system bench
"""A wake-up costs each waiter the same, however many there are: waits.exe under icount, once."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench import WAIT_LIMITS, judged  # noqa: E402
from tap import Plan  # noqa: E402

plan = Plan()
judged(plan, "waits.exe", WAIT_LIMITS, 120)
plan.done()
