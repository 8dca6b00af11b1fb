#!/usr/bin/env python3
"""README.md shows what the walk prints."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
tool = os.path.join(TOP, "tools", "excerpt.py")
with tempfile.NamedTemporaryFile("w+") as walk:
    done = subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), "run", "--icount", os.path.join(OUT, "archive", "walk.exe")],
        stdout=walk,
        stdin=subprocess.DEVNULL,
    )
    plan.equal(done.returncode, 0, "the walk holds")
    told = subprocess.run([tool, "--check", walk.name])
    plan.equal(told.returncode, 0, "README.md shows its frames: make readme")
    walk.seek(0)
    text = walk.read().replace("RtlAllocateHeap", "RtlOtherHeap")
    walk.seek(0)
    walk.write(text)
    walk.truncate()
    walk.flush()
    told = subprocess.run([tool, "--check", walk.name])
    plan.equal(told.returncode, 1, "another walk is noticed")
    walk.seek(0)
    text = re.sub(r"(\d+) instructions", "9\\1 instructions", text.replace("RtlOtherHeap", "RtlAllocateHeap"))
    walk.write(text)
    walk.truncate()
    walk.flush()
    told = subprocess.run([tool, "--check", walk.name], stderr=subprocess.DEVNULL)
    plan.equal(told.returncode, 1, "other figures are noticed")
plan.done()
