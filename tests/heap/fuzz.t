#!/usr/bin/env python3
"""The heap's fuzzer: a bounded run of it finds nothing, and in a heap that was broken on
purpose it finds what is wrong.  (An hour of it: make fuzz SECONDS=3600.)"""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
CORPUS = os.path.join(TOP, "tests", "heap", "corpus")
RUNS = 5000  # three quarters of a minute, where nothing else runs
SMALL = 200 * 1024  # bytes that the corpus may have

# What is broken: file, the line as it is, the line as it is to be, what comes of it.
BROKEN = [
    (
        "ntdll/heap/freelist.c",
        "        Total += RtlpTakeNeighbour(Heap, Next, Total);\n",
        "        (void)Next;\n",
        "a block freed before a free one is not joined with it",
    ),
    (
        "ntdll/heap/realloc.c",
        "Old + CODE_SIZE(Code) < New)",
        "Old + CODE_SIZE(Code) + 64 < New)",
        "a block grows beyond the free entry behind it",
    ),
    (
        "ntdll/heap/lfh.c",
        "        RtlpSetBit(Sub->FreeMask, i);\n",
        "        RtlpSetBit(Sub->FreeMask, i ^ 1);\n",
        "the front end hands out a block that is not committed",
    ),
    (
        "ntdll/heap/find.c",
        "        if (!Sub || RTLP_READ(Sub->FreeMask[Index / 32]) & (1u << Index % 32))\n",
        "        if (!Sub)\n",
        "a free block of the front end passes for one in use",
    ),
]


def fuzz(program, runs, folder):
    """(exit code, what it said) of a run that starts from the corpus and is the same always;
    inputs that it makes itself go to folder."""
    new = os.path.join(folder, "new")
    shutil.rmtree(new, ignore_errors=True)
    os.mkdir(new)
    done = subprocess.run(
        [program, f"-runs={runs}", "-seed=1", "-len_control=0", "-max_len=1024"]
        + [f"-artifact_prefix={folder}/", "-timeout=60", new, CORPUS],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    return done.returncode, done.stdout


def build(out, *words):
    done = subprocess.run(
        ["make", "-C", TOP, f"O={out}", f"{out}/host/fuzz_heap", *words],
        env={**os.environ, "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
    )
    plan.true(done.returncode == 0, "it is built", done.stderr)
    return f"{out}/host/fuzz_heap"


with tempfile.TemporaryDirectory() as folder:
    for number, (path, was, becomes, name) in enumerate(BROKEN):
        with open(os.path.join(TOP, path)) as original:
            text = original.read()
        if not plan.true(was in text, f"{path} still has the line to break"):
            continue
        broken = os.path.join(folder, os.path.basename(path))
        with open(broken, "w") as copy:
            copy.write(text.replace(was, becomes))
        program = build(os.path.join(folder, str(number)), f"REPLACE={path}={broken}")
        code, said = fuzz(program, RUNS, folder)
        plan.true(
            code != 0 and "Test unit written" in said, f"found: {name}", said[-600:]
        )
    code, said = fuzz(build(OUT), RUNS, folder)
    plan.true(code == 0, f"{RUNS} programs: nothing found", said[-1500:])
size = sum(entry.stat().st_size for entry in os.scandir(CORPUS))
plan.true(0 < size <= SMALL, f"the corpus is small: {size} bytes")
plan.done()
