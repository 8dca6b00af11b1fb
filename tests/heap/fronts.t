#!/usr/bin/env python3
# long: only
# needs: system guests
"""The heap's functional tests under the other front end: a build with FRONT=windows7, its host
tests and the guest programs of the set heap; and no build mixes the two.  A third one, in a copy of
the tree (tests/second/mag), was written from front.h alone."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from grade.build import replace_member  # noqa: E402

plan = Plan()
# Not test_heap_corruption: it takes minutes (make corrupt FRONT=windows7).
HOST = sorted(
    os.path.basename(path)[:-2]
    for path in glob.glob(os.path.join(TOP, "tests/host/test_heap*.c"))
    if not path.endswith(("windows7.c", "corruption.c"))
)


def make(out, *words, top=TOP):
    return subprocess.run(
        ["make", "-C", top, f"-j{os.cpu_count()}", f"O={out}", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "MAKEFLAGS": ""},
    )


def said(path):
    """Names of this front end's functions that the DLL's map has: groups.c's, windows7's."""
    with open(os.path.join(path, "bin", "ntdll.map"), errors="replace") as text:
        names = text.read()
    return "groups.o" in names, "windows7/take.o" in names


def system(folder):
    """A build folder: ours with the other ntdll.dll in its archive."""
    there = os.path.join(folder, "system")
    os.makedirs(there)
    for name in os.listdir(OUT):
        if name not in ("archive.tar", "bin", "settings"):
            os.symlink(os.path.join(OUT, name), os.path.join(there, name))
    os.makedirs(os.path.join(there, "bin"))
    for name in os.listdir(os.path.join(OUT, "bin")):
        at = folder if name.startswith("ntdll.") else OUT
        os.symlink(os.path.join(at, "bin", name), os.path.join(there, "bin", name))
    stripped = os.path.join(folder, "stripped.dll")
    subprocess.run(
        [
            "i686-w64-mingw32-objcopy",
            "--strip-debug",
            os.path.join(folder, "bin", "ntdll.dll"),
            stripped,
        ],
        check=True,
    )
    replace_member(
        os.path.join(OUT, "archive.tar"), os.path.join(there, "archive.tar"), "ntdll.dll", stripped
    )
    return there


def passes(out, what):
    done = subprocess.run(
        [
            os.path.join(TOP, "tools", "fathom"),
            "batch",
            "--timeout",
            "300",
            os.path.join(OUT, "tests", "guest", "heap.list"),
        ],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        env={**os.environ, "FATHOM_OUT": out, "FATHOM_BUILT": "yes"},
    )
    counts = re.findall(r"^(not )?ok ", done.stdout, re.M)
    plan.true(
        done.returncode == 0 and len(counts) >= 5 and not any(counts),
        what,
        done.stdout[-2000:],
        done.stderr[-500:],
    )


with tempfile.TemporaryDirectory() as folder:
    made = make(
        folder,
        "FRONT=windows7",
        "build/bin/ntdll.dll",
        *(f"build/tests/host/{name}" for name in HOST),
    )
    if plan.true(
        made.returncode == 0, "ntdll.dll with FRONT=windows7 is built", made.stderr[-2000:]
    ):
        plan.equal(
            said(folder), (False, True), "its ntdll has that front end, and no part of the other"
        )
        for name in HOST:
            done = subprocess.run(
                [os.path.join(folder, "tests", "host", name)],
                capture_output=True,
                text=True,
                errors="replace",
                env={key: value for key, value in os.environ.items() if key != "FATHOM_LONG"},
            )
            plan.true(
                done.returncode == 0, f"{name} passes under it", (done.stdout + done.stderr)[-1500:]
            )
        passes(system(folder), "the guest programs of the set heap pass under it")
        made = make(folder, "build/bin/ntdll.dll")
        plan.true(
            made.returncode == 0 and said(folder) == (True, False),
            "without the word the same folder has groups again",
            made.stderr[-2000:],
        )
    made = make(folder, "FRONT=windows8")
    plan.true(
        made.returncode
        and "FRONT=windows8: there is no such front end; this tree has groups, lab, windows7"
        in made.stderr,
        "a front end that is not there is refused by name",
        made.stderr[-500:],
    )

# tests/second/mag: its inline functions loop, so they want more registers than ours.
with tempfile.TemporaryDirectory() as folder:
    copy = os.path.join(folder, "copy")
    names = [name for name in os.listdir(TOP) if name not in ("build", ".git")]
    os.makedirs(copy)
    subprocess.run(["cp", "-r", *(os.path.join(TOP, name) for name in names), copy], check=True)
    shutil.copytree(
        os.path.join(TOP, "tests", "second", "mag"),
        os.path.join(copy, "ntdll", "heap", "front", "mag"),
    )
    out, blind = os.path.join(folder, "out"), ("test_heap", "test_heap_services")
    wanted = ["build/bin/ntdll.dll", *(f"build/tests/host/{name}" for name in blind)]
    made = make(out, "FRONT=mag", *wanted, top=copy)
    plan.true(made.returncode == 0, "a front end from front.h alone is built", made.stderr[-2000:])
    for name in blind:
        done = subprocess.run(
            [os.path.join(out, "tests", "host", name)], capture_output=True, text=True
        )
        plan.equal(done.returncode, 0, f"{name}, which looks into no front end, passes with it")
    passes(system(out), "front.h: the set heap passes with a third one")
plan.done()
