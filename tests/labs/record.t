#!/usr/bin/env python3
# long: only
# needs: system record gdb second
"""`make record` of a test whose student's code runs in another process than the judge: labs 5,
7."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import TOP, Plan  # noqa: E402

FATHOM = os.path.join(TOP, "tools", "fathom")
ASKED = "bt 2\nlm\n"
plan = Plan()


def fathom(*words):
    done = subprocess.run(
        [FATHOM, *words],
        cwd=TOP,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    return done.returncode, done.stdout + done.stderr


for number, test, file in (("5", "second_heap", "freelist.c"), ("7", "aligned", "heap.c")):
    code, said = fathom("lab", "record", test, "--lab", number)
    plan.true(code == 0, f"lab {number}: {test} is recorded", *said.splitlines()[-6:])
    command = re.search(r"^  tools/fathom (gdb --recording .*)$", said, re.M)
    with tempfile.NamedTemporaryFile("w", suffix=".gdb") as script:
        script.write(ASKED)
        script.flush()
        words = command[1].split() if command else ["gdb"]
        code, seen = fathom("gdb", "--script", script.name, *words[1:])
    first = re.search(r"^#0 .*$", seen, re.M)
    plan.true(
        first and file in first[0] and re.search(r"^\S+ \S+ side ", seen, re.M),
        f"lab {number}: it begins in the student's function, in the process that has it",
        *seen.splitlines()[-12:],
    )
plan.done()
