#!/usr/bin/env python3
# long: only
# needs: nothing
# tools: style
"""clang-tidy finds nothing in the sources (make tidy)."""
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap import OUT, TOP, Plan

plan = Plan()
HERE = os.path.realpath(OUT) == os.path.realpath(os.path.join(TOP, "build"))

if shutil.which("clang-tidy"):
    words = [f"O={OUT}"] if not HERE else []
    if os.environ.get("TIDY"):  # these files alone
        words.append("TIDY=" + os.environ["TIDY"])
    done = subprocess.run(
        ["make", "-C", TOP, "tidy", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    plan.true(done.returncode == 0, "make tidy", done.stdout[-3000:], done.stderr[-1000:])
else:
    plan.skip("no clang-tidy here (tools/setup.sh style)")
plan.done()
