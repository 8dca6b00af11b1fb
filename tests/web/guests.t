#!/usr/bin/env python3
# needs: system tab guests
# long: only
# tools: web
"""The guest tests in v86: those that fail there are the rows of docs/tab.md, each with the words
that the row gives, and no others.

tools/fathom runs them as ever, with v86 in QEMU's place (v86.mjs): two batches side by side.  All
sets but fuzz, whose runs take long and are about the kernel, not the processor.  Two programs
measure by the time-stamp counter, which follows the host's clock there: what they measure may fail,
and nothing else of theirs.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

SECONDS = 600  # for a batch; about 60 were seen with nothing else to do
ROW = re.compile(r"^\| `(\w+/\w+)` \| [^|]+ \| `([^`]+)` \|$", re.M)
MEASURE = {
    "behaviour/dates": "GetSystemTimePreciseAsFileTime",
    "clock/manynames": "last < 4 * first",
}
COMPLAINT = re.compile(r"^# +tests/guest/\S+\.c:\d+: (.*)$", re.M)
COUNTED = re.compile(r"(\d+) of (\d+) guest\s+tests")
RESULT = re.compile(r"^(ok|not ok) (\d+) - .*$", re.M)
plan = Plan()
missing = os.path.join(OUT, "web", "missing")
if os.path.exists(missing):
    with open(missing) as why:
        plan.skip(why.read().strip())
    plan.done()
os.environ.update(FATHOM_OUT=OUT, FATHOM_BUILT="yes")
os.environ["FATHOM_QEMU"] = os.path.join(TOP, "tests", "web", "v86.mjs")
os.environ.pop("FATHOM_MEM", None)


def programs():
    """SET/NAME of every program of tests/guest, without fuzz."""
    sources = glob.glob(os.path.join(TOP, "tests", "guest", "*", "*.c*"))
    names = [os.path.relpath(os.path.splitext(path)[0], TOP) for path in sources]
    return sorted({name[len("tests/guest/") :] for name in names if "/fuzz/" not in name})


def begun(names, path):
    with open(path, "w") as out:
        out.writelines(f"{OUT}/tests/guest/{name}.exe\n" for name in names)
    tool = [os.path.join(TOP, "tools", "fathom"), "batch", "--icount", "--mem", "256"]
    return subprocess.Popen(
        [*tool, path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def results(names, process):
    """{name: None, or what a test that is not ok said}; and the whole report."""
    try:
        report, _ = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.terminate()
        report, _ = process.communicate()
    found = list(RESULT.finditer(report))
    ends = [match.start() for match in found[1:]] + [len(report)]
    return {
        names[int(match[2]) - 1]: None if match[1] == "ok" else report[match.start() : end]
        for match, end in zip(found, ends)
    }, report


every, seen = programs(), {}
with tempfile.TemporaryDirectory(prefix="fathom-v86-") as folder:
    halves = [every[0::2], every[1::2]]
    started = [
        (half, begun(half, os.path.join(folder, f"{i}.list"))) for i, half in enumerate(halves)
    ]
    for half, process in started:
        told, report = results(half, process)
        plan.equal(len(told), len(half), f"{len(told)} programs ran in one batch")
        if len(told) < len(half):
            plan.true(False, "its last lines", report[-1500:])
        seen |= told

with open(os.path.join(TOP, "docs", "tab.md")) as page:
    text = page.read()
rows = dict(ROW.findall(text))
failed = {name: said for name, said in seen.items() if said}
for name, measured in MEASURE.items():
    said = failed.pop(name, None)
    other = [line for line in COMPLAINT.findall(said or "") if measured not in line]
    plan.true(
        name in seen and not other and (said is None or measured in said),
        f"{name}: {'passes' if said is None else 'only what it measures fails'}",
        said or "",
    )
judged = len(every) - len(MEASURE)
new = {name: said for name, said in failed.items() if name not in rows}
plan.true(not new, "what fails in v86 is a row of docs/tab.md", *new.values())
plan.equal(sorted(set(rows) - set(failed)), [], "each row fails there")
for name in sorted(set(rows) & set(failed)):
    plan.true(rows[name] in failed[name], f"{name}: {rows[name]}", failed[name])
good, of = map(int, COUNTED.search(text).groups())
plan.equal(of - good, len(rows), f"the page counts its rows: {good} of {of} pass")
plan.true(
    0.9 * judged <= of <= judged,
    f"and about as many as there are: {judged - len(failed)} of {judged} passed here",
)
plan.done()
