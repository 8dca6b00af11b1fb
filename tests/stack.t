#!/usr/bin/env python3
# needs: system
"""The kernel's stacks: what the deepest way of every service needs (tools/kstack.py prints it all).

A stack is KERNEL_STACK_SIZE; two thirds are the most that anything may need, an interrupt at the
deepest place included.  No call reaches itself unless tools/kstack.tbl says how often and why.
"""
import os
import subprocess
import sys
import tempfile

from tap import OUT, TOP, Plan

sys.path.insert(0, os.path.join(TOP, "tools"))
import kstack

plan = Plan()
kernel = kstack.Kernel(OUT)
plan.true(len(kernel.functions) > 600, f"{len(kernel.functions)} functions were read")
lines = list(kernel.faults_of_table())
plan.true(
    not lines, "every call through a pointer is declared, with everything that it may reach", *lines
)
lines = kernel.graph.uncut()
plan.true(not lines, "no function reaches itself without a bound", *lines)

entries = list(kernel.entries())
plan.equal(
    sorted(name for kind, name, *_ in entries if kind == "service"),
    sorted(kernel.rows),
    "every service is looked at",
)
deepest = max(entries, key=lambda entry: entry[2] / entry[3])
deep = [
    f"{name} ({kind}): {depth} of {stack} bytes by {' '.join(way)}"
    for kind, name, depth, stack, way in entries
    if depth > stack * 2 // 3
]
plan.true(
    not deep,
    f"two thirds are enough; the deepest is {deepest[1]} with {deepest[2]} of {deepest[3]} bytes",
    *deep,
)
with open(os.path.join(TOP, "kernel/mm/mm.h")) as file:
    plan.true(
        f"#define KERNEL_STACK_SIZE {kernel.table.entries[0][1]:#x}\n" in file.read(),
        "the table has the stack's size",
    )

# What is planted must be seen: an image as the compiler makes it, and a table beside it.
SOURCE = """
static int (*volatile pointer)(int);
int Declared(int n) { return n ? Declared(n - 1) + 1 : 0; }
int Undeclared(int n) { return n ? Undeclared(n - 1) + 1 : 0; }
int Far(int n) { volatile char deep[900]; deep[n] = 1; return Declared(deep[n]) + 1; }
int Ping(int n) { return pointer(n) + 1; }
int Pong(int n) { return n ? Ping(n - 1) + 1 : 0; }
int Secret(int n) { return pointer(n) + 2; }
int Never(int n) { return n; }
int entry(int n)
{
    pointer = n ? Pong : Never;
    return Far(n) + Undeclared(n) + Secret(n);
}
"""
TABLE = """
call Ping Pong Gone
call Idle Pong
circle Declared 5
circle Straight 2
entry service 0x400 8 Far
address entry
"""
FLAGS = (
    "-O1 -g -fstack-usage -fno-inline -mno-stack-arg-probe -fno-omit-frame-pointer"
    " -fno-optimize-sibling-calls"
)


def planted(folder, source, table):
    """A Kernel of this source and this table."""
    os.makedirs(os.path.join(folder, "kernel"), exist_ok=True)
    paths = {name: os.path.join(folder, name) for name in ("kernel/p.c", "p.tbl", "p.exe")}
    for name, text in (("kernel/p.c", source), ("p.tbl", table)):
        with open(paths[name], "w") as file:
            file.write(text)
    link = "-nostdlib -Wl,--image-base,0x80100000 -Wl,-e,_entry -Wl,--disable-reloc-section"
    words = f"i686-w64-mingw32-gcc {FLAGS} -c kernel/p.c -o kernel/p.o && "
    words += f"i686-w64-mingw32-gcc {link} kernel/p.o -o p.exe"
    subprocess.run(words, shell=True, cwd=folder, check=True)
    return kstack.Kernel(folder, paths["p.tbl"], paths["p.exe"], rows=[], top=folder)


with tempfile.TemporaryDirectory(prefix="fathom-stack-") as folder:
    found = planted(folder, SOURCE, TABLE)
    plan.equal(
        sorted(found.graph.uncut()),
        ["Ping -> Pong -> Ping", "Undeclared -> Undeclared"],
        "a planted recursion is seen, and one through a pointer",
    )
    plan.equal(
        sorted(found.faults_of_table()),
        [
            "Gone is a declared target and is no function",
            "Idle is declared and calls through no pointer",
            "Never has its address taken and no declared place calls it",
            "Secret calls through a pointer and is not declared",
            "Straight is declared for a circle and is in none",
        ],
        "what a table lacks, and what it has too much",
    )
    with open(os.path.join(folder, "kernel", "gone.su"), "w") as stale:
        stale.write("kernel/gone.c:1:5:Far\t9000\tstatic\n")
    again = planted(folder, SOURCE, TABLE)
    plan.equal(again.graph.frames, found.graph.frames, "what is left of a file that is gone")
    frames, (depth, way) = found.graph.frames, found.graph.worst("Far")
    plan.true(frames["Far"] > 900, "a frame is the compiler's", frames)
    plan.equal(way, ("Far", *["Declared"] * 5), "a declared recursion is as deep as declared")
    plan.equal(depth, frames["Far"] + 5 * frames["Declared"], "and every frame is counted")
    try:
        planted(
            folder,
            SOURCE + "int Varies(int n) { volatile char a[n]; a[0] = n; return a[0]; }",
            TABLE,
        )
        said = "nothing"
    except SystemExit as end:
        said = str(end)
    plan.true("Varies: its frame is dynamic" in said, "a frame of no fixed size is refused", said)
plan.done()
