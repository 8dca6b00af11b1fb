#!/usr/bin/env python3
# needs: system
# long: too
"""Who ends at heap corruption: --terminate, --no-terminate, --as-windows by the image's header."""
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import LONG, Plan
from stock import build, fathom

plan = Plan()
folder = tempfile.mkdtemp(prefix="aswindows-")
OLD = build(folder, "old.exe", "twice.c", "-Wl,--major-subsystem-version,5")
NEW = build(folder, "new.exe", "twice.c", "-Wl,--major-subsystem-version,6")
FAILS = "HeapFree 0, error 87"

CASES = (
    (("--as-windows",), OLD, (), False),
    (("--as-windows",), OLD, ("asks",), True),
    (("--as-windows",), NEW, (), True),
)
FORCED = (
    ((), OLD, (), True),
    (("--terminate",), OLD, (), True),
    (("--no-terminate",), NEW, ("asks",), False),
)
for options, program, words, ends in CASES + (FORCED if LONG else ()):
    done = fathom("run", *options, program, *words)
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    name = " ".join((*options, os.path.basename(program), *words))
    plan.equal(done.returncode, 241 if ends else 0, f"{name}: {'ends' if ends else 'goes on'}")
    plan.true(
        "heap corruption: block not busy" in err and (FAILS in out) == (not ends),
        f"{name}: it is told, and the call {'does not return' if ends else 'fails'}",
        out,
        err,
    )

done = fathom("run", "--terminate", "--as-windows", OLD)
plan.equal(done.returncode, 125, "two of them at once are refused")
shutil.rmtree(folder)
plan.done()
