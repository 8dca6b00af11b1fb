"""Read by gdb: every word of Fathom's about every target, at each stop in look_here.

Prints one line for each answer that is none, and at each stop how many were asked."""
import os
import re

import gdb

from words import command

STATES, RECORDED = int(os.environ["STATES"]), bool(os.environ["RECORDED"])

MOVING = {
    "chain": ("", "HeapAlloc", "nosuch"),
    "bl-layer": ("heap", "nosuch", "", "-d"),
    "watch-block": ("blocks[0]", "blocks[5]", "heaps[0]", "0", "0x41414141", "-h blocks[2]", "-d"),
    "until-ring0": ("",),
    "until-ring3": ("",),
    "until-page": ("",),
}
TARGETS = (
    "",
    "blocks[0]",
    "blocks[5]",
    "blocks[2]-8",
    "0",
    "0x41414141",
    "0x80100000",
    "nosuch(",
    "-q",
    "@99",
    "$esp @heap.exe",
)
BROKEN = ("Traceback", "command failed", "Exception <", "Error while")


def ask(words):
    """Whether this command answered in words; a line if it did not."""
    try:
        text = gdb.execute(words, to_string=True)
    except gdb.error as wrong:
        text = f"gdb.error {wrong}"
    if text.strip() and not any(word in text for word in BROKEN + ("gdb.error",)):
        return
    line = next((row for row in text.split("\n") if row.strip()), "(nothing)")
    print(f"WRONG {words}: {line}", flush=True)


def every(names):
    """Their commands, each asked once; how many."""
    asked = [f"{name} {at}".strip() for name, ats in names.items() for at in ats]
    for words in asked:
        ask(words)
    return len(asked)


def moving():
    """Those that move the machine; a recording is then where it was."""
    here = gdb.execute("goto", to_string=True) if RECORDED else ""
    at = re.search(r"instruction ([\d,]+)", here)
    asked = every(MOVING)
    gdb.execute("delete")
    if at:
        gdb.execute("goto " + at[1].replace(",", ""), to_string=True)
    return asked


def alive():
    return bool(gdb.selected_inferior().pid) and bool(gdb.selected_inferior().threads())


STILL = {name: TARGETS for name in command.WORDS if name not in MOVING}
for stop in range(1, STATES + 1):
    gdb.Breakpoint("look_here")
    gdb.execute("continue", to_string=True)
    gdb.execute("delete")
    if not alive() or gdb.selected_frame().name() != "look_here":
        break
    asked = every(STILL) + (moving() if RECORDED or stop == STATES else 0)
    print(f"STOP {stop} {asked}", flush=True)
