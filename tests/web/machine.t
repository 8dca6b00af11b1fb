#!/usr/bin/env python3
# needs: system tab programs
# long: too
# tools: web
"""The machine of the tab, in Node: it boots in few instructions, a program in its archive runs, and
at each moment the model of web/model has what HeapWalk, VirtualQuery and the kernel tell the
program itself.  Gone back to a saved state, it runs the same way again.

In make test for three of the ten doors.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import moments  # noqa: E402
from tap import LONG, OUT, TOP, Plan  # noqa: E402

DOORS = 10 if LONG else 3
FIRST, PROMPT = 2_300_000, 2_900_000  # instructions; 1.41 M and 1.62 M were seen, events included
plan = Plan()
missing = os.path.join(OUT, "web", "missing")
if os.path.exists(missing):
    with open(missing) as why:
        plan.skip(why.read().strip())
    plan.done()
script = os.path.join(TOP, "tests", "web", "tab.mjs")
program = os.path.join(OUT, "tests", "web", "programs", "moments.exe")
done = subprocess.run(["node", script, OUT, program, str(DOORS)], capture_output=True, text=True)
if not plan.equal(done.returncode, 0, "Fathom runs in v86"):
    plan.true(False, "its report", done.stdout[-2000:], done.stderr[-2000:])
    plan.done()
told = json.loads(done.stdout)
plan.true(0 < told["first"] <= FIRST, f"first output after {told['first']:,} instructions")
plan.true(told["first"] < told["prompt"] <= PROMPT, f"the prompt after {told['prompt']:,}")

said, seen = moments.printed(told["text"]), told["moments"]
plan.equal((len(said), len(seen)), (3 * DOORS, 3 * DOORS), f"{DOORS} doors, three moments each")
for kind, who in (
    ("block", "HeapWalk"),
    ("pages", "VirtualQuery"),
    ("view", "VirtualQuery, of views"),
):
    wrong = [
        f"moment {i}: {line}"
        for i, (one, other) in enumerate(zip(said, seen))
        for line in moments.differ(one[kind], other["lines"], kind)
    ]
    count = sum(len(one[kind]) for one in said)
    plan.true(
        count > 5 * DOORS and not wrong,
        f"{count} lines of {who}, each as the model has it",
        *wrong[:8],
    )
plan.true(all(one["lines"][-1] == "whole" for one in seen), "every tree of regions is whole")
wrong = []
for i, (one, other) in enumerate(zip(said, seen)):
    _, address, pfn = one["page"][0].split()
    page = f"{int(address, 16) & ~0xFFF:08X}"
    if other["pages"].get(page, "0") != pfn:
        wrong.append(f"moment {i}: {address}: {other['pages'].get(page)}, the kernel says {pfn}")
plan.true(not wrong, "the page of each block has the number that the kernel says", *wrong[:5])
plan.true(
    all(
        one["below"] and "moment main" in " ".join(one["stack"]) and "NtFathomQuery" in one["stack"]
        for one in seen
    ),
    "each moment's stack leads through NtFathomQuery to main",
    seen[0]["stack"],
)

there, saved, last = told["there"], told["SAVED"], told["AGAIN"]
plan.equal((told["went"], there["count"]), (True, told["kept"]["saved"]), "back to a saved state")
plan.true(there["lines"] == seen[saved]["lines"], f"its memory is that of moment {saved}")
plan.true(told["text"].startswith(there["text"]), "so is the console's text")
plan.equal(
    [one == seen[saved + 1 + i]["lines"] for i, one in enumerate(told["again"])],
    [True] * (last - saved),
    "it goes on from there as it did before",
)
plan.done()
