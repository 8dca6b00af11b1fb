#!/usr/bin/env python3
# needs: system record web programs
# long: only
# tools: web
"""The JavaScript model of heaps, regions and page tables (web/model) says of a recorded program
what HeapWalk and VirtualQuery told the program itself."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "web", "programs", "lists.exe")
scratch = tempfile.TemporaryDirectory(prefix="fathom-web-")
path = os.path.join(scratch.name, "lists.rec")
record = [os.path.join(TOP, "tools", "fathom"), "record", "--mem", "64", "-o", path]
told = subprocess.run(
    [*record, "--from", "listed", "--instructions", "2", PROGRAM], capture_output=True, text=True
)
script = os.path.join(TOP, "tests", "web", "lists.mjs")
layouts = os.path.join(OUT, "web", "layouts.json")
shown = subprocess.run(["node", script, path, layouts], capture_output=True, text=True)


def lines(text, kind):
    return [line for line in text.splitlines() if line.startswith(kind + " ")]


def differ(one, other):
    return [f"- {line}" for line in sorted(set(one) - set(other))][:5] + [
        f"+ {line}" for line in sorted(set(other) - set(one))
    ][:5]


walked, blocks = lines(told.stdout, "block"), lines(shown.stdout, "block")
plan.true(len(walked) > 800, f"HeapWalk told of {len(walked)} blocks in the program", told.stderr)
plan.true(
    sorted(walked) == sorted(blocks),
    "each block is where HeapWalk said",
    *differ(walked, blocks),
    shown.stderr,
)
heaps = {line.split()[1] for line in blocks}
plan.true(len(heaps) >= 3, f"of {len(heaps)} heaps, large blocks and the front end among them")

queried = [line.split() for line in lines(told.stdout, "pages")]
private = [" ".join(row) for row in queried if row[-1] == "20000"]
pages = lines(shown.stdout, "pages")
plan.true(len(private) > 15, f"VirtualQuery told of {len(private)} runs of private pages")
plan.true(
    sorted(private) == sorted(pages), "each run is as VirtualQuery said", *differ(private, pages)
)
for line in lines(shown.stdout, "view"):
    _, base, size, kind = line.split()
    start, end = int(base, 16), int(base, 16) + int(size, 16)
    inside = [row for row in queried if start <= int(row[1], 16) < end and row[-1] == kind]
    plan.equal(
        sum(int(row[2], 16) for row in inside), end - start, f"the view at {base} has its size"
    )
plan.true(shown.stdout.splitlines()[-1:] == ["whole"], "the tree of regions is whole", shown.stderr)
plan.done()
