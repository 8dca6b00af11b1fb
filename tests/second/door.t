#!/usr/bin/env python3
# long: only
# needs: system second
"""The way in by sysenter (kernel/dispatch/sysenter.h): a second door passes the programs of its
set, and a door that lets no call in costs nothing but itself when ntdll is kept on int 2Eh."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
DISPATCH = os.path.join(OUT, "tests", "guest", "dispatch.list")
HELLO = os.path.join(OUT, "archive", "hello.exe")
WALK = os.path.join(OUT, "archive", "walk.exe")


def fathom(*words, door=None):
    """A run with our kernel, or with one of the doors of tests/second."""
    kernel = os.path.join(OUT, "tests", "second", door or "", "ntoskrnl.exe")
    return subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), *words],
        env={**os.environ, **({"FATHOM_KERNEL": kernel} if door else {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
    )


def lines(run):
    return run.stdout.splitlines()[-40:]


for words, used in (
    (["--door", "sysenter"], "KiFastSystemCall"),
    (["--door", "int2e"], "KiIntSystemCall"),
):
    run = fathom("run", *words, WALK)
    plan.true(
        run.returncode == 0 and f"ntdll!{used}" in run.stdout,
        f"{' '.join(words)}: the walk holds, by {used}",
        *lines(run),
    )

run = fathom("batch", DISPATCH, door="open")
plan.true(run.returncode == 0, "a second door passes the set of the doors", *lines(run))

run = fathom("run", "--timeout", "20", HELLO, door="closed")
plan.true(run.returncode != 0, "by a closed door no program runs", *lines(run))
run = fathom("run", "--door", "int2e", HELLO, door="closed")
plan.true(
    run.returncode == 0 and "Hello" in run.stdout,
    "with door=int2e the system boots and a program runs beside the closed door",
    *lines(run),
)
run = fathom("run", "--door", "int2e", WALK, door="closed")
plan.true(run.returncode == 0, "and the whole walk holds", *lines(run))
plan.done()
