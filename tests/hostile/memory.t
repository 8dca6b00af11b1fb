#!/usr/bin/env python3
# long: too
# needs: system programs
"""Little memory and much.  On a machine of 64 MiB each resource is taken until there is no more:
statuses only, all of it comes back, twice.  On one of 1 GiB the kernel's addresses end before the
memory does.  4 GiB are used in full; more does no harm."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import LONG, OUT, TOP, Plan

plan = Plan()
FATHOM = os.path.join(TOP, "tools", "fathom")
PRESSURE = os.path.join(OUT, "tests", "hostile", "programs", "pressure.exe")
KINDS = (
    "reserve small commit touch sparse heap threads events named handles sections views files "
    "pipes processes"
)

ADDRESSES = "pipes processes" if LONG else "pipes"  # those of its pool, those of its stacks

for mem, kinds in ((64, KINDS.split()), (1024, ADDRESSES.split())):
    with tempfile.NamedTemporaryFile("w", suffix=".list") as listing:
        listing.writelines(f"{PRESSURE} {kind}\n" for kind in kinds)
        listing.flush()
        done = subprocess.run(
            [FATHOM, "batch", "--mem", str(mem), listing.name],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
        )
    parts = re.split(r"^((?:not )?ok) \d+ - (.*)$", done.stdout, flags=re.M)
    plan.equal(len(parts) // 3, len(kinds), f"{mem} MiB: every kind has an outcome")
    for good, name, report in zip(parts[1::3], parts[2::3], parts[3::3]):
        plan.true(good == "ok", f"{mem} MiB: {name}", report)
        print("# " + "".join(re.findall(r'stdout: "(.*?)\\r', report)), flush=True)

for mem, least in ((64, 60), (4096, 4000), (6144, 4000)):
    done = subprocess.run(
        [FATHOM, "run", "--mem", str(mem), PRESSURE, "total"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    total = int((re.match(r"(\d+) MiB", done.stdout) or [0, 0])[1])
    plan.true(
        done.returncode == 0 and least <= total <= min(mem, 4096),
        f"--mem {mem}: {total} MiB are known",
        done.stderr,
    )
plan.done()
