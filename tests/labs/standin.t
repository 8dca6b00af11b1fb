#!/usr/bin/env python3
# long: only
# needs: system second
"""Lab 5's stand-in, a handout's own free list: programs run on it; it answers few of the tests."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from grade import build  # noqa: E402
from grade.kept import Kept  # noqa: E402
from grade.grader import Grader  # noqa: E402
from grade.lab import load  # noqa: E402
from grade.words import Teller  # noqa: E402

STANDIN = os.path.join(TOP, "labs", "5-backend", "standin", "freelist.c")
MOST = 15  # points
PROGRAMS = ("hello", "walk", "comout")
plan = Plan()


def linked(scratch):
    """A build folder whose ntdll has the stand-in."""
    lab = load("5")
    kept = Kept(lab, OUT)
    kept.prepare([])
    lab.lab["kind"], lab.lab["product"] = "heap", ""
    submission = build.Submission(kept, STANDIN, scratch)
    submission.compile()
    return submission.link()


with tempfile.TemporaryDirectory() as scratch:
    out = linked(scratch)
    for name in PROGRAMS:
        program = os.path.join(OUT, "bin", name + ".exe")
        run = subprocess.run(
            [os.path.join(TOP, "tools", "fathom"), "run", program],
            env={**os.environ, "FATHOM_OUT": out, "FATHOM_BUILT": "yes"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
        said = (run.stdout + run.stderr).splitlines()[-8:]
        plan.true(run.returncode == 0, f"{name}.exe runs on the stand-in", *said)

lab = load("5")
grader = Grader(lab, OUT, [test for test in lab.tests if test.stage == "host"])
grader.prepare()
result = grader.grade(STANDIN)
plan.true(
    result.points <= MOST,
    f"as an answer: {result.points} points of the host's",
    *Teller(False).table(result),
)
rules = subprocess.run(
    ["make", "-n", "BACK=standin", "build/bin/ntdll.dll"],
    cwd=TOP,
    env={**os.environ, "FATHOM_BUILT": "yes"},
    capture_output=True,
    text=True,
)
linker = [line for line in rules.stdout.splitlines() if "-o build/bin/ntdll.dll" in line]
plan.true(
    linker and "standin/freelist.o" in linker[0] and "core/freelist.o" not in linker[0],
    "BACK=standin links ntdll with it",
    *linker,
)
plan.done()
