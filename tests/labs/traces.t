#!/usr/bin/env python3
# long: too
# needs: system
"""trace2rep: heap calls as a trace in the malloc labs' grammar, from text and from binary records;
the traces of labs/traces are whole; long: make score draws what a file costs on them."""
import glob
import os
import subprocess
import sys
import tempfile
import xml.dom.minidom

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import LONG, OUT, TOP, Plan  # noqa: E402

plan = Plan()
sys.path.insert(0, os.path.join(TOP, "tools"))
from grade import score, scorechart  # noqa: E402
from grade.lab import load  # noqa: E402
from grade.result import Outcome  # noqa: E402

FATHOM = os.path.join(TOP, "tools", "fathom")
RECORDED = ["walk", "containers", "compile", "lines", "lua", "sqlite", "jq"]
TEXT = """\
1 100 4.8 HeapOperation Operation=create Heap=00140000 Block=00000000 Size=65536 Old=00000000
2 110 4.8 HeapOperation Operation=allocate Heap=00140000 Block=00141000 Size=100 Old=00000000
3 120 4.8 HeapOperation Operation=allocate Heap=00140000 Block=00000000 Size=999 Old=00000000
4 130 4.8 HeapOperation Operation=allocate Heap=00140000 Block=00142000 Size=0 Old=00000000
5 140 4.8 HeapOperation Operation=reallocate Heap=00140000 Block=00143000 Size=200 Old=00141000
6 150 4.8 HeapOperation Operation=free Heap=00140000 Block=00143000 Size=200 Old=00000000
7 160 4.8 HeapOperation Operation=free Heap=00140000 Block=00999000 Size=8 Old=00000000
8 170 6.9 HeapOperation Operation=allocate Heap=00140000 Block=00143000 Size=7 Old=00000000
9 180 4.8 HeapOperation Operation=allocate Heap=00150000 Block=00143000 Size=9 Old=00000000
10 190 4.8 HeapOperation Operation=destroy Heap=00150000 Block=00000000 Size=0 Old=00000000
"""
WANTED = "0\n3\n7\n1\na 0 100\na 1 1\nr 0 200\nf 0\na 2 9\nf 2\nf 1\n"


def rep(*words):
    return subprocess.run([FATHOM, "trace2rep", *words], capture_output=True, text=True)


def mistakes(text):
    """What is wrong in a .rep."""
    numbers, lines, live, seen = text.split("\n")[:4], text.split("\n")[4:-1], set(), set()
    for line in lines:
        what, name = line.split()[:2]
        if what == "a" and name in seen or what in "rf" and name not in live:
            yield line
        (live.discard if what == "f" else live.add)(name)
        seen.add(name)
    if live or [int(n) for n in numbers[1:3]] != [len(seen), len(lines)]:
        yield f"the head says {numbers}; {len(seen)} ids, {len(lines)} operations, {len(live)} left"


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "events")
    with open(path, "w") as file:
        file.write(TEXT)
    run = rep(path)
    plan.equal(run.stdout, WANTED, "a moved block, a failure, a foreign free, a heap destroyed")
    plan.true("3 calls left out" in run.stderr, "what is left out is counted", run.stderr)
    run = rep("--pid", "6", path)
    plan.equal(run.stdout, "0\n1\n2\n1\na 0 7\nf 0\n", "--pid: one process")
    run = rep("--most", "2", path)
    plan.equal(run.stdout, "0\n1\n2\n1\na 0 100\nf 0\n", "--most: its first calls")
    run = rep("--pid", "5", path)
    said = run.returncode == 125 and "no HeapOperation of process 5" in run.stderr
    plan.true(said, "no such process", run.stderr)
    hello = os.path.join(OUT, "archive", "hello.exe")
    texts = []
    for form in ("text", "binary"):
        events = ["--events", path, "--events-format", form, "--trace", "HeapOperation"]
        subprocess.run([FATHOM, "run", *events, hello], stdout=subprocess.DEVNULL)
        texts.append(rep(path).stdout)
    same = texts[0] == texts[1] and texts[0].count("\n") > 20
    plan.true(same, "text and binary records give the same", *texts)
    plan.equal(list(mistakes(texts[0])), [], "a program's trace is whole")
for path in sorted(glob.glob(os.path.join(TOP, "labs", "traces", "*.rep"))):
    with open(path) as file:
        plan.equal(list(mistakes(file.read())), [], f"{os.path.basename(path)} is whole")

