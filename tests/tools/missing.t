#!/usr/bin/env python3
# needs: system
"""A program that lacks functions and a whole DLL: every name is told at once, --lenient runs it all
the same, and --verbose tells what GetProcAddress does not find."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from stock import build, fathom
from tap import Plan

plan = Plan()
with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, "gone.def"), "w") as names:
        names.write('LIBRARY "gone.dll"\nEXPORTS\ngone_one\ngone_two @7 NONAME\n')
    words = ["-d", f"{folder}/gone.def", "-l", f"{folder}/libgone.a"]
    subprocess.run(["i686-w64-mingw32-dlltool", *words], check=True)
    program = build(folder, "missing.exe", "missing.c", f"-L{folder}", "-lgone")

    done = fathom("run", program)
    said = done.stderr.decode().splitlines()
    plan.equal((done.returncode, done.stdout), (246, b""), "it does not start")
    for name in (
        "entry point AssignProcessToJobObject not found in KERNEL32.dll",
        "entry point CreateJobObjectA not found in KERNEL32.dll",
        "DLL not found: gone.dll, needed by missing.exe",
        "entry point gone_one not found in gone.dll",
        "ordinal 7 not found in gone.dll",
    ):
        plan.true(f"fathom: missing.exe: {name}" in said, f"told: {name}", *said)

    done = fathom("run", "--lenient", program)
    plan.equal(
        (done.returncode, done.stdout.strip(), done.stderr),
        (3, b"started", b""),
        "--lenient: it runs",
    )
    done = fathom("run", "--lenient", program, "call")
    plan.equal(
        (done.returncode, done.stdout.strip(), done.stderr.decode().splitlines()[0]),
        (240, b"started", "fathom: missing.exe: entry point gone_one not found in gone.dll"),
        "--lenient: the name is told when it is called; a program that ran is not one that could "
        "not start",
    )
    done = fathom("run", "--lenient", "--verbose", program)
    said = done.stderr.decode().splitlines()
    for name in ("GetNothingW", "ordinal 60000"):
        line = f"fathom: missing.exe: GetProcAddress: {name} not found in KERNEL32.dll"
        plan.true(line in said, f"--verbose: GetProcAddress did not find {name}", *said)
plan.done()
