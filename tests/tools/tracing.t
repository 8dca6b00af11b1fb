#!/usr/bin/env python3
# needs: system
"""docs/tracing.md: its example run, as shown but for the instructions, and its timeline."""
import itertools
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import TOP, Plan, compiler
from stock import fathom
import importer

sys.path.insert(0, os.path.join(TOP, "tools", "site"))
import examples

plan = Plan()
folder = tempfile.mkdtemp(prefix="tracing-")
NAMED = ("Size", "Granted", "Served", "Status", "At")


def without_costs(text):
    """Instructions differ with each change of the heap: the column is left out."""
    lines, at = [], None
    for line in text.split("\n"):
        if line.endswith("  where"):
            at = line.index("instr") + len("instr")
        lines.append(line[: at - 6] + line[at:] if at and len(line) > at else line)
    return "\n".join(lines)


def without_places(text):
    """Another build of ours puts things elsewhere, and costs differ."""
    text = re.sub(r" \S*/(words.cpp)", r" \1", re.sub(r"\b[0-9a-f]{8}\b", "ADDRESS", text))
    return re.sub(r"\b\d+( instructions)|(Pfn|Free|\*\w+)=\w+", r"\1\2", text)


def tree(slices, top, depth=0):
    """A slice and what is in it, a line each; those that say the same, once with their number."""
    wanted = NAMED if top["cat"] == "heap" else ("Status",)
    words = [f"{name}={top['args'][name]}" for name in wanted if name in top["args"]]
    yield "  " * depth + " ".join([top["name"], *words])
    within = [one for one in slices if one["parent"] is top]
    inner = [line for one in within for line in tree(slices, one, depth + 1)]
    for line, same in itertools.groupby(inner):
        count = len(list(same))
        yield line if count == 1 else re.sub(r"^ *", rf"\g<0>{count} times ", line)


try:
    with open(os.path.join(TOP, "docs", "tracing.md")) as document:
        text = document.read()
    (_, table, got), (_, walk, walked) = examples.run(text, os.path.realpath(folder))
    if compiler() == 12:
        plan.equal(
            without_costs(got),
            without_costs(table),
            "docs/tracing.md: the table as shown (make tutorial captures it anew)",
        )
    else:
        plan.skip("the table has the bytes that libstdc++ 12 keeps for exceptions")
    plan.equal(without_places(walked), without_places(walk), "its walk as shown")
    exe, file = (os.path.join(folder, made) for made in ("words.exe", "words.json"))
    plan.equal(fathom("trace", "-o", file, exe).returncode, 0, "its timeline")
    with open(file) as timeline:
        wrong, page = importer.perfetto(timeline.read())
    plan.equal(wrong, [], "an importer takes it")
    large = [one for one in page["slices"] if one["args"].get("At", "").startswith("picture ")][0]
    shown = re.search(r"^```\n(heap: allocate .*?)```", text, re.M | re.S)[1]
    got = "\n".join(tree(page["slices"], large)) + "\n"
    got = re.sub(r"At=(\S+) \S*/", r"At=\1 ", got)
    plan.equal(got, shown, "the large allocation as shown")
finally:
    shutil.rmtree(folder)
plan.done()
