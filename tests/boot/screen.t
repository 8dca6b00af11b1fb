#!/usr/bin/env python3
# long: only
# needs: system programs loaders
"""The framebuffer's text, read back out of QEMU's picture by the letters of font.c.

Letters grow by the largest whole number that leaves 80 columns; the walk and the prompt are one
screen; lines break at words; the kernel's lines stand where they were said; Page Up goes back, a
key returns, also while a program waits or computes; the keyboard's arrows edit the line."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from firmware import Odd
from letters import keys, keys_at_once, prompted, until
from tap import Plan

plan = Plan()
def shows(width, height, scale):
    more = ["-global", f"VGA.xres={width}", "-global", f"VGA.yres={height}"]
    with Odd("x64", more=more, screen=True) as machine:
        machine.boot_with("shell").until("C:\\>", "bug check")
        rows, got = until(machine, prompted)
        name = f"{width} x {height}"
        plan.equal(got, scale, f"{name}: a dot is {scale} pixels wide")
        plan.true(
            rows[0].startswith("walk ") and sum(row.endswith(" holds") for row in rows) == 15,
            f"{name}: the walk and the prompt are one screen",
            *rows,
        )
        if scale == 2:
            looks_back(machine, rows)


def looks_back(machine, first):
    machine.console.sendall(b"attacks double-free\r")
    rows, _ = until(machine, lambda rows: prompted(rows) and any("exit code" in r for r in rows))
    text = "\n".join(rows)
    plan.true(
        re.search(
            r"C:\\> attacks double-free\nfathom: .*\n(.*\n)*"
            r"fathom: .* crashed.*\n(.*\n)*attacks: exit code",
            text,
        ),
        "the kernel's lines stand between the program's",
        *rows,
    )
    plan.true(
        "heap corruption: block not busy (freed twice?), heap\n00" in text,
        "a line breaks at a word",
        *rows,
    )
    keys(machine, "pgup pgup")
    rows, _ = until(machine, lambda rows: rows[0].startswith("walk "))
    plan.equal(rows[:15], first[:15], "Page Up shows what has gone")
    keys(machine, "pgdn pgdn")
    rows, _ = until(machine, prompted)
    plan.true(prompted(rows), "Page Down comes back", *rows)
    keys(machine, "pgup")
    until(machine, lambda rows: not prompted(rows))
    # An arrow, Home and Delete: hello, if they act.
    keys(machine, "l o home h e delete l left l ret")
    rows, _ = until(machine, lambda rows: prompted(rows) and "C:\\> hello" in rows)
    plan.true("Hello" in "\n".join(rows), "a key returns to the prompt; the line is edited", *rows)
    for word, said in ("wait", "it waits"), ("busy", "it is busy"):
        looks_back_meanwhile(machine, word, said)


def looks_back_meanwhile(machine, word, said):
    """The program neither reads nor writes."""
    machine.console.sendall(f"machine {word}\r".encode())
    below, _ = until(machine, lambda rows: said in rows)
    keys(machine, "pgup")
    rows, _ = until(machine, lambda rows: said not in rows, 60)
    plan.true(said not in rows, f"{said}: Page Up shows what has gone", *rows)
    keys_at_once(machine, "pgdn", "pgup")
    after, _ = until(machine, lambda now: now != rows, 5)
    plan.equal(after, rows, f"{said}: Page Down and Page Up at once change nothing")
    keys(machine, "pgdn")
    rows, _ = until(machine, lambda rows: said in rows, 60)
    plan.equal(rows, below, f"{said}: Page Down comes back")
    keys(machine, "pgup ctrl-c")
    rows, _ = until(machine, prompted, 60)
    plan.true(prompted(rows), f"{said}: Ctrl-C goes back to the cursor, and ends it", *rows)


shows(1280, 800, 2)
shows(1920, 1080, 3)
shows(1024, 768, 1)
plan.done()
