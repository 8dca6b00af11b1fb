#!/usr/bin/env python3
"""The audit after each program notices one leaked block of the pool and one leaked page of commit
charge: a kernel that leaks both for each process makes the batch red, and the leaks are named."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

plan = Plan()
SOURCE = "kernel/executive/ps/process.c"
# At the start of what frees a process: a block more, and a page of charge more.
LEAK = r"""\g<0>
    extern BOOLEAN MiChargeCommit(ULONG pages);
    MiChargeCommit(1);
    ExAllocatePool(20, PSP_TAG);
"""
HELLO = os.path.join(OUT, "archive", "hello.exe")


def batch(out, times):
    with tempfile.NamedTemporaryFile("w", suffix=".list") as listing:
        listing.write(f"{HELLO}\n" * times)
        listing.flush()
        return subprocess.run([os.path.join(TOP, "tools", "fathom"), "batch", listing.name], text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, env={**os.environ, "FATHOM_OUT": out})


with open(os.path.join(TOP, SOURCE)) as text:
    leaky, times = re.subn(r"static void PspDeleteProcess\(void \*body\)\n\{", LEAK, text.read())
plan.equal(times, 1, f"{SOURCE} has the place to break")
with tempfile.TemporaryDirectory() as folder:
    build, mine = os.path.join(folder, "build"), os.path.join(folder, "mine.c")
    with open(mine, "w") as copy:
        copy.write(leaky)
    shutil.copytree(OUT, build, symlinks=True, copy_function=shutil.copy2,
                    ignore=shutil.ignore_patterns("tests", "host", "fuzz", "coverage", "*.img"))
    made = subprocess.run(["make", "-C", TOP, f"O={build}", f"REPLACE={SOURCE}={mine}",
                           "build/kernel/ntoskrnl.exe"],
                          capture_output=True, text=True, env={**os.environ, "MAKEFLAGS": ""})
    plan.equal(made.returncode, 0, "the leaky kernel is built")
    done = batch(build, 3)
    said = re.findall(r"^# audit: (.*)$", done.stdout, re.M)
    plan.true(done.returncode == 1 and len(said) == 3, "each of three programs is red", done.stdout, made.stderr)
    for text in said:
        numbers = {name: int(b) - int(a) for name, a, b in re.findall(r"([a-z][^,]*?)\s+(\d+) to (\d+)", text)}
        plan.equal(numbers, {"committed pages": 1, "pool blocks Ps": 1}, text)
done = batch(OUT, 3)
plan.true(done.returncode == 0 and "audit" not in done.stdout, "the kernel as it is leaks neither", done.stdout)
plan.done()
