#!/usr/bin/env python3
# long: only
# needs: fuzz
"""The heap's fuzzer: a bounded run of it finds nothing, and in a heap that was broken on
purpose it finds what is wrong.  In make test a short run and one broken heap; in make test-long
all.  (An hour of it: make fuzz SECONDS=3600.)"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import replaced  # noqa: E402
from tap import LONG, OUT, TOP, Plan  # noqa: E402

plan = Plan()
CORPUS = os.path.join(TOP, "tests", "heap", "corpus")
RUNS = 1500 if LONG else 1000  # each adds 1 MB to ASan's shadow, and libFuzzer stops at 2 GB
SMALL = 200 * 1024  # bytes that the corpus may have

# What is broken: file, a pattern in it, what stands there instead, what comes of it.
BROKEN = [
    (
        "ntdll/heap/core/freelist.c",
        r"Total \+= (RtlpTakeNeighbour\(Heap, Next,[^;]*\));",
        r"Total += Total == 0 ? \1 : 0;",
        "a block freed before a free one is not joined with it",
    ),
    (
        "ntdll/heap/core/realloc.c",
        r"CODE_SIZE\(Free\) < More\)",
        "CODE_SIZE(Free) + 64 < More)",
        "a block grows beyond the free entry after it",
    ),
    (
        "ntdll/heap/front/region.c",
        r"\(\(Commit - sizeof\(HEAP_USERDATA_HEADER\)\) / Size\)",
        r"(Commit / Size + 1)",
        "the front end hands out a block that is not committed",
    ),
    (
        "ntdll/heap/core/find.c",
        r"if \((!RtlpOwnsFront\(.*\)) \|\| !Item.Busy\)\n",
        r"if (\1)\n",
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
        ["make", "-C", TOP, f"O={out}", "build/host/fuzz_heap", *words],
        env={**os.environ, "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
    )
    plan.true(done.returncode == 0, "it is built", done.stderr)
    return f"{out}/host/fuzz_heap"


with tempfile.TemporaryDirectory() as folder:
    for number, (path, pattern, becomes, name) in enumerate(BROKEN if LONG else BROKEN[:1]):
        with open(os.path.join(TOP, path)) as original:
            text, times = re.subn(pattern, becomes, original.read())
        if not plan.equal(times, 1, f"{path} has the line to break"):
            continue
        broken = replaced.word(folder, {path: text})
        program = build(os.path.join(folder, str(number)), broken)
        code, said = fuzz(program, RUNS, folder)
        plan.true(
            code != 0 and "Test unit written" in said, f"found: {name}", said[-600:]
        )
    code, said = fuzz(build(OUT), RUNS, folder)
    plan.true(code == 0, f"{RUNS} programs: nothing found", said[-1500:])
size = sum(entry.stat().st_size for entry in os.scandir(CORPUS))
plan.true(0 < size <= SMALL, f"the corpus is small: {size} bytes")
plan.done()
