#!/usr/bin/env python3
# needs: system
# long: too
"""fathom where: each line of a program has its allocations, by any door, however it ends."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import LONG, Plan
from stock import PREFIX, build, fathom, line_of

plan = Plan()
folder = tempfile.mkdtemp(prefix="where-")

# line: count, bytes, bytes left, what may have served it
SMALL = {"front end", "free list", "commit"}
WANTED = {
    "node": (100, 800, 0, SMALL),
    "vector": (11, 8188, 0, SMALL),
    "map": (20, 870, 0, SMALL),
    "large": (1, 3000000, 0, {"large"}),
    "commit": (1, 200000, 200000, {"commit"}),
    "calloc": (1, 100, 100, SMALL),
    "small": (1, 50, 0, SMALL),
    "realloc": (1, 5000, 5000, SMALL | {"in place"}),  # the run's end grows
    "HeapAlloc": (1, 77, 77, SMALL),
    "strdup": (1, 7, 7, SMALL),
    "worker": (100, 4000, 4000, SMALL),
}
THERE = (3, 33, 33)


def where(*words):
    """(exit code, what JSON says of the first process, standard error)"""
    done = fathom("where", "--json", *words)
    said = json.loads(done.stdout) if done.stdout else {"processes": [{}], "notes": []}
    return done.returncode, said["processes"][0], done.stderr.decode(), said


def by_line(process):
    """{file:line: row} of a process's own code."""
    found = {}
    for row in process["rows"]:
        if row["own"]:
            found[f"{os.path.basename(row['file'])}:{row['line']}"] = row
    return found


def figures(row):
    return row and (row["count"], row["bytes"], row["left"]["bytes"])


def compare(process, name, lines=WANTED):
    """What the table of a process lacks, or has otherwise."""
    rows = by_line(process)
    wrong = []
    for mark, (count, size, left, served) in lines.items():
        row = rows.get(line_of("places.cpp", mark))
        by = {kind for kind, number in row["served"].items() if number} if row else None
        if figures(row) != (count, size, left) or not by <= served:
            wrong.append(f"{mark}: {figures(row)} by {by}")
    if figures(rows.get(line_of("there.c", "keep"))) != THERE:
        wrong.append(f"there.c: {figures(rows.get(line_of('there.c', 'keep')))}")
    plan.true(not wrong, f"{name}: each line has its count, bytes, bytes left", *wrong)
    return rows


def sums(process):
    total = process["sum"]
    parts = [figures(row) for row in process["rows"]]
    return [sum(part) for part in zip(*parts)], [*figures(total)]


try:
    dll = build(folder, "there.dll", "there.c", "-shared", "-O2", "-g")
    places = build(folder, "places.exe", "places.cpp", "-O2", "-g", dll)
    code, process, said, whole = where("--add", dll, places)
    plan.equal((code, said, whole["notes"]), (7, "done\r\n", []), "its exit code; its output aside")
    rows = compare(process, "-O2")
    plan.equal(*sums(process), "the rows add up")
    unseen = process["unseen"], process["ended"]
    plan.equal(unseen, (0, True), "no free of a block that was not seen")
    named = [rows.get(line_of("places.cpp", mark)) for mark in ("node", "map", "worker")]
    functions = {row["function"] for row in named if row}
    plan.equal(functions, {"Node::make", "words", "worker"}, "functions by their plain names")
    node = rows[line_of("places.cpp", "node")]
    plan.equal(node["through"], "operator new", "what gave them the blocks")
    plan.true(node["served"]["front end"] > 80, "most small blocks by the front end", node)
    cost = {mark: rows[line_of("places.cpp", mark)] for mark in ("node", "large")}
    cost = {mark: row["instructions"] / row["count"] for mark, row in cost.items()}
    plan.true(20 < cost["node"] < 2000 < cost["large"], "what they cost", cost)

    done = fathom("where", "--add", dll, "--top", "3", "--sort", "count", places, "crash")
    lines = done.stdout.decode().split("\n")
    said = done.stderr.decode()
    plan.equal(done.returncode, 241, "a program that crashes: its exit code")
    plan.true(
        re.search(r"^fathom: where: crashed 0xC0000005 at places.exe.*; this is what", said, re.M),
        "it is said",
        said,
    )
    wide = [line for line in lines if len(line) > 100 or "\33" in line]
    plan.equal(wide, [], "lines of at most 100 columns, without colours")
    head = lines.index(next(line for line in lines if line.endswith("  where")))
    counts = [int(line.split()[0]) for line in lines[head + 1 : head + 4]]
    plan.equal(counts, sorted(counts, reverse=True), "--sort count")
    plan.true("more site" in lines[head + 4] and "sum:" in lines[head + 5], "--top 3", *lines)
    node = " ".join(["Node::make", line_of("places.cpp", "node"), "(new)"])
    plan.true(any(line.endswith(node) for line in lines), "a call site as text", *lines)

    bare = shutil.copy(places, os.path.join(folder, "bare.exe"))
    subprocess.run([PREFIX + "strip", bare], check=True)
    code, process, _, _ = where("--add", dll, bare)
    found = [row for row in process["rows"] if figures(row) == (100, 800, 0)]
    plan.true(
        found and re.match(r"bare.exe\+[0-9a-f]+( < bare.exe\+[0-9a-f]+)*$", found[0]["at"]),
        "without symbols: module and offset",
        *map(figures, process["rows"]),
    )
    plan.equal(*sums(process), "and the rows add up")
    for words, why in (
        (["--top", "0"], "--top: 0: 1 to"),
        (["--sort", "name"], "invalid choice"),
        (["--events", "x"], "--events: not of where"),
    ):
        done = fathom("where", *words, places)
        plan.true(done.returncode == 125 and why in done.stderr.decode(), why, done.stderr)
    if LONG:
        for flags in (["-O0"], ["-O1"], ["-Os"], ["-O3"], ["-O2", "-fno-omit-frame-pointer"]):
            other = build(folder, "other.exe", "places.cpp", "-g", *flags, dll)
            compare(where("--add", dll, other)[1], " ".join(flags))
        _, process, _, _ = where("--add", dll, "--door", "int2e", places)
        compare(process, "by int 2Eh")
        _, process, _, _ = where("--add", dll, "--boot", "x64", "--mem", "128", places)
        compare(process, "by UEFI")
        plain = shutil.copy(places, os.path.join(folder, "plain.exe"))
        subprocess.run([PREFIX + "strip", "-g", plain], check=True)
        _, process, _, _ = where("--add", dll, plain)
        found = {row["function"]: figures(row) for row in process["rows"] if row["own"]}
        plan.equal(found["worker"], (100, 4000, 4000), "without -g: functions")
        code, process, said, whole = where("--add", dll, "--timeout", "3", places, "spin")
        plan.equal((code, bool(whole["notes"])), (242, True), "a program that does not end")
        some = {mark: WANTED[mark] for mark in ("large", "worker", "strdup")}
        compare(process, "what it had until then", some)
        path = os.path.join(folder, "c.c")
        with open(path, "w") as source:
            source.write("#include <stdlib.h>\nint main(void)\n{\n    return !malloc(99);\n}\n")
        _, process, _, _ = where(build(folder, "c.exe", path, "-O0", "-g"))
        plan.equal(figures(by_line(process).get("c.c:4")), (1, 99, 99), "a program in C")
        code, process, said, whole = where("--add", dll, places, "parent")
        plan.equal(len(whole["processes"]), 2, "a child has a table of its own")
        compare(whole["processes"][1], "the child's")
finally:
    shutil.rmtree(folder)
plan.done()
