#!/usr/bin/env python3
# needs: system
# long: too
"""`walk malloc` where there is no console: its steps, each with its evidence, one after the other.
By keys: tests/tools/terminal.t."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import LONG, OUT, TOP, Plan  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "archive", "walk.exe")


def run(*arguments):
    done = subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), "run", "--icount", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout


code, text = run("malloc")
steps = re.split(r"\n(?=malloc \(msvcrt\.dll\): )", text.strip())
plan.true(code == 0 and len(steps) > 20, "walk malloc: its steps", text[-2000:])
wrong = [
    step
    for step in steps
    if not all(f"\n  {word} " in step for word in ("why", "changed", "evidence"))
]
plan.equal(wrong, [], "each says why, what changed, and the evidence")
doors = "malloc new imalloc cotaskmem global local heapalloc heapcreate virtual borland".split()
plan.equal(
    [
        (door, step)
        for door in (doors if LONG else doors[:1])
        for step in re.findall(
            r"^  (\S+)\n  why       A part of the layer above it", run(door)[1], re.M
        )
    ],
    [],
    "a reason of its own for each",
)
numbers = re.findall(r"step (\d+) of (\d+)\n", text)
plan.equal(numbers, [(str(i + 1), str(len(steps))) for i in range(len(steps))], "they are numbered")


def one(pattern):
    found = re.search(pattern, text)
    return found.groups() if found else ()


order = re.findall(r"\n  (?:msvcrt|ntdll|nt)!(\w+)\n", text)
path = [
    "malloc", "RtlAllocateHeap", "NtAllocateVirtualMemory", "KiFastSystemCall", "KiFastCallEntry",
    "NtAllocateVirtualMemory", "KiTrap0E", "KiPageFault", "MmAccessFault", "PageAlloc",
]  # fmt: skip
rest = iter(order)
plan.true(all(name in rest for name in path), "the layers in their order", order)
plan.true(
    "bytes 0F 34 at " in text and "Service 13h is under way" in text,
    "the crossing by its bytes, and its number",
)
base, there = one(r"pages from (\w+) on are promised; no page is there at (\w+)\.")
(block,) = one(r"The program has the block (\w+)\.")
plan.true(
    int(base, 16) <= int(block, 16) < int(there, 16),
    "the promise holds the block; its page is not there",
    text[-4000:],
)
taken = one(r"Physical page (\w+) is taken for (\w+); \d+ are free now")
after = one(r"  changed   (\w+) is there, page (\w+)\.")
plan.equal(
    taken[:1] + (there,), after[::-1], "the page that PageAlloc gave is the one that is there after"
)
plan.true(
    "before: not there; and after: page " + taken[0] in text,
    "the kernel was asked before and after",
)
plan.true(
    re.search(r"0 crossings; the (front end|free list) served it", text), "who served the warm call"
)
plan.true(re.search(r"bytes from \w+ on are .*; 1 crossing\.", text), "what the free gave back")


def on_a_terminal(*command):
    """What a terminal of 60 columns gets."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 60, 0, 0))
    with subprocess.Popen(command, cwd=TOP, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        text = b""
        try:
            while piece := os.read(ours, 65536):
                text += piece
        except OSError:  # its last user has gone
            pass
    os.close(ours)
    return process.returncode, text.decode("utf-8", "replace").replace("\r", "")


if LONG:
    code, text = on_a_terminal("make", "walk", f"O={OUT}")
    rows = re.sub(r"\x1b\[[0-9;]*m", "", text).split("\n")
    plan.true(
        code == 0 and "\x1b[32mholds" in text, "make walk has colour on a terminal", text[-2000:]
    )
    wide = [row for row in rows[rows.index("new") :] if len(row) > 60]
    plan.equal(wide, [], "and folds at its width")
plan.done()
