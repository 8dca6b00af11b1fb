#!/usr/bin/env python3
# long: too
# needs: system programs attacks
"""Programs that misuse malloc, by kind, size and direction (programs/kinds.cpp), by default, in the
guest and on the host: which go unnoticed is what docs/attacks.md says, each with its reason, and no
more than MOST.  In make test-long in the guest again under gflags.  The check at exit and its
switch; a fault of ntdll's that comes from a damaged heap."""
import collections
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import LONG, OUT, TOP, Plan  # noqa: E402

MOST = 27
BEGIN, END = "<!-- kinds: from here -->", "<!-- kinds: to here -->"
plan = Plan()


def outcomes(command, environment=None):
    """{row: outcome}"""
    done = subprocess.run(
        command,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=600,
    )
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return dict(line.strip().split("\t") for line in lines if "\t" in line)


def guest(*options):
    program = os.path.join(OUT, "tests", "attacks", "programs", "kinds.exe")
    return outcomes([os.path.join(TOP, "tools", "fathom"), "run", *options, program])


def unnoticed(table):
    return sorted(name for name, outcome in table.items() if outcome == "UNNOTICED")


def described():
    """{guest or host: names} as docs/attacks.md has them."""
    with open(os.path.join(TOP, "docs", "attacks.md"), encoding="utf-8") as page:
        text = page.read().partition(BEGIN)[2].partition(END)[0]
    found = collections.defaultdict(list)
    for row in re.findall(r"^\| (.+?) \| ([0-9, -]+) \| ([0-9, -]+) \|", text, re.M):
        for where, sizes in zip(("guest", "host"), row[1:]):
            found[where] += [f"{row[0]} {size}" for size in re.findall(r"\d+", sizes)]
    return {where: sorted(names) for where, names in found.items()}


page = described()
tables = {
    "guest": guest(),
    "host": outcomes(
        [os.path.join(OUT, "host", "kinds")],
        {"LD_PRELOAD": os.path.join(OUT, "host", "libstrictheap.so")},
    ),
}
for where, table in tables.items():
    plan.true(len(table) > 110, f"{where}: all were tried", f"{len(table)}")
    plan.equal(unnoticed(table), page.get(where), f"{where}: what goes unnoticed is as described")
    plan.true(
        len(unnoticed(table)) <= MOST, f"{where}: at most {MOST} go unnoticed", unnoticed(table)
    )
for words, most in (("htc+hfc+hpc", 26), ("hpa", 6)) if LONG else ():
    left = unnoticed(guest("--gflags", words))
    plan.true(len(left) <= most, f"--gflags {words}: at most {most}", f"{len(left)}: {left}")


def single(name, *options):
    """The exit code and the log of one program of a set."""
    program = os.path.join(OUT, "tests", "attacks", "programs", name)
    words = [str(list(tables["guest"]).index(LEFT))] if name == "kinds.exe" else []
    done = subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), "run", *options, program, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=600,
    )
    return done.returncode, done.stderr.decode("utf-8", "replace")


LEFT = "run over 32 bytes before 8"  # nothing is freed afterwards
code, log = single("kinds.exe")
found = re.search(r"heap corruption: .*block [0-9A-F]{8}, found by LdrShutdownProcess", log)
plan.true(code == 241 and found and "c0000374" in log, "damage left is reported at exit", log)
code, log = single("kinds.exe", "--env", "FATHOM_EXIT_CHECK=0")
plan.true(code == 0 and "corruption" not in log, "FATHOM_EXIT_CHECK=0: it is not", code, log)
code, log = single("wild.exe")
named = re.search(r"heap corruption: .*heap [0-9A-F]{8}, .*found by RtlDispatchException", log)
plan.true(
    code == 241 and named and "c0000374" in log and "wild!main" in log,
    "a fault of ntdll's in a damaged heap is named, with its stack",
    code,
    log,
)
plan.done()
