#!/usr/bin/env python3
# needs: system gdb record programs
"""Stepping goes where the program goes: into an imported function, over a fault, over a line whose
function faults, to the catch and the setjmp, past a wait for a flag; arguments in registers are
right or unknown; no name is decorated."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "gdb", "programs", "steps.exe")
FATHOM = os.path.join(TOP, "tools", "fathom")
scratch = tempfile.TemporaryDirectory(prefix="fathom-gdb-")
with open(os.path.join(TOP, "tests", "gdb", "programs", "steps.cpp")) as source:
    LINES = {
        found[1]: n
        for n, text in enumerate(source, 1)
        if (found := re.search(r"/\* ([\w ]+) \*/", text))
    }


def session(commands, *words):
    """{step: what gdb said of it}; commands: (step, gdb's commands)."""
    path = os.path.join(scratch.name, "script")
    with open(path, "w") as out:
        out.writelines(
            f"echo \\n== {step}\\n\n" + "\n".join(lines) + "\n" for step, *lines in commands
        )
    done = subprocess.run(
        [FATHOM, "gdb", *words, "--script", path, PROGRAM],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
    )
    parts = re.split(r"^== (.*)\n", done.stdout + done.stderr, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def at(word, text):
    """Whether gdb stands at the line of this word, and shows no other."""
    return re.findall(r"^(\d+)\t", text, re.M) == [str(LINES[word])]


said = session(
    [
        ("begin", "break main", "continue", f"tbreak {LINES['import']}", "continue"),
        ("step", "step", "bt"),
        ("finish", "finish"),
        ("fault", "next"),
        ("next", "next"),
        ("inside", "step", "bt 2", "step"),
        ("left", "step"),
        ("throw", "next"),
        ("caught", "next", "next", "next", "next"),
        ("longjmp", "next"),
        ("spin", "next", "next"),
        ("after", "next"),
        (
            "kernel",
            "bt 1",
            "tbreak NtFreeVirtualMemory",
            "continue",
            "up",
            "bt",
            "info symbol NtFreeVirtualMemory",
        ),
    ]
)
plan.true(
    "malloc (size=98304) at" in said["step"], "step enters an imported function", said["step"]
)
plan.true(
    re.search(r"BaseThreadInitThunk \(kind=<optimized out>, start=<optimized out>", said["step"]),
    "an argument in a register that nobody saved is unknown",
    said["step"],
)
plan.true("Value returned is" in said["finish"], "finish says what malloc returned", said["finish"])
plan.true(at("fault", said["fault"]), "next to the line that faults", said["fault"])
plan.true(
    at("fault inside", said["next"]),
    "next over a line that faults stays in the program",
    said["next"],
)
inside = said["inside"]
over = "touch (" in inside and "KiTrap0E" not in inside
plan.true(over, "step over the store that faults", inside)
plan.true(at("throw", said["left"]), "and on to the line after the call", said["left"])
plan.true(at("catch", said["throw"]), "next over a throw ends at the catch", said["throw"])
plan.true(at("setjmp", said["longjmp"]), "next over a longjmp ends at the setjmp", said["longjmp"])
plan.true(at("after", said["after"]), "next over a wait for another thread ends", said["after"])
plan.true("#0  main () at" in said["kernel"], "main is called main", said["kernel"])
plan.true(
    "NtFreeVirtualMemory" in said["kernel"] and not re.search(r"\w@\d|_Ki", said["kernel"]),
    "no decorated name",
    said["kernel"],
)
plan.done()
