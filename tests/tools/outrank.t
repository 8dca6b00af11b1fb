#!/usr/bin/env python3
# needs: system programs
"""No program keeps the run list from its work: a loop at real-time priority, bombs of processes and
threads, services that take long, a flood of output.  Each gets the verdict that it earned, what it
left behind ends, and the next program of the batch runs, all in one boot."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
PROGRAMS = os.path.join(OUT, "tests", "tools", "programs")
NEXT = os.path.join(OUT, "archive", "hello.exe")
CASES = (
    ("realtime", "", 'end: "hang"', "a loop at real-time priority: hang"),
    ("realtime", " wait", 'end: "hang"', "the loop of a child, which starves its parent: hang"),
    ("forks", "", "exit: 7", "processes that start processes: the first one's exit code"),
    ("threads", "", "exit: 7", "threads that start threads: the process's exit code"),
    ("meets", "", 'end: "hang"', "threads that wait for all of many timers: hang"),
    ("longlist", " folder", 'end: "hang"', "a search among long names that match nothing: hang"),
    ("longlist", " pages", 'end: "hang"', "a list of 100 million pages: hang"),
    ("flood", "", 'end: "hang"', "output without end: hang"),
)

with tempfile.TemporaryDirectory(prefix="fathom-outrank-") as folder:
    qemu, starts, programs = (os.path.join(folder, name) for name in ("qemu", "starts", "programs"))
    with open(qemu, "w") as file:
        file.write(
            f'#!/bin/sh\necho >> "{starts}"\nexec '
            f'{os.environ.get("FATHOM_QEMU") or "qemu-system-i386"} "$@"\n'
        )
    os.chmod(qemu, 0o755)
    with open(programs, "w") as file:
        for name, words, _, _ in CASES:
            file.write(f"{os.path.join(PROGRAMS, name)}.exe{words}\n{NEXT}\n")
    done = subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), "batch", "--timeout", "1", programs],
        env={**os.environ, "FATHOM_QEMU": qemu},
        capture_output=True,
        text=True,
        errors="replace",
    )
    with open(starts) as file:
        boots = len(file.readlines())

results = re.split(r"^(?=(?:not )?ok )", done.stdout, flags=re.M)[1:]
plan.equal(len(results), 2 * len(CASES), "every program has a result")
for (name, _, wanted, what), got, after in zip(CASES, results[::2], results[1::2]):
    said = re.findall(r"^  (?:end|exit|audit): .*", got, re.M)
    plan.equal(said, [f"  {wanted}"], what)
    plan.true(after.startswith("ok "), f"{name}: the next program runs, and is well", after[:2000])
plan.equal(boots, 1, "all in one boot")
plan.done()
