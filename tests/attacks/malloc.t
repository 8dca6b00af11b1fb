#!/usr/bin/env python3
# needs: attacks
"""The attacks on malloc, on the heap's core of the host: as docs/attacks.md shows it."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import Plan

plan = Plan()
TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "table.py")
done = subprocess.run([sys.executable, TABLE, "--check"], capture_output=True, text=True)
plan.true(done.returncode == 0, "each attack ends as the page says", done.stdout, done.stderr)
plan.done()
