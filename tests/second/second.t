#!/usr/bin/env python3
# long: only
# needs: system second
"""A file written from a contract alone takes the place of ours: the guest programs of its set
run with the DLL that has it, which `fathom batch --add` puts before the archive's, or with the
kernel that has it (FATHOM_KERNEL)."""
import glob
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import LONG, OUT, TOP, Plan  # noqa: E402

# {DLL: (the contract, its guest programs)}
SECOND = {
    "cw3220.dll": ("crt/borland/heap.h", "crt/borland*.c"),
    "ole32.dll": ("ole32/taskmem.h", "ole32/*.c"),
}

plan = Plan()
for dll, (contract, pattern) in SECOND.items():
    sources = sorted(glob.glob(os.path.join(glob.escape(TOP), "tests", "guest", pattern)))
    listing = os.path.join(OUT, "tests", "second", f"{dll}.list")
    with open(listing, "w") as out:
        for source in sources:
            name = os.path.relpath(source, os.path.join(TOP, "tests", "guest"))[:-2]
            out.write(f"../guest/{name}.exe\n")
    added = os.path.join(OUT, "tests", "second", dll)
    run = subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), "batch", "--add", added, listing],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    passed = sum(line.startswith("ok ") for line in run.stdout.splitlines())
    plan.true(
        run.returncode == 0 and passed == len(sources) > 1,
        f"{contract}: a second {dll} passes {len(sources)} programs",
        *run.stdout.splitlines(),
    )

# The heap's free list, for heaps of a DLL beside ntdll's; and one that is wrong, whose program
# still begins and says so.
for folder, passes in (("ours", True), ("second", True), ("broken", False)):
    run = subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), "run"]
        + ["--add", os.path.join(OUT, "tests", "second", folder, "labheap.dll")]
        + [os.path.join(OUT, "tests", "second", "programs", "labheap.exe")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    named = "heap corruption" in run.stdout or "not so:" in run.stdout
    plan.true(
        run.returncode == 0 and "\n0 failures" in "\n" + run.stdout
        if passes
        else run.returncode != 0 and named,
        f"freelist.h: {folder} {'passes' if passes else 'is found out'} in labheap.dll",
        *run.stdout.splitlines(),
    )

# The kernel's own contracts: the memory set, and the audit after each of its programs.
SIZES = ("64", "256", "768", "4608") if LONG else ("64", "768")
kernel = os.path.join(OUT, "tests", "second", "kernel", "ntoskrnl.exe")
listing = os.path.join(OUT, "tests", "guest", "mm.list")
programs = sum(1 for line in open(listing) if line.strip())
for mem in SIZES:
    run = subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), "batch", "--mem", mem, listing],
        env={**os.environ, "FATHOM_KERNEL": kernel},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    passed = sum(line.startswith("ok ") for line in run.stdout.splitlines())
    plan.true(
        run.returncode == 0 and passed == programs > 1,
        f"pagealloc.h, vad.h: second files pass {programs} programs with {mem} MiB",
        *run.stdout.splitlines(),
    )

kernel = os.path.join(OUT, "tests", "second", "nopages", "ntoskrnl.exe")
run = subprocess.run(
    [os.path.join(TOP, "tools", "fathom"), "run", os.path.join(OUT, "bin", "hello.exe")],
    env={**os.environ, "FATHOM_KERNEL": kernel},
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    stdin=subprocess.DEVNULL,
    text=True,
)
plan.true(
    run.returncode != 0 and "mm: no page at boot: PageAlloc had none" in run.stdout,
    "a page allocator that never has a page is named at boot",
    run.stdout,
)
plan.done()
