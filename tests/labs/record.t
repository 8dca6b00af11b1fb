#!/usr/bin/env python3
# long: only
# needs: system record gdb second
"""`make record` of a test whose student's code runs in another process than the judge (labs 5, 7)
or is the kernel's (3); `make gdb` of a host's test stops in the function that the case called, of
one that only the judge outside finds wrong (4) at the call that it saw."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from grade import lab as labs  # noqa: E402

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

code, said = fathom("lab", "record", "programs", "--lab", "3")
plan.true(code == 0, "lab 3: programs is recorded", *said.splitlines()[-6:])

GDB = """
import sys
sys.path.insert(0, "tools")
from grade import lab
from handout import stops
one = lab.load(sys.argv[1])
sys.exit(stops.gdb(one, sys.argv[3], next(t for t in one.tests if t.name == sys.argv[2])))
"""


def stopped(number, test, text, asked):
    """What make gdb says of a student's file with this text, and gdb to what is asked there."""
    with tempfile.TemporaryDirectory(prefix="fathom-record-") as scratch:
        path, script = os.path.join(scratch, "student.c"), os.path.join(scratch, "asked.gdb")
        for name, lines in ((path, text), (script, asked)):
            with open(name, "w") as file:
                file.write(lines)
        done = subprocess.run(
            [sys.executable, "-B", "-c", GDB, number, test, path],
            cwd=TOP,
            env={**os.environ, "LAB_SCRIPT": script},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
    return done.stdout + done.stderr


# MiCheckVads answers wrongly after a call of its own file.
with open(os.path.join(labs.load("3").folder, "skeleton", "vad.c")) as file:
    text = file.read()
body = "    (void)space;\n    return 1;"
text = text.replace(body, "    return MiFindVadFrom(space, 0) ? 0 : 1;")
said = stopped("3", "any_order", text, "backtrace 1\n")
plan.true(
    re.findall(r"^#0  (\w+)", said, re.M)[-1:] == ["MiCheckVads"],
    "lab 3: gdb stops in the function that the case called, not in one that it calls itself",
    *said.splitlines()[-12:],
)

# A call that does not come back: gdb's own run of the case has an end.
with open(os.path.join(TOP, "kernel", "mm", "fault.c")) as file:
    text = file.read()
loops = text.replace("    MiFlushPage(address);", "    for (;;)\n        ;")
said = stopped("4", "stale", loops, "info args\n")
plan.true(
    "does not come back" in said and re.search(r"^errorCode = 0x7 ?$", said, re.M),
    "lab 4: a case of the host that hangs: gdb stops in its last call",
    *said.splitlines()[-12:],
)

# The machine's own program calls this file good: what gdb stops at is what the judge outside saw.
PATCH = "labs/4-fault/forgeries/empty_copy.ours.patch"
text = subprocess.run(
    ["patch", "-s", "-o", "-", "kernel/mm/fault.c", PATCH],
    cwd=TOP,
    check=True,
    capture_output=True,
    text=True,
).stdout
said = stopped("4", "programs", text, "info args\n")
plan.true("at lab_mark(9, ...) is wrong" in said, "lab 4: the step that is wrong is named", said)
plan.true(
    re.search(r"^errorCode = 0x7 ", said, re.M) and "passes" not in said,
    "and gdb stops at the call before it: the write to the copy",
    *said.splitlines()[-12:],
)
plan.done()
