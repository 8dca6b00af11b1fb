#!/usr/bin/env python3
"""Runs tests through prove, then says what they cost: run.py [--budget SECONDS] TEST ...

$FATHOM_OUT/tests/cpu.txt has the CPU seconds of each test file, children included, the dearest
first; the sum is the last line printed.  CPU seconds are a measure of this machine: the same tests
take half as many again when other work shares its caches, and another processor has its own figure.
So a sum above the budget is only said.  Above twice the budget the run fails: no machine that
passes the rest of the suite in time is that slow, a test has become dear.
"""
import os
import subprocess
import sys

from tap import OUT, TOP

JOBS = 3  # on two processors: a test waits for a disk or a pipe for about a quarter of its time
WRONG_AT = 2  # times the budget


def prove(tests, log):
    # prove splits --exec at blanks: a relative name has none, wherever the tree lies.
    runner = os.path.relpath(os.path.join(TOP, "tests", "exec.py"))
    options = ["--jobs", str(JOBS), "--timer", "--merge", "--failures", "--comments"]
    return subprocess.run(
        ["prove", *options, "--exec", f"python3 {runner}", *tests],
        env={**os.environ, "FATHOM_CPU": log},
    ).returncode


def costs(log):
    """[(seconds, test)], the dearest first."""
    with open(log) as lines:
        rows = [line.split(maxsplit=1) for line in lines]
    return sorted(((float(cost), name.strip()) for cost, name in rows), reverse=True)


def main(words):
    budget = None
    if words[:1] == ["--budget"]:
        budget, words = float(words[1]), words[2:]
    log = os.path.join(OUT, "tests", "cpu.log")
    os.makedirs(os.path.dirname(log), exist_ok=True)
    open(log, "w").close()
    status = prove(words, log)
    rows, table = costs(log), log[:-3] + "txt"
    total = sum(cost for cost, _ in rows)
    with open(table, "w") as out:
        out.writelines(f"{cost:8.2f} {name}\n" for cost, name in [*rows, (total, "all")])
    print(f"CPU seconds: {total:.0f} in {len(rows)} test files", end="")
    print(f", budget {budget:.0f}" if budget else "", f"({os.path.relpath(table)})")
    if budget and total > budget:
        print("over the budget; the dearest:", ", ".join(f"{n} {c:.0f}" for c, n in rows[:5]))
    sys.exit(status or int(bool(budget and total > WRONG_AT * budget)))


if __name__ == "__main__":
    main(sys.argv[1:])
