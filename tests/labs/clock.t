#!/usr/bin/env python3
# needs: system
"""Counted instructions are the same in each boot: no tick of the clock falls elsewhere."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from grade import booted, lab  # noqa: E402
from host.batch import Job  # noqa: E402

DATES = ("2026-01-05T09:00:00", "2027-12-31T23:59:58", "2028-02-29T12:30:07")

# Instructions since boot at the first ticks that a program sees.
PROGRAM = """#include <stdio.h>
int main(void)
{
    volatile unsigned *tick = (volatile unsigned *)0x7FFE0320;
    for (unsigned i = 0, last = *tick; i < 3; last = *tick, i++) {
        while (*tick == last)
            ;
        printf("%llu ", __builtin_ia32_rdtsc());
    }
}
"""


def counted(path):
    """What the program prints in a boot as the grader's are."""
    one = lab.load("1")
    options = booted.options_of(one, one.tests[0], OUT, 64)
    (job,), _ = booted.boot(options, [Job(path, [], [], None, False, 0)])
    return bytes(job.stdout.data).decode()


def host_of_date(folder, date):
    """QEMU on a host with this date, unless it is told another."""
    path = os.path.join(folder, "qemu")
    with open(path, "w") as file:
        file.write(f'#!/bin/sh\nexec qemu-system-i386 -rtc base={date} "$@"\n')
    os.chmod(path, 0o755)
    os.environ["FATHOM_QEMU"] = path


plan = Plan()
with tempfile.TemporaryDirectory(prefix="fathom-clock-") as scratch:
    path = os.path.join(scratch, "ticks.exe")
    words = ["i686-w64-mingw32-gcc", "-O1", "-x", "c", "-", "-o", path]
    subprocess.run(words, input=PROGRAM.encode(), check=True)
    found = []
    for date in DATES:
        host_of_date(scratch, date)
        found.append(counted(path))
plan.true(len(found[0].split()) == 3, "a program sees three ticks", found)
plan.equal(set(found), {found[0]}, "at the same instructions whatever the date is")
plan.done()
