#!/usr/bin/env python3
# needs: system
"""Who calls whom, as the linker sees it: rooms call only downwards, private names stay at home,
and files do not call each other in large circles (tools/order.py; `make order` prints it all).

The numbers below are ceilings.  They may only fall.
"""
import os
import subprocess
import sys
import tempfile

from tap import OUT, TOP, Plan

sys.path.insert(0, os.path.join(TOP, "tools"))
import order

UPWARD = 0  # calls from a room of the kernel to one above it
FOREIGN = 0  # uses of Ki..., Psp... and the like outside their homes
ROOM_CIRCLE = 1
FILE_CIRCLE = {
    "kernel core": 1,
    "kernel/ke": 1,
    "kernel/mm": 1,
    "kernel/dispatch": 1,
    "kernel wings": 4,
    "kernel": 4,
    "ntdll/heap": 1,
    "ntdll": 2,
    "kernel32": 3,
    "msvcrt": 2,
    "msvcrtd": 3,
    "cw3220": 1,
    "ole32": 3,
    "oleaut32": 1,
    "small": 1,
}

plan = Plan()
objects = order.read(OUT)
plan.true(len(objects) > 200, f"{len(objects)} objects were read")
plan.equal(order.strangers(objects), [], "every object of the kernel lies in a room")

lines = order.upward(objects)
plan.true(len(lines) <= UPWARD, f"{len(lines)} calls go up, at most {UPWARD}", *lines)
lines = order.foreign(objects)
plan.true(
    len(lines) <= FOREIGN,
    f"{len(lines)} private names are away from home, at most {FOREIGN}",
    *lines,
)
plan.equal(order.unnamed(objects), [], "what a file of the kernel keeps to itself has its prefix")
found = order.room_circles(objects)
plan.true(
    order.largest(found) <= ROOM_CIRCLE,
    f"the largest circle of rooms has {order.largest(found)}, at most {ROOM_CIRCLE}",
    *(" ".join(c) for c in found),
    *(order.explain(objects, found[0], order.room) if found else ()),
)
plan.equal(sorted(FILE_CIRCLE), sorted(order.TREES), "every tree has its ceiling")
for tree, folders in order.TREES.items():
    part = order.inside(objects, folders)
    found = order.circles((a, b) for a, b, _ in order.calls(part))
    size, most = order.largest(found), FILE_CIRCLE[tree]
    plan.true(part, f"{tree}: {len(part)} files")
    plan.true(
        size <= most,
        f"{tree}: the largest circle of files has {size}, at most {most}",
        *(line for c in found if len(c) > most for line in (" ".join(c), *order.explain(part, c))),
    )

# What is planted must be seen: real objects, as the compiler and NASM make them, read by nm.  Each
# way to reach ExPlanted and its like from below.
ABOVE = "kernel/executive/ex/high"
PLANTED = {
    "kernel/rtl/direct": "void ExPlanted(void); void RtlPlanted(void) { ExPlanted(); }",
    "kernel/rtl/table": "void ExPlanted(void); void (*const RtlTable[])(void) = {ExPlanted};",
    "kernel/kd/inline": "void ExPlanted(void); static inline void ExIn(void) { ExPlanted(); }"
    "void KdA(void) { ExIn(); }",
    "kernel/kd/weak": "__attribute__((weak)) void ExPlanted(void);"
    "void KdB(void) { if (ExPlanted) ExPlanted(); }",
    "kernel/ke/jump.asm": "extern _ExPlanted\nsection .text\n_KeA: jmp _ExPlanted\n",
    "kernel/ke/text": '__asm__(".globl _KeB\\n_KeB: call _ExPlanted");',
    "kernel/mm/data": "extern int ExPlantedData; int *MmA = &ExPlantedData;",
    "kernel/mm/common": "extern int ExPlantedCommon; int MmB(void) { return ExPlantedCommon; }",
    "kernel/mm/number": "extern char ExPlantedNumber[];"
    "char *MmC(void) { return ExPlantedNumber; }",
    "kernel/mm/home": "int MiPlanted; int MmPlanted(void) { return MiPlanted; }",
    ABOVE: "void RtlPlanted(void); void ExPlanted(void) { RtlPlanted(); }"
    "int ExPlantedData = 1; int ExPlantedCommon __attribute__((common));",
    "kernel/executive/ex/number.asm": "global _ExPlantedNumber\n_ExPlantedNumber equ 12345h\n",
    "kernel/executive/ps/away": "extern int MiPlanted; int PsPlanted(void) { return MiPlanted; }",
    "kernel/executive/ps/own": "void PspPlanted(void) {}",
    "kernel/executive/ex/away": "void PspPlanted(void); void ExB(void) { PspPlanted(); }",
    "gen/planted": "int KiPlanted;",
    "kernel/observe/away": "extern int KiPlanted; int KdPlanted(void) { return KiPlanted; }",
    "kernel/section/stub.asm": "section .text\nPlantedStub: ret\n.within: ret\n",
    "kernel/executive/io/named": "static __attribute__((used)) void PlantedHelper(void) {}"
    "static __attribute__((used)) void IopPlanted(void) {}",
    "kernel/attic/lost": "int AtPlanted;",
}


