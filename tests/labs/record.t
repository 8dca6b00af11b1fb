#!/usr/bin/env python3
# long: only
# needs: system record gdb second
"""`make record` of a test whose student's code runs in another process than the judge (labs 5, 7)
or is the kernel's (3); `make gdb` of a host's test stops in the function that the case called."""
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

# MiCheckVads answers wrongly after a call of its own file.
lab = labs.load("3")
with open(os.path.join(lab.folder, "skeleton", "vad.c")) as file:
    text = file.read()
body = "    (void)space;\n    return 1;"
text = text.replace(body, "    return MiFindVadFrom(space, 0) ? 0 : 1;")
with tempfile.TemporaryDirectory(prefix="fathom-record-") as scratch:
    path, asked = os.path.join(scratch, "vad.c"), os.path.join(scratch, "asked.gdb")
    for name, lines in ((path, text), (asked, "backtrace 1\n")):
        with open(name, "w") as file:
            file.write(lines)
    words = "import sys; sys.path.insert(0, 'tools'); from grade import lab; "
    words += "from handout import stops; one = lab.load('3'); "
    words += "test = next(t for t in one.tests if t.name == 'any_order'); "
    words += f"sys.exit(stops.gdb(one, {path!r}, test))"
    done = subprocess.run(
        [sys.executable, "-c", words],
        cwd=TOP,
        env={**os.environ, "LAB_SCRIPT": asked},
        capture_output=True,
        text=True,
    )
plan.true(
    re.findall(r"^#0  (\w+)", done.stdout, re.M)[-1:] == ["MiCheckVads"],
    "lab 3: gdb stops in the function that the case called, not in one that it calls itself",
    *(done.stdout + done.stderr).splitlines()[-12:],
)
plan.done()
