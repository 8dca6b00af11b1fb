#!/usr/bin/env python3
"""A red test says what was wrong: the lines that its program printed, the statement, the values."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "tools", "programs", "red.exe")
HOST = """
#include "cases.h"
static void good(void **state) { (void)state; }
static void aborts(void **state) { (void)state; printf("before the end\\n"); abort(); }
static void wrong(void **state) { (void)state; assert_int_equal(6 * 7, 43); }
static void after(void **state) { (void)state; }
int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(aborts),
                                       cmocka_unit_test(wrong), cmocka_unit_test(after)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
"""

with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, "list"), "w") as lines:
        lines.writelines(f"{PROGRAM} {way}\n" for way in ("check", "equal", "fails", "bytes", ""))
    done = subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), "batch", os.path.join(folder, "list")],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
    )
    parts = re.split(r"^not ok \d+ - (.*)\n", done.stdout, flags=re.M)
    said = {
        name: "\n".join(re.findall(r"^# (.*)$", text, re.M))
        for name, text in zip(parts[1::2], parts[2::2])
    }
    plan.equal(
        list(said), ["red check", "red equal", "red fails", "red bytes", "red"], "all five are red"
    )
    for name, *wanted in (
        ("red check", r"exit code 1$", r"red\.c:\d+: not true: way == NULL \(last error 5\)"),
        ("red equal", r"red\.c:\d+: way\[0\] is 0x65, expected 0x45: 'E' \(last error 5\)"),
        (
            "red fails",
            r"red\.c:\d+: not so: CloseHandle: a wrong handle is refused$",
            r"not true: FAILS\(CloseHandle.* \(last error 6\)",
            r"noted before: the last error.* 0x6$",
        ),
        ("red bytes", r"  \?\[31m red \S+# and "),
        ("red", r"exit code 9$", r"stdout: \(60 lines before these\)$", r"  line 100$"),
    ):
        for pattern in wanted:
            plan.true(
                re.search(pattern, said.get(name, ""), re.M),
                f"{name} says {pattern}",
                said.get(name),
            )
    plan.true("line 60\n" not in said.get("red", ""), "only the last lines are shown")

    with open(os.path.join(folder, "host.c"), "w") as source:
        source.write(HOST)
    program = os.path.join(folder, "host")
    subprocess.run(
        [
            "gcc",
            "-g",
            "-fsanitize=address",
            f"-I{TOP}/tests/host",
            "-o",
            program,
            source.name,
            "-lcmocka",
        ],
        check=True,
    )
    done = subprocess.run(
        [os.path.join(TOP, "tests", "exec.py"), program], capture_output=True, text=True
    )
    plan.equal(re.findall(r"^(?:not )?ok .*|^1\.\..*", done.stdout, re.M),
               ["ok 1 - good", "not ok 2 - aborts", "not ok 3 - wrong", "ok 4 - after", "1..4"],
               "a case of a host program that aborts does not hide the others")
    plan.equal(done.returncode, 1, "and the program has failed")
    for pattern in (
        r"# before the end",
        r"# .* in aborts .*host\.c:4",
        r"# .*0x2a != 0x2b",
        r"host\.c:5: error",
    ):
        plan.true(re.search(pattern, done.stdout), f"it says {pattern}", done.stdout)
plan.done()
