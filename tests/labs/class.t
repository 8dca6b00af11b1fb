#!/usr/bin/env python3
# long: only
# needs: system
"""A class: every submission has its record, page and line; a second run makes only what is new."""
import csv
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import TOP, Plan  # noqa: E402

plan = Plan()
LAB = os.path.join(TOP, "labs", "1-page")


def grade_class(folder, out, *words):
    tool = os.path.join(TOP, "tools", "fathom")
    return subprocess.run(
        [tool, "grade-class", "1", folder, "-o", out, "--jobs", "2", *words],
        capture_output=True,
        text=True,
    )


def rows(out):
    with open(os.path.join(out, "points.csv"), newline="", encoding="utf-8") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


with tempfile.TemporaryDirectory(prefix="fathom-class-") as scratch:
    folder, out = os.path.join(scratch, "class"), os.path.join(scratch, "out")
    for name, path in (
        ("李雷", os.path.join(TOP, "kernel", "mm", "page.c")),
        ("O'Neil, Pat", os.path.join(LAB, "skeleton", "page.c")),
        ("a forger", os.path.join(LAB, "forgeries", "frames.c")),
    ):
        os.makedirs(os.path.join(folder, name))
        shutil.copy(path, os.path.join(folder, name, "page.c"))
    os.makedirs(os.path.join(folder, "nothing handed in"))
    done = grade_class(folder, out)
    plan.true(done.returncode == 0 and "4 of 4" in done.stdout, "a class of four", done)
    table = rows(out)
    wanted = {"李雷": "100", "O'Neil, Pat": "0", "a forger": "0", "nothing handed in": "0"}
    plan.equal({name: row["points"] for name, row in table.items()}, wanted, "points.csv")
    plan.true("KdHostSend" in table["a forger"]["refused"], "and why one was refused", table)
    pages = sorted(os.listdir(os.path.join(out, "students")))
    plan.equal(pages, sorted(name + ".html" for name in wanted), "a page for each student")
    with open(os.path.join(out, "index.html"), encoding="utf-8") as file:
        overview = file.read()
    plan.true(
        "zone_edges" in overview and "李雷" in overview, "an overview: tests, students", overview
    )

    record = os.path.join(out, "records", "李雷.json")
    before = os.stat(record).st_mtime_ns
    shutil.copy(
        os.path.join(LAB, "forgeries", "incbin.c"), os.path.join(folder, "a forger", "page.c")
    )
    with open(os.path.join(out, "records", "O'Neil, Pat.json"), "w") as file:
        file.write("{")  # the machine went down while it was written
    done = grade_class(folder, out, "--list")
    plan.equal(
        sorted(os.path.basename(os.path.dirname(line)) for line in done.stdout.splitlines()),
        ["O'Neil, Pat", "a forger"],
        "what is left: a file that changed, and a record that is torn",
    )
    done = grade_class(folder, out)
    plan.true(
        "assembler" in rows(out)["a forger"]["refused"], "again: the new file is graded", done
    )
    plan.equal(os.stat(record).st_mtime_ns, before, "and the others are not graded again")

    # A teacher's own held-back case, which does not say LAB_MORE, and then mends.
    overlay = os.path.join(scratch, "course")
    held = os.path.join(overlay, "1-page", "held", "host", "own.c")
    os.makedirs(os.path.dirname(held))
    case = '#include "lab.h"\nLAB_CASE(long_life)\n{\n    LAB_EXPECT(%s, "f", "a", "b");\n}\n'
    alone = os.path.join(scratch, "alone")
    shutil.copytree(os.path.join(folder, "李雷"), os.path.join(alone, "李雷"))
    for text, points in ((case % "0", ["0"]), (case % "1", ["14"]), ("int lab_count;\n", [])):
        with open(held, "w") as file:
            file.write(text)
        done = grade_class(alone, os.path.join(scratch, "out2"), "--overlay", overlay)
        seen = [] if done.returncode else [rows(os.path.join(scratch, "out2"))["李雷"]["long_life"]]
        plan.equal(seen, points, "a held-back case of an overlay counts as it is now")
    plan.true("do not fit together" in done.stderr, "one that does not link stops the class", done)

plan.done()
