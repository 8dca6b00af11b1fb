#!/usr/bin/env python3
# long: only
# needs: nothing
"""The host tests run through 95 of 100 lines of the heap at least (make coverage)."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
done = subprocess.run(
    ["make", "-C", TOP, f"O={OUT}", "coverage"],
    env={**os.environ, "MAKEFLAGS": ""},
    capture_output=True,
    text=True,
)
plan.true(done.returncode == 0, "make coverage", done.stdout[-2000:] + done.stderr)
shares = dict(re.findall(r"^(coverage\S*) (\S+) percent$", done.stdout, re.M))
named = len(re.findall(r"^#   \w+\.[ch]:\d+: ", done.stdout, re.M))
missed = re.search(r"^# (\d+) of \d+ lines", done.stdout, re.M)
plan.true(float(shares.get("coverage", 0)) >= 95, f"{shares.get('coverage')} percent")
plan.true("coverage_allocate.c" in shares and len(shares) > 15, "every file is told of")
plan.true(missed and named == int(missed[1]), f"{named} lines are named")
plan.done()