def compiled(folder, sources):
    """{path: name} of the sources {name: text}, compiled or assembled in folder."""
    named = {}
    for number, (name, text) in enumerate(sources.items()):
        path = os.path.join(folder, f"{number}.o")
        command = ["i686-w64-mingw32-gcc", "-O2", "-xc", "-c", "-", "-o", path]
        if name.endswith(".asm"):
            with open(path + ".asm", "w") as file:  # NASM reads it twice
                file.write(text)
            command = ["nasm", "-f", "win32", "-o", path, file.name]
        subprocess.run(command, input=text, text=True, check=True)
        named[path] = name
    return named


with tempfile.TemporaryDirectory(prefix="fathom-order-") as folder:
    planted = order.read_files(compiled(folder, PLANTED))
both = {**objects, **planted}
plan.equal(
    [line for line in order.upward(both) if "Planted" in line],
    [
        f"{at.split('/')[1]} -> ex: {at} calls {symbol} of {of}"
        for at, symbol, of in (
            ("kernel/kd/inline", "ExPlanted", ABOVE),
            ("kernel/kd/weak", "ExPlanted", ABOVE),
            ("kernel/ke/jump.asm", "ExPlanted", ABOVE),
            ("kernel/ke/text", "ExPlanted", ABOVE),
            ("kernel/mm/common", "ExPlantedCommon", ABOVE),
            ("kernel/mm/data", "ExPlantedData", ABOVE),
            ("kernel/mm/number", "ExPlantedNumber", "kernel/executive/ex/number.asm"),
            ("kernel/rtl/direct", "ExPlanted", ABOVE),
            ("kernel/rtl/table", "ExPlanted", ABOVE),
        )
    ],
    "a call upward that is planted is seen in each of its forms, with its symbol",
)
plan.equal(
    [line for line in order.foreign(both) if "Planted" in line],
    [
        "ex: kernel/executive/ex/away uses PspPlanted of kernel/executive/ps/own",
        "ps: kernel/executive/ps/away uses MiPlanted of kernel/mm/home",
        "observe: kernel/observe/away uses KiPlanted of gen/planted",
    ],
    "a private name that is used away from home is seen, also a wing's and a table's",
)
plan.equal(
    [line for line in order.unnamed(both) if "Planted" in line],
    [
        "io: kernel/executive/io/named has _PlantedHelper",
        "section: kernel/section/stub.asm has PlantedStub",
    ],
    "a static or a label without its room's prefix is seen",
)
plan.equal(order.strangers(both), ["kernel/attic/lost"], "a folder without a place is seen")
found = [c for c in order.room_circles(both) if "rtl" in c]
plan.true(found and "ex" in found[0], "a circle of rooms that is planted is seen", found)
found = order.file_circles(planted, ["kernel"])
plan.equal(
    found, [["kernel/executive/ex/high", "kernel/rtl/direct"]], "a circle of files is seen"
)
plan.equal(
    order.explain(planted, found[0]),
    [
        "  kernel/executive/ex/high -> kernel/rtl/direct: RtlPlanted",
        "  kernel/rtl/direct -> kernel/executive/ex/high: ExPlanted",
    ],
    "and named by the symbols that make it",
)
plan.done()
