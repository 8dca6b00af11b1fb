#!/usr/bin/env python3
"""The audit after each program notices one block of the pool or one page of commit charge that is
left, and one block that is gone: kernels that do so make the batch red, and it is named."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

plan = Plan()
PROCESS, EVENT = "kernel/executive/ps/process.c", "kernel/executive/ex/event.c"
# At the start of what frees a process: a block more, and a page of charge more.
DELETE = r"static void PspDeleteProcess\(void \*body\)\n\{"
LEAK = r"""\g<0>
    extern BOOLEAN MiChargeCommit(ULONG pages);
    MiChargeCommit(1);
    ExAllocatePool(20, PSP_TAG);
"""
# Three blocks more with the first process that ends, one of them fewer with each other.
FREE = r"""\g<0>
    static void *spare[3];
    static ULONG count;
    if (count == 0)
        while (count < 3)
            spare[count++] = ExAllocatePool(20, PSP_TAG);
    else
        ExFreePool(spare[--count]);
"""
# An event that is not there costs a block.
OPEN = r"(NTSTATUS NTAPI NtOpenEvent\([^{]*\{\n[^}]*?)return (ObOpenNamed\([^;]*);"
LOSE = r"""\g<1>{
        const NTSTATUS opened = \g<2>;
        if (!NT_SUCCESS(opened))
            ExAllocatePool(20, 0x74736554);
        return opened;
    }"""
HELLO = os.path.join(OUT, "archive", "hello.exe")
OPENS = os.path.join(OUT, "tests", "tools", "programs", "opens.exe")


def batch(out, program, times):
    with tempfile.NamedTemporaryFile("w", suffix=".list") as listing:
        listing.write(f"{program}\n" * times)
        listing.flush()
        return subprocess.run(
            [os.path.join(TOP, "tools", "fathom"), "batch", listing.name],
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "FATHOM_OUT": out},
        )


def broken(folder, path, old, new):
    """A build whose kernel has this change."""
    build, mine = os.path.join(folder, "build"), os.path.join(folder, "mine.c")
    with open(os.path.join(TOP, path)) as source:
        text, times = re.subn(old, new, source.read(), flags=re.S)
    plan.equal(times, 1, f"{path} has the place to break")
    with open(mine, "w") as copy:
        copy.write(text)
    if not os.path.exists(build):
        shutil.copytree(OUT, build, symlinks=True, copy_function=shutil.copy2,
                        ignore=shutil.ignore_patterns("tests", "host", "fuzz", "coverage", "*.img"))
    made = subprocess.run(
        ["make", "-C", TOP, f"O={build}", f"REPLACE={path}={mine}", "build/kernel/ntoskrnl.exe"],
        capture_output=True,
        text=True,
        env={**os.environ, "MAKEFLAGS": ""},
    )
    plan.true(made.returncode == 0, "the broken kernel is built", made.stderr)
    return build


def differences(done):
    """What each audit of the batch said."""
    said = re.findall(r"^# audit: (.*)$", done.stdout, re.M)
    return [
        {
            name: int(b) - int(a)
            for name, a, b in re.findall(r"([a-z][^,]*?)\s+(\d+) to (\d+)", text)
        }
        for text in said
    ]


with tempfile.TemporaryDirectory() as folder:
    done = batch(broken(folder, PROCESS, DELETE, LEAK), HELLO, 3)
    plan.equal(
        differences(done),
        [{"committed pages": 1, "pool blocks Ps": 1}] * 3,
        "a block and a page of charge for each process",
    )
    done = batch(broken(folder, PROCESS, DELETE, FREE), HELLO, 3)
    plan.equal(
        differences(done),
        [{"pool blocks Ps": n} for n in (3, -1, -1)],
        "a block fewer is a fault as well",
    )
    done = batch(broken(folder, EVENT, OPEN, LOSE), OPENS, 2)
    plan.equal(
        differences(done),
        [{"pool blocks Test": 1}] * 2,
        "one block for one event that is not there",
    )
done = batch(OUT, HELLO, 1)
plan.true(
    done.returncode == 0 and "audit" not in done.stdout,
    "the kernel as it is does none of it",
    done.stdout,
)
plan.done()
