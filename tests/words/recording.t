#!/usr/bin/env python3
# needs: system gdb record programs
# long: too
"""The words say the same of a recording as of the live machine at the same place, and of a machine
whose pages the kernel has no address for (768 MB, read by packets)."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import session  # noqa: E402
from tap import LONG, Plan  # noqa: E402

plan = Plan()
COMMANDS = """lm|process|vad|vad -r|heap|heap 3|heap -a 3|heap -x blocks[0]|heap -x blocks[5]
address blocks[3]|pte blocks[3]|pfn -a blocks[3]|threads|handles|peb|teb|dt PEB 0x7ffdf000
dps $esp 1|xs heap!look*|ssdt Nt*Virtual*|exc|analyze|address 0|heap -stat|address $esp|locks|vm"""
COMMANDS = COMMANDS.replace("\n", "|").split("|")
ARGUMENTS = ["header"]


def counts(text):
    """Without what goes on while the same program runs: ticks, faults, accessed bits."""
    lines = (line for line in text.split("\n") if "faults" not in line and "ticks" not in line)
    return "\n".join(line for line in lines if "PDE " not in line and "PTE " not in line)


with tempfile.TemporaryDirectory(prefix="fathom-words-") as folder:
    path = os.path.join(folder, "heap.rec")
    program = os.path.join(session.PROGRAMS, "heap.exe")
    made = [session.FATHOM, "record", "--from", "look_here", "--instructions", "20", "-o", path]
    done = subprocess.run([*made, program, *ARGUMENTS], capture_output=True, text=True)
    plan.equal(done.returncode, 0, "a recording is made")
    options = ["--recording", path]
    _, recorded = session.run(program, COMMANDS, *options, stop="", arguments=ARGUMENTS)
_, live = session.run(program, COMMANDS, stop="look_here", arguments=ARGUMENTS)
session.clean(plan, COMMANDS, recorded)
for command, mine, its in zip(COMMANDS, recorded, live):
    same = counts(mine) == counts(its)
    plan.true(same, f"{command}: as on the live machine", "recorded", mine, "live", its)

if LONG:
    commands = ["lm", "address &places", "pte &places", "pfn -a &places", "vad", "heap", "process"]
    told, large = session.run("memory.exe", commands, "--mem", "768", "--icount")
    session.clean(plan, commands, large)
    rows = [line.split()[:2] for line in large[0].split("\n")[3:]]
    modules = [row[:2] for row in session.rows(told, "MODULE")]
    plan.equal(rows, modules, "768 MB: lm is the program's")
    plan.true("present, rw-" in large[1], "768 MB: a page above the linear map is read", large[1])
    frame = int(large[3].split("page ")[1].split(",")[0], 16)
    plan.true(frame >= 0x20000, f"768 MB: its frame is {frame:X}", large[3])
    heaps = [line.split() for line in large[5].split("\n")[2:]]
    walked = heaps and all(row[2].isdigit() for row in heaps)
    plan.true(walked, "768 MB: the heaps are walked", large[5])
plan.done()
