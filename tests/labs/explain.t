#!/usr/bin/env python3
# long: only
# needs: system
"""A mistake is explained: its kind, the student's line, the stack, what was expected and seen."""
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from grade.grader import Grader  # noqa: E402
from grade.lab import load  # noqa: E402
from grade.words import Teller  # noqa: E402

plan = Plan()
lab = load("1")
with open(lab.reference) as file:
    OURS = file.read()
TAKE = "PFN_NUMBER MiTakePage(ULONG zone, BOOLEAN zeroed)\n{\n"
LINE = OURS[: OURS.index(TAKE)].count("\n") + 3  # the first of MiTakePage's body
GUEST = "#ifndef __x86_64__\n{}\n#endif\n"

# what: (the first lines of MiTakePage, the tests to run, words of the report)
CASES = {
    "no-build": (
        "    return nothing;\n",
        ["none_is_none"],
        ["does not build", f"page.c:{LINE}", "nothing"],
    ),
    "a warning": (
        "    int unused;\n",
        ["none_is_none"],
        ["compiler warns", "unused variable", "4/4"],
    ),
    "wild, host": (
        "    *(volatile ULONG *)0x12345678 = 1;\n",
        ["none_is_none"],
        [
            "crash",
            "address 0x12345678, where nothing is",
            f"page.c:{LINE}",
            "none_is_none at labs/1-page",
        ],
    ),
    "out of bounds": (
        "    static ULONG table[4];\n    table[4 + zone]++;\n",
        ["none_is_none"],
        ["index 4 out of bounds", f"page.c:{LINE + 1}"],
    ),
    "no page": (
        GUEST.format("    if (zeroed)\n        return PFN_NONE;"),
        ["none_is_none", "audit_after_programs"],
        ["does not boot", "no page at boot: PageAlloc had none to give"],
    ),
    "recursion": (
        GUEST.format("    if (zeroed)\n        return MiTakePage(zone, zeroed) + 1;"),
        ["audit_after_programs"],
        ["triple fault", "most often endless recursion"],
    ),
    "wild, Fathom": (
        GUEST.format(
            "    static ULONG calls;\n    if (++calls == 3000)\n        *(volatile ULONG "
            "*)0x12345678 = 1;"
        ),
        ["audit_after_programs"],
        ["bug check", "12345678", f"page.c:{LINE + 3}", "nt!PageAlloc"],
    ),
    "a loop": (
        GUEST.format("    static ULONG calls;\n    while (calls++ > 3000)\n        calls--;"),
        ["audit_after_programs"],
        ["hang", "nt!MiTakePage", "kernel/mm/page.c:", "A loop without an end"],
    ),
    "a call of another": (
        "    extern void KeBugCheckEx(ULONG);\n    KeBugCheckEx(zone);\n",
        ["none_is_none"],
        ["it uses KeBugCheckEx"],
    ),
}
for what, (lines, names, words) in CASES.items():
    grader = Grader(lab, OUT, [test for test in lab.tests if test.name in names])
    grader.prepare()
    with tempfile.TemporaryDirectory(prefix="fathom-explain-") as folder:
        path = os.path.join(folder, "page.c")
        with open(path, "w") as file:
            file.write(OURS.replace(TAKE, TAKE + lines))
        result = grader.grade(path)
    text = "\n".join(Teller(False).table(result))
    missing = [word for word in words if word not in text]
    plan.true(not missing, what, f"not said: {missing}", text)

# A program that prints for ever is ended, and the test after it runs in a fresh boot.
FLOOD = """#include "lab.h"
LAB_CASE(flood)
{
    static char line[65536];
    for (;;)
        lab_write(line, sizeof line);
}
"""
ENTRY = """
[[test]]
name = "flood"
points = 10
stage = "guest"
layer = "files"
says = "it ends"
says_zh = "它会结束"
hint = "none"
hint_zh = "无"
program = "flood"

[chinese]
"""
with tempfile.TemporaryDirectory(prefix="fathom-flood-") as scratch:
    folder = os.path.join(scratch, "9-pattern")
    shutil.copytree(os.path.join(TOP, "tests", "labs", "9-pattern"), folder)
    with open(os.path.join(folder, "guest", "flood.c"), "w") as file:
        file.write(FLOOD)
    with open(os.path.join(folder, "lab.toml"), encoding="utf-8") as file:
        text = file.read()
    text = text.replace('points = 20\nstage = "guest"', 'points = 10\nstage = "guest"')
    text = text.replace("\n[chinese]\n", 'program = "find"\n' + ENTRY)
    with open(os.path.join(folder, "lab.toml"), "w", encoding="utf-8") as file:
        file.write(text)
    small = load(folder)
    small.tests.sort(key=lambda test: test.name != "flood")  # it runs first
    grader = Grader(small, OUT, [test for test in small.tests if test.stage == "guest"])
    grader.prepare()
    result = grader.grade(small.reference)
    kinds = {outcome.test.name: outcome.kind for outcome in result.outcomes}
    plan.equal(
        kinds,
        {"flood": "too much output", "find_files": "ok"},
        "endless output is cut, and the test after it is run",
    )
plan.done()
