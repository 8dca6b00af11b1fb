#!/usr/bin/env python3
# needs: system gdb programs
"""A gdb session: each door's breakpoints hit in that door's order; backtraces reach main;
`si` crosses the ring both ways; lines are known in C and NASM."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

plan = Plan()
HERE = os.path.join(TOP, "tests", "gdb")
PROGRAM = os.path.join(OUT, "tests", "gdb", "programs", "door.exe")
DOWN = [
    "ntdll!NtAllocateVirtualMemory",
    "ntdll!KiFastSystemCall",
    "nt!KiFastCallEntry",
    "nt!NtAllocateVirtualMemory",
]
TOUCH = ["nt!MmAccessFault", "nt!PageAlloc"]
HEAP = ["ntdll!RtlAllocateHeap"]
VIRTUAL = ["kernel32!VirtualAlloc", "kernel32!VirtualAllocEx"]
DOORS = {
    "new": ["door!operator_new", "msvcrt!malloc", *HEAP],
    "malloc": ["msvcrt!malloc", *HEAP],
    "borland": ["cw3220!malloc", *VIRTUAL],
    "task": ["ole32!CoTaskMemAlloc", *HEAP],
    "imalloc": ["ole32!IMalloc_Alloc", "ole32!CoTaskMemAlloc", *HEAP],
    "global": ["kernel32!GlobalAlloc", *HEAP],
    "local": ["kernel32!LocalAlloc", *HEAP],
    "heap": HEAP,
    "own_heap": HEAP,
    "virtual": VIRTUAL,
}


def session(script):
    done = subprocess.run(
        [
            os.path.join(TOP, "tools", "fathom"),
            "gdb",
            "--script",
            os.path.join(HERE, script),
            PROGRAM,
        ],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=3600,
    )
    return done.stdout, done.stdout[-3000:] + done.stderr[-3000:]


text, all_of_it = session("doors.py")
rows = [line.split() for line in text.split("\n")]
hits = {row[1]: row[2:] for row in rows if row[:1] == ["DOOR"]}
for door, own in DOORS.items():
    plan.true(
        hits.get(door) == own + DOWN + TOUCH,
        f"{door}: its breakpoints, in its order",
        f"got    {hits.get(door)}",
        f"wanted {own + DOWN + TOUCH}",
        *([] if hits else [all_of_it]),
    )
traces = {(row[1], row[2]): row[3:] for row in rows if row[:1] == ["TRACE"]}
for door, own in DOORS.items():
    trace = traces.get((door, "nt!NtAllocateVirtualMemory"), [])
    wanted = [step for step in reversed(own + DOWN[:1]) if "!" in step]
    at = [trace.index(step) if step in trace else -1 for step in wanted]
    plan.true(
        "door!main" in trace and -1 not in at and at == sorted(at),
        f"{door}: bt from NtAllocateVirtualMemory reaches main through its layers",
        " ".join(trace),
    )
    trace = traces.get((door, "nt!PageAlloc"), [])
    plan.true(
        "door!main" in trace
        and "nt!MmAccessFault" in trace
        and trace[-1] == "ntdll!RtlUserThreadStart",
        f"{door}: bt from PageAlloc reaches main, and ends where the thread began",
        " ".join(trace),
    )

text, all_of_it = session("step.py")
facts = dict(line.split(" ", 1) for line in text.split("\n") if " " in line)
plan.equal(
    facts.get("DOWN"), "KiFastSystemCall KiFastCallEntry", "si goes down through sysenter"
)
plan.equal(facts.get("UP"), "KiFastSystemCallRet", "si comes up through sysexit")
for where, file in (
    ("C", "pagealloc.c"),
    ("NASM-KERNEL", "sysenter.asm"),
    ("NASM-NTDLL", "stubs_gen.asm"),
):
    plan.true(
        facts.get(where, "").startswith(file),
        f"source lines: {file}",
        facts.get(where),
        all_of_it,
    )
plan.done()
