#!/usr/bin/env python3
# needs: system programs
"""The programs of a batch and C:: each finds it as the archive has it, whatever the ones before it did."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

plan = Plan()
PROGRAMS = os.path.join(OUT, "tests", "tools", "programs")


def batch(*lines):
    """[(ok, block)] of the tests of a list of these lines, {PROGRAMS} being their folder."""
    with tempfile.NamedTemporaryFile("w", suffix=".list") as listing:
        listing.writelines(f"{line}\n" for line in lines)
        listing.flush()
        done = subprocess.run([os.path.join(TOP, "tools", "fathom"), "batch", listing.name],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)
    tests = re.split(r"^(?=ok |not ok )", done.stdout, flags=re.M)[1:]
    plan.equal(len(tests), len(lines), f"{len(lines)} lines, as many tests")
    return [(test.startswith("ok"), test) for test in tests]


def printed(test):
    return "".join(re.findall(r'^  stdout\w*: "(.*)"$', test[1], re.M))


listing, upset = f"{PROGRAMS}/listing.exe", f"{PROGRAMS}/upset.exe"
before, changes, after, again, last = batch(listing, upset, listing, upset, listing)
plan.true(changes[0] and again[0], "a program may change whatever it finds on C:", changes[1], again[1])
plan.true(before[0] and "hello.exe 20 " in printed(before), "C: is listed", before[1])
for number, test in (("one", after), ("two", last)):
    plan.true(printed(test) == printed(before), f"after {number}, the next finds C: as the first did", before[1], test[1])
plan.done()
