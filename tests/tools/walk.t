#!/usr/bin/env python3
# needs: system
"""fathom walk: an allocation of a program's own, by the heap and without one, and what became of
its block; of which there are none."""
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import Plan
from stock import build, fathom, line_of

plan = Plan()
folder = tempfile.mkdtemp(prefix="walk-")


def walk(*words):
    """(exit code, {part: its lines}, standard error); the first line is part ""."""
    done = fathom("walk", *words)
    parts = re.split(
        r"^\n(the call|meanwhile|the touch|the free)\n", done.stdout.decode(), flags=re.M
    )
    return done.returncode, dict(zip(["", *parts[1::2]], parts[::2])), done.stderr.decode()


def climbs(text, *functions):
    """Whether they follow one another in a stack, from the outermost to the innermost."""
    names = re.findall(r"^  [0-9a-f]{8} +(\w+!\S+)", text, re.M)
    return [name for name in names if name in functions] == list(functions)


KERNEL = "ntdll!NtAllocateVirtualMemory", "ntdll!KiFastSystemCall", "nt!NtAllocateVirtualMemory"
try:
    exe = build(folder, "doors.exe", "doors.c", "-O2", "-g")
    code, told, said = walk(exe, "word")
    plan.equal(code, 3, "the exit code is the program's")
    plan.true("word" in said, "its output is on standard error", said)
    plan.true(
        "allocation 1 of 3 by its own code: take " in told[""], "VirtualAlloc is one", told[""]
    )
    down = ("doors!main", "doors!take", "kernel32!VirtualAlloc", *KERNEL)
    plan.true(climbs(told["the call"], *down), "from main across the ring", told["the call"])
    plan.true(
        line_of("doors.c", "take") in told["the call"], "with file and line", told["the call"]
    )
    fault = ("doors!touch", "nt!KiTrap0E", "nt!PageAlloc")
    plan.true(climbs(told["the touch"], *fault), "its first touch is a fault", told["the touch"])
    plan.true("RegionRelease" in told["the free"], "who released it", told["the free"])

    code, told, said = walk("--in", "more", exe, "word")
    down = ("doors!more", "ntdll!RtlAllocateHeap", "ntdll!RtlpCommit", *KERNEL)
    plan.true(climbs(told["the call"], *down), "HeapAlloc that commits", told["the call"])
    plan.true("RegionCommit" in told["meanwhile"], "what was committed", told["meanwhile"])
    plan.true(
        "by main " in told["the free"] and "heap: free" in told["the free"],
        "who freed it",
        told["the free"],
    )

    code, told, said = walk("--call", "3", exe, "word")
    plan.true(
        "stayed in user mode" in told["meanwhile"], "a warm call crosses nothing", *told.values()
    )
    plan.true(
        "before the call: PageAlloc" in told["the touch"], "its page was there", *told.values()
    )
    code, told, said = walk("--in", "nowhere", exe, "word")
    plan.equal((code, told[""]), (3, ""), "of a function that allocates nothing: nothing")
    plan.true("there is no allocation 1: 0 were seen" in said, "and it is said", said)

    code, told, said = walk(build(folder, "again.exe", "again.c", "-O2", "-g"))
    plan.equal(code, 0, "an address that was released and given out again")
    plan.true("never touched" in told["the touch"], "is no touch of the first", told["the touch"])
finally:
    shutil.rmtree(folder)
plan.done()
