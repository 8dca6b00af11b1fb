#!/usr/bin/env python3
# long: only
# needs: system programs
"""Nothing of the kernel's memory reaches a program.  A kernel built with POISON=1 fills its stack
before each service and its pool blocks when they are freed; poison.exe looks for these bytes in
every answer.  It finds none in ours, and does find them when the zeros are taken away."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import replaced
from tap import OUT, TOP, Plan

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "hostile", "programs", "poison.exe")
EXCEPTION, OBJECTS = "kernel/dispatch/exception.c", "kernel/executive/ob/service.c"
# An answer of 8 bytes is copied out of a block of the pool after the block was freed.
FREED = r"""        if (size != 8)
            return MmCopyToUser(user, from, size);
        void *other = ExAllocatePool(size, 0x74736554), *block = ExAllocatePool(size, 0x74736554);
        memcpy(block, from, size);
        ExFreePool(block);
        status = MmCopyToUser(user, block, size);
        ExFreePool(other);
    }"""
# Without the zeros of a raised record, and without -ftrivial-auto-var-init: every other answer is
# written by its service, padding and all.
FOUND = {("NtRaiseException", n) for n in range(15)}


def changed(path, old, new):
    with open(os.path.join(TOP, path)) as text:
        text, count = re.subn(old, new, text.read())
    plan.equal(count, 1, f"{path} still has what this test changes")
    return text


def kernel(folder, *words, **files):
    """Make a kernel with POISON=1 and these words; its path."""
    out = os.path.join(folder, "build")
    made = subprocess.run(
        [
            "make",
            "-C",
            TOP,
            f"-j{os.cpu_count()}",
            f"O={out}",
            "POISON=1",
            replaced.word(folder, files),
            *words,
            "build/kernel/ntoskrnl.exe",
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "MAKEFLAGS": ""},
    )
    plan.true(made.returncode == 0, "a kernel of POISON=1 is built", made.stderr[-2000:])
    return os.path.join(out, "kernel", "ntoskrnl.exe")


def run(path):
    return subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), "run", "--timeout", "300", PROGRAM],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        env={**os.environ, "FATHOM_KERNEL": path},
    )


def found(done):
    return {
        (name, int(number))
        for name, number in re.findall(r"^(\w+), class (\d+), .*the kernel's at", done.stdout, re.M)
    }


with tempfile.TemporaryDirectory() as folder:
    done = run(kernel(folder))
    plan.true(
        done.returncode == 0 and " 0 findings" in done.stdout,
        "no byte of the kernel's reaches a program",
        done.stdout,
        done.stderr,
    )
    print("# " + done.stdout.strip().split("\n")[-1], flush=True)
    bare = changed(EXCEPTION, r"EXCEPTION_RECORD record = \{0\};", "EXCEPTION_RECORD record;")
    done = run(kernel(folder, "zeroed=", **{EXCEPTION: bare}))
    other = FOUND ^ found(done)
    plan.true(
        done.returncode == 1 and not other,
        "what is not written is found, to the byte, and nothing else is",
        other,
        done.stdout,
        done.stderr,
    )
    freed = changed(
        OBJECTS,
        r"(?<=if \(NT_SUCCESS\(status\)\))\n        status = MmCopyToUser\(user, from, size\);",
        " {\n" + FREED,
    )
    done = run(kernel(folder, **{OBJECTS: freed}))
    plan.true(
        done.returncode == 1 and found(done),
        "and so is what was freed",
        done.returncode,
        done.stdout,
        done.stderr,
    )
plan.done()
