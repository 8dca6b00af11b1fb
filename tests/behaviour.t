#!/usr/bin/env python3
# needs: nothing
"""docs/behaviour.md is what the guest tests say."""
import os
import subprocess

from tap import TOP, Plan

plan = Plan()
done = subprocess.run([os.path.join(TOP, "tools", "behaviour.py"), "--check"])
plan.equal(done.returncode, 0, "docs/behaviour.md is made from the tests: make behaviour")
plan.done()