# The bands of `traces`: all points want the index and the dearest operation in the full one.
banded = next(test for test in load("7").tests if test.name == "traces")
(full, half), (most, twice) = (banded.full, banded.half), banded.worst
for costs, points, said in (
    ([full, most], 8, ""),
    ([full, most + 1], 4, f"{most + 1} instructions in the dearest operation"),
    ([half, twice], 4, "instructions"),
    ([full, twice + 1], 0, f"{twice + 1} instructions in the dearest operation"),
    ([half + 1, most], 0, f"{half + 1} instructions"),
    ([full], 0, "in the dearest operation"),
):
    outcome = Outcome(banded)
    outcome.by_bands(*[*costs, None][:2])
    good = outcome.points == points and said in outcome.seen
    plan.true(good, f"index and dearest operation {costs}: {points} points", outcome)

# The curves, without a machine: figures.tsv has each lab's others on each recording.
for word in score.SCORED:
    columns = score.known(load(word))
    plan.equal(
        [(name, list(column)) for name, column in columns.items()],
        [(name, RECORDED) for name, _, _ in score.others(load(word))],
        f"lab {word}: figures.tsv has every other solution on every recording",
    )
    picture = xml.dom.minidom.parseString("".join(scorechart.drawing(columns, "lab")))
    tops = [float(c.getAttribute("cy")) for c in picture.getElementsByTagName("circle")]
    plan.equal(len(tops), 3 * 4 * len(RECORDED), f"lab {word}: each is a point of three curves")
    room = float(picture.documentElement.getAttribute("height"))
    plan.true(all(0 < y < room for y in tops), f"lab {word}: inside the picture", *tops)

if LONG:
    with tempfile.TemporaryDirectory() as folder:
        picture = os.path.join(folder, "score.svg")
        words = [FATHOM, "score", "-o", picture, "7"]
        run = subprocess.run(
            [*words, "crt/borland/heap.c"], cwd=TOP, capture_output=True, text=True
        )
        rows = [line.split() for line in run.stdout.splitlines() if line.startswith("  ")]
        plan.equal(
            [row[0] for row in rows], 3 * RECORDED, "score: three measures of each recording"
        )
        plan.true(all(row[1] == row[2] for row in rows), "our file is as ours", run.stdout)
        drawn = xml.dom.minidom.parse(picture).getElementsByTagName("polyline")
        plan.equal(len(drawn), 3 * 5, "five solutions' curves, three diagrams")
        kept = score.known(load("7"))
        now = {
            name: [float(row[3 + n].replace(",", "")) for row in rows]
            for n, name in enumerate(("the second", "Kernighan, Ritchie", "bins, best fit"))
        }
        far = [
            (name, row[0], was, is_now)
            for name, column in now.items()
            for row, was, is_now in zip(
                rows, [kept[name][r][n] for n in range(3) for r in RECORDED], column
            )
            if abs(was - is_now) > 0.1 * was
        ]
        plan.equal(far, [], "figures.tsv has what they cost (else: tools/fathom score --figures)")
        # Memory is counted both times: this bug has twice the arenas the second time.
        grows = os.path.join(folder, "heap.c")
        bug = "labs/7-malloc/bugs/arenas_only_grow.patch"
        subprocess.run(["patch", "-s", "-o", grows, "crt/borland/heap.c", bug], cwd=TOP, check=True)
        ratio = score.figures(score.player(load("7")), grows)["sqlite"][2]
        now = float(rows[2 * len(RECORDED) + RECORDED.index("sqlite")][1])
        plan.true(ratio > 3 * now, "memory that only the second time takes is counted", ratio, now)
        skeleton = "labs/7-malloc/skeleton/heap.c"
        run = subprocess.run([*words, skeleton], cwd=TOP, capture_output=True, text=True)
        plan.true(run.returncode == 1 and "skeleton" in run.stderr, "one that cannot", run.stderr)
    # make bench of a student's tree: each cost that is judged, its band, and its figures.
    lab = load("7")
    run = subprocess.run(
        [FATHOM, "lab", "bench", "--lab", "7"], cwd=TOP, capture_output=True, text=True
    )
    for test in (test for test in lab.tests if test.stage == "icount" and test.shown):
        band = f"all up to {test.full}, half of them up to {test.half}"
        dearest = "all up to {}, half of them up to {}".format(*(test.worst or (0, 0)))
        plan.true(not test.worst or dearest in run.stdout, f"make bench: {dearest}", run.stdout)
        rows = [row for row in run.stdout.splitlines() if row.split()[0] == test.name]
        plan.true(
            len(rows) == 1 and band in rows[0], f"make bench: {test.name}, {band}", run.stdout
        )
    shown = run.stdout.count("    trace ")
    plan.equal(shown, len(RECORDED), "make bench: the figures of each recording, once")
plan.done()
