#!/usr/bin/env python3
# long: only
# needs: system
"""The build anywhere: names with blanks and letters of any script, O= elsewhere, a tree that
cannot be written; the same sources give the same bytes everywhere."""
import filecmp
import os
import shutil

from copied import SYSTEM, Copy
from tap import OUT, TOP, Plan

plan = Plan()
AGAIN = """kernel/rtl/format.o kernel/mm/copy.asm.o dll/crt/borland/heap.o user/hello.o
    kernel/pass1.exe bin/cw3220.dll""".split()
SAME = ["kernel/ntoskrnl.exe", "archive.tar"]


def forget(out):
    """A sample of each kind is compiled again, and what depends on it linked."""
    for name in AGAIN:
        os.remove(os.path.join(out, name))


def same(out, where):
    for name in SAME:
        plan.true(
            filecmp.cmp(os.path.join(OUT, name), os.path.join(out, name), False),
            f"{where}: {name} is the same, byte for byte",
        )


with Copy("fa thom 作业") as copy:
    forget(copy.path("build"))
    made, said = copy.make(*SYSTEM)
    plan.true(set(AGAIN) <= set(made or []), "a folder with blanks and other letters", said[-1500:])
    same(copy.path("build"), "there")
    done = copy.run("tools/fathom", "run", "build/archive/hello.exe")
    plan.equal(
        (done.returncode, done.stdout),
        (0, "Hello from a stock program.\n"),
        "tools/fathom runs there",
    )

    for name in ("elsewhere", "else where 别处"):
        out = os.path.join(copy.folder, name)
        shutil.copytree(copy.path("build"), out)
        forget(out)
        copy.run("chmod", "-R", "a-w", ".")
        made, said = copy.make(f"O={out}", *SYSTEM)
        plan.true(
            set(AGAIN) == set(made or []) & set(AGAIN),
            f"O={name}, from a tree that cannot be written",
            said[-1500:],
        )
        same(out, name)
        plan.equal(copy.make(f"O={out}", *SYSTEM)[0], [], "twice does nothing")
        done = copy.run(
            "tools/fathom", "run", os.path.join(out, "archive", "hello.exe"), FATHOM_OUT=out
        )
        plan.equal(
            (done.returncode, done.stdout),
            (0, "Hello from a stock program.\n"),
            "tools/fathom runs it",
        )
        copy.run("chmod", "-R", "u+w", ".")
    plan.equal(
        sorted(os.listdir(copy.tree)),
        sorted({*os.listdir(TOP), "build"} - {".git", os.path.relpath(OUT, TOP)} | {"build"}),
        "nothing else was written into the tree",
    )

    # In O='s tree of links such a path would be another: what make writes there goes again.
    out = os.path.join(copy.folder, "elsewhere")
    for goal, given in (
        ("grade", "FILE=../mine one.c"),
        ("score", "FILE=../mine one.c"),
        ("lab", "DIR=../mine"),
        ("lab", "OVERLAY=../mine"),
        ("gdb", "RECORDING=../mine"),
    ):
        said = copy.run("make", "-n", f"O={out}", goal, "N=5", given).stdout
        wanted = f"{copy.tree}/{given.split('=')[1]}"
        plan.true(wanted in said, f"O=: {given} is where make {goal} was asked", said[-500:])

    file = copy.mine("file", "")
    for out in (".", "..", "kernel", file, file + "/under", "/proc/fathom"):
        made, said = copy.make(f"O={out}", *SYSTEM)
        plan.true(
            made is None and said.count("\n") == 1 and "O=" in said,
            f"O={out} is refused in one sentence",
            said,
        )
    done = copy.run("make", "-f", copy.path("Makefile"), "-C", copy.folder)
    plan.true(
        done.returncode != 0 and "make -C" in done.stderr,
        "make -f from elsewhere says how",
        done.stderr,
    )
plan.done()
