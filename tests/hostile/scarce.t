#!/usr/bin/env python3
# long: too
# needs: system programs guests
"""The kernel's own allocations fail, one at a time.  scarce.exe is run for every n up to its own
count, the n-th failing; every program of the guest suite for the n's of a stride.  Whatever the
programs make of it: the kernel lives, every page, handle and object comes back, and a program dies
at most of STATUS_NO_MEMORY.  In make test: every third n of scarce.exe; the guest suite in make
test-long."""
import glob
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import LONG, OUT, TOP, Plan

plan = Plan()
RUNS = int(os.environ.get("FATHOM_SCARCE_RUNS", "4"))  # of each program of the suite
STEP = 1 if LONG else 3  # of scarce.exe's n
SCARCE = os.path.join(OUT, "tests", "hostile", "programs", "scarce.exe")
OUT_OF_MEMORY = ("C0000017", "C000009A", "C000012D")
BROKEN = re.compile(r'^  audit: .*|^  end: "(?:bug check|triple|no boot|hang).*', re.M)
OUTCOME = re.compile(r"^  (?:exit|end): (.*)", re.M)


def batch(lines):
    """[(name, report)] of what the lines made of themselves."""
    with tempfile.NamedTemporaryFile("w", suffix=".list") as listing:
        listing.write("\n".join(lines) + "\n")
        listing.flush()
        done = subprocess.run(
            [os.path.join(TOP, "tools", "fathom"), "batch", "--timeout", "40", listing.name],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
        )
    parts = re.split(r"^(?:not )?ok \d+ - (.*)$", done.stdout, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


def allocations(report):
    found = re.search(r"^  allocations: (\d+)", report, re.M)
    return int(found[1]) if found else 0


def judge(results, what):
    """One test for each program that left something behind, or one for all."""
    wrong = 0
    for name, report in results:
        crash = re.search(r"^  exception: 0x(\w+)", report, re.M)
        bad = BROKEN.findall(report)
        if crash and crash[1] not in OUT_OF_MEMORY:
            bad.append(f"crashed with {crash[1]}")
        if bad:
            wrong += 1
            if wrong <= 20:
                plan.true(False, name, *bad, report[:1500])
    plan.true(wrong == 0, f"{what}: {len(results)} runs, {wrong} of them wrong")
    ends = Counter(
        re.sub(r" at .*", "", m[1].strip('"')) for _, r in results for m in OUTCOME.finditer(r)
    )
    print("# " + ", ".join(f"{end}: {n}" for end, n in ends.most_common(12)), flush=True)


((_, plain),) = batch([SCARCE])
count = allocations(plain)
plan.true(
    count > 100 and re.search(r"^  exit: 0$", plain, re.M),
    f"scarce.exe makes the kernel allocate {count} times",
    plain,
)
failing = range(1, count + 1, STEP)
results = batch([f"ends=any poolfail={n} {SCARCE}" for n in failing] + [SCARCE])
plan.equal(len(results), len(failing) + 1, "each run has an outcome")
plan.true(
    re.search(r"^  exit: 0$", results[-1][1], re.M),
    "and afterwards it runs as before",
    results[-1][1],
)
judge(results, f"scarce.exe for n in steps of {STEP}")


def suite():
    """Every guest program, RUNS times."""
    found = glob.glob(os.path.join(OUT, "tests", "guest", "*", "*.exe"))
    programs = sorted(p for p in found if "/fuzz/" not in p and "/wild." not in p)
    lines = []
    for program, (name, report) in zip(programs, batch([f"ends=any {p}" for p in programs])):
        count = allocations(report)
        stride = count // RUNS + 1
        print(f"# {name}: {count} allocations, stride {stride}", flush=True)
        lines += [
            f"ends=any poolfail={n} {program}" for n in range(stride // 2 + 1, count + 1, stride)
        ]
    judge(batch(lines), "the guest suite by these strides")


if LONG:
    suite()
plan.done()
