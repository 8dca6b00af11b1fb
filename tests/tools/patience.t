#!/usr/bin/env python3
# needs: nothing
"""The time limits of tools/fathom count what the machine had, not what the host's clock shows: a
process that shares one processor with three others gets more of the clock, one that only sleeps
does not."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import TOP, Plan

sys.path.insert(0, os.path.join(TOP, "tools"))
from host import patience

plan = Plan()
ONE = min(os.sched_getaffinity(0))
SPIN, SLEEP = "while True: pass", "import time; print(); time.sleep(600)"


def start(program):
    return subprocess.Popen(
        [sys.executable, "-u", "-c", program],
        preexec_fn=lambda: os.sched_setaffinity(0, {ONE}),
        stdout=subprocess.PIPE,
    )


def sleeps(process):
    """It has done all that it will do: until then it waits for the processor, too."""
    process.stdout.readline()
    while True:
        with open(f"/proc/{process.pid}/stat") as file:
            if file.read().rpartition(")")[2].split()[0] == "S":
                return
        time.sleep(0.1)


spinners, sleeper = [start(SPIN) for _ in range(4)], start(SLEEP)
try:
    sleeps(sleeper)
    time.sleep(0.5)  # the others are at work
    busy, idle = patience.Patience(1, spinners[0].pid), patience.Patience(1, sleeper.pid)
    idle.pids = idle.pids[:1]  # without this process, whose own delay is not what is tested
    while busy.by_clock() > -0.5:
        time.sleep(0.1)
    passed, had = 1 - busy.by_clock(), 1 - busy.left()  # whenever this process gets its turn
    plan.true(had < 0.6 * passed, "a quarter of a processor: a quarter of the time", had, passed)
    plan.true(idle.left() <= 0, "nothing to do: time is up", f"{idle.left()} seconds left")
    busy.seconds = 600
    before, left, after = busy.by_clock(), busy.left(), busy.by_clock()
    plan.true(
        after <= left <= before,
        "before the limit the clock alone is asked, though the processor was waited for",
        (before, left, after),
    )
    busy.seconds = 1
    patience.FUSE = patience.FUSE_SECONDS = 1.2
    plan.true(
        busy.fused() and busy.left() <= 0, "many times the limit by the clock: the host is too slow"
    )
finally:
    for process in [*spinners, sleeper]:
        process.kill()
        process.wait()
plan.done()
