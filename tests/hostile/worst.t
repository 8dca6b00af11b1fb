#!/usr/bin/env python3
# long: too
# needs: system programs
"""No service runs for a time that a program chooses: the worst known input to every service that
takes a string, a list or a size (programs/worst.c), under icount, each within its limit of
instructions.

A service is one of them by the names of its arguments in include/services.tbl.
"""
import collections
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import LONG, OUT, TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
import services  # noqa: E402

plan = Plan()
LIMIT = 60_000  # of what has no row below
SIZED = re.compile(
    r"Length|Size|Count|Attributes$|AttributeList|Parameters|Name$|String$|Request$|Reply$|Receive$"
    r"|Handles"
)
NUMBERS = {"FileAttributes", "AllocationAttributes", "AllocationSize"}  # flags, or not looked at
LIMITS = {
    "NtAllocateVirtualMemory": 260_000,
    "NtConnectPort": 6_600_000,
    "NtCreateEvent": 5_500_000,
    "NtCreateFile": 580_000,
    "NtCreateKeyedEvent": 7_900_000,
    "NtCreateMutant": 11_000_000,
    "NtCreateNamedPipeFile": 180_000,
    "NtCreatePort": 16_000_000,
    "NtCreateSection": 17_000_000,
    "NtCreateSemaphore": 13_000_000,
    "NtCreateTimer": 13_000_000,
    "NtCreateUserProcess": 47_000_000,
    "NtDisplayString": 3_000_000,
    "NtFathomReadEvents": 1_600_000,
    "NtFathomSymbol": 670_000,
    "NtFlushVirtualMemory": 2_700_000,
    "NtFreeVirtualMemory": 670_000,
    "NtFsControlFile": 5_800_000,
    "NtGetWriteWatch": 1_500_000,
    "NtLockFile": 66_000,
    "NtLockVirtualMemory": 620_000,
    "NtMapViewOfSection": 280_000,
    "NtOpenEvent": 6_600_000,
    "NtOpenFile": 580_000,
    "NtOpenKeyedEvent": 6_600_000,
    "NtOpenMutant": 6_600_000,
    "NtOpenSection": 6_600_000,
    "NtOpenSemaphore": 6_600_000,
    "NtOpenTimer": 6_600_000,
    "NtProtectVirtualMemory": 3_500_000,
    "NtQueryAttributesFile": 580_000,
    "NtQueryDirectoryFile": 140_000_000,
    "NtQueryFullAttributesFile": 580_000,
    "NtQueryVirtualMemory": 37_000_000,
    "NtRaiseHardError": 7_100_000,
    "NtReadFile": 6_000_000,
    "NtReadVirtualMemory": 13_000_000,
    "NtResetWriteWatch": 320_000,
    "NtSetInformationFile": 750_000,
    "NtUnlockVirtualMemory": 810_000,
    "NtWriteFile": 9_100_000,
    "NtWriteVirtualMemory": 13_000_000,
}
# Lines with limits of their own: one of many costs little more than one alone, and who waits
# a few hundred instructions.
LINES = {
    "one of many long names": (90_000, 120_000),  # in make test, in make test-long
    "many wait for it": (30_000, 200_000),
    "a list of many long names": (250_000, 1_500_000),  # not a walk of the folder for each
}
# In make test-long the lists are ten times as long.
TEN_TIMES = re.compile(
    r"Nt(QueryDirectoryFile|OpenFile|CreateFile|Query\w*AttributesFile|SetInformationFile|\w*Query"
    r"|QuerySystemInformation)$"
)


def sized(name, arguments):
    words = {word for _, _, word in map(services.split, arguments)} - NUMBERS
    return name != "NtQueryPerformanceCounter" and any(map(SIZED.search, words))


def lines():
    """(service, instructions, status, what) of each call that the program made."""
    program = os.path.join(OUT, "tests", "hostile", "programs", "worst.exe")
    done = subprocess.run(
        [
            os.path.join(TOP, "tools", "fathom"),
            "run",
            "--icount",
            "--mem",
            "256",
            program,
            *["long"] * LONG,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    plan.equal(done.returncode, 0, "worst.exe ends")
    for line in done.stdout.splitlines():
        if match := re.fullmatch(r"(Nt\w+) (\d+) ([0-9a-f]{8}) (.*)", line):
            yield match[1], int(match[2]), match[3], match[4]


calls = collections.defaultdict(list)
for name, cost, status, what in lines():
    calls[name].append((cost, status, what))
table = services.rows(os.path.join(TOP, "include/services.tbl"))
wanted = sorted(name for _, name, arguments in table if sized(name, arguments))
missing = [name for name in wanted if name not in calls]
plan.true(
    not missing, f"{len(wanted)} services take a string, a list or a size: each is called", *missing
)
plan.equal(sorted(set(LIMITS) - set(calls)), [], "every limit is of a service that is called")
for what, limits in LINES.items():
    over = [
        f"{name}: {cost:,} ({status})"
        for name, made in calls.items()
        for cost, status, line in made
        if line == what and (cost > limits[LONG] or status not in ("00000000", "c0000034"))
    ]
    count = sum(line == what for made in calls.values() for _, _, line in made)
    plan.true(
        count > 2 and not over, f"{what}: {count} calls of at most {limits[LONG]:,}", *over
    )
for name, made in sorted(calls.items()):
    limit = LIMITS.get(name, LIMIT) * (11 if LONG and TEN_TIMES.match(name) else 1)
    cost, status, what = max(made)
    plan.true(
        cost <= limit,
        f"{name}: at most {limit:,} instructions",
        *(f"{cost:,} ({status}): {what}" for cost, status, what in made),
    )
plan.done()
