#!/usr/bin/env python3
# needs: system programs
"""Standard input has many readers, and each sees bytes of the host's alone: one ends while it
waits, another reads the answer; of two that wait, both see the end (programs/readers.c)."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
READERS = os.path.join(OUT, "tests", "hostile", "programs", "readers.exe")
ANSWERS = {"ready": b"." * 100, "gone": b"hi\n", "two": b"." * 100}

with subprocess.Popen(
    [os.path.join(TOP, "tools", "fathom"), "run", "--timeout", "20", READERS],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
) as process:
    for line in process.stdout:
        answer = ANSWERS.pop(line.decode().strip(), None)
        if answer:
            process.stdin.write(answer)
            process.stdin.flush()
        if not ANSWERS:
            process.stdin.close()
            break
    rest, errors = process.stdout.read(), process.stderr.read()

why = {
    1: "the first bytes did not come",
    2: "what came for the dead reader was not read whole, or more than it",
    3: "a reader never saw the end of the input",
}
plan.equal(process.returncode, 0, why.get(process.returncode, "both readers saw the end, alone"))
if process.returncode:
    print("# " + (rest + errors).decode(errors="replace")[:500].replace("\n", "\n# "))
plan.done()
