#!/usr/bin/env python3
# needs: system gdb programs
# long: only
"""Random words written into the structures that the words read: no command fails by itself, none
hangs.  SEED=N TRIALS=N tests/words/fuzz.t tries others."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import session  # noqa: E402
from tap import TOP, Plan  # noqa: E402

plan = Plan()
seed, trials = os.environ.get("SEED", "1"), os.environ.get("TRIALS", "150")
with tempfile.NamedTemporaryFile("w", prefix="fathom-words-", suffix=".gdb") as script:
    fuzz = os.path.join(TOP, "tests", "words", "fuzz.py")
    script.write(f"break look_here\ncontinue\nsource {fuzz}\n")
    script.flush()
    program = os.path.join(session.PROGRAMS, "heap.exe")
    done = subprocess.run(
        [session.FATHOM, "gdb", "--script", script.name, program, "healthy"],
        capture_output=True,
        text=True,
        env={**os.environ, "SEED": seed, "TRIALS": trials},
    )
wrong = [line for line in done.stdout.split("\n") if line.startswith("WRONG")]
whole = session.rows(done.stdout, "TRIALS") == [[trials]]
plan.true(whole and not wrong, f"seed {seed}: {trials} damages, 24 words each", *wrong, done.stderr)
plan.done()
