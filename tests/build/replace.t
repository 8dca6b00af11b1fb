#!/usr/bin/env python3
# long: only
# needs: system
"""REPLACE=: another file in place of one of ours, whatever it is; what cannot be is refused."""
import os

from copied import SYSTEM, Copy
from tap import Plan

plan = Plan()
KERNEL = "kernel/pass1.exe"

with Copy() as copy:

    def replaced(path, mine, *goals):
        return copy.make(f"REPLACE={path}={mine}", *goals)

    mine = copy.mine(
        "mine.c",
        copy.read("kernel/mm/vad.c") + 'const char Mark[] __attribute__((used)) = "A mark.";\n',
    )
    for path, file, sentence in (
        ("kernel/mm/vadd.c", mine, "there is no file kernel/mm/vadd.c"),
        ("kernel/mm/vad.c", mine + "c", f"there is no file {mine}c"),
        ("README.md", mine, "README.md is neither compiled nor included"),
        ("tools/ksym.py", mine, "tools/ksym.py is neither compiled nor included"),
        ("kernel/mm/vad.c", "", "FILE=MINE is expected"),
    ):
        made, said = replaced(path, file, "kernel")
        plan.true(
            made is None and said.count("\n") == 1 and sentence in said,
            f"REPLACE={path}={os.path.basename(file)} is refused in one sentence",
            said,
        )
    plan.equal(copy.make(*SYSTEM)[0], [], "and changes nothing")

    made, said = replaced("kernel/mm/vad.c", mine, "build/" + KERNEL)
    plan.equal(made[0], "kernel/mm/vad.o", "a C file: it is compiled")
    with open(copy.path("build", KERNEL), "rb") as kernel:
        plan.true(b"A mark." in kernel.read(), "and linked")
    plan.equal(replaced("kernel/mm/vad.c", mine, "build/" + KERNEL)[0], [], "once")
    copy.mine("mine.c", "#error mine is wrong\n")
    made, said = replaced("kernel/mm/vad.c", mine, "build/" + KERNEL)
    plan.true(
        made is None and f"{mine}:1:" in said,
        "what the compiler says names the file and its line",
        said,
    )
    os.remove(mine)
    made, said = replaced("kernel/mm/vad.c", mine, "build/" + KERNEL)
    plan.true(made is None and f"there is no file {mine}" in said, "it is gone: a sentence", said)
    made, said = copy.make("build/" + KERNEL)
    plan.equal((made or [said])[0], "kernel/mm/vad.o", "without it all is as before")
    with open(copy.path("build", KERNEL), "rb") as kernel:
        plan.true(b"A mark." not in kernel.read(), "byte for byte ours")

    goals = [
        f"build/kernel/{name}"
        for name in ("mm/vad.o", "mm/free.o", "rtl/avl.o", "mm/copy.asm.o", "kd/stop.asm.o")
    ]
    mine = copy.mine("mine.h", copy.read("kernel/mm/vad.h") + "/* mine */\n")
    made, said = replaced("kernel/mm/vad.h", mine, *goals)
    plan.equal(
        made,
        ["kernel/mm/vad.o", "kernel/mm/free.o"],
        "a header: all who include it, from beside it too",
    )
    copy.mine("mine.h", "#error a header of mine\n")
    made, said = replaced("kernel/mm/vad.h", mine, *goals)
    plan.true(
        made is None and "mine.h:1:" in said and "a header of mine" in said, "it is really it", said
    )
    mine = copy.mine("mine.inc", copy.read("kernel/ke/ke.inc") + "db 'inc of mine'\n")
    made, said = replaced("kernel/ke/ke.inc", mine, *goals)
    plan.equal(
        sorted(made or [said]),
        ["kernel/kd/stop.asm.o", "kernel/mm/copy.asm.o", "kernel/mm/free.o", "kernel/mm/vad.o"],
        "what NASM includes (and the header is ours again)",
    )
    with open(copy.path(goals[-1]), "rb") as stop:
        plan.true(b"inc of mine" in stop.read(), "it is really it")
    mine = copy.mine("mine.asm", "bits 32\nmov eax, nothing\n")
    made, said = replaced("kernel/kd/stop.asm", mine, *goals)
    plan.true(made is None and f"{mine}:2:" in said, "a NASM file: named with its line", said)

    mine = copy.mine("heap.c", copy.read("crt/borland/heap.c") + "int mine_too;\n")
    made = replaced(
        "crt/borland/heap.c", mine, "build/archive/cw3220.dll", "build/archive/msvcrt.dll"
    )[0]
    plan.equal(
        [name for name in made if name.startswith(("dll/", "bin/", "archive/"))],
        ["dll/crt/borland/heap.o", "bin/cw3220.dll", "archive/cw3220.dll"],
        "a file of a DLL: no other DLL is linked again",
    )
    mine = copy.mine("cw3220.def", copy.read("crt/borland/cw3220.def") + "mine_too = malloc\n")
    made = replaced("crt/borland/cw3220.def", mine, "build/bin/cw3220.dll")[0]
    plan.true(made and "bin/cw3220.dll" in made, "a .def", made)
    plan.true("mine_too" in copy.read("build/lib/cw3220.def"), "its exports are there")
plan.done()
