#!/usr/bin/env python3
# needs: system record gdb programs
# long: too
"""A backtrace reaches main at every instruction of a cold malloc, its touch and its free, by both
doors: at each address of the entry code, and at a sample of the others (make test-long: at all)."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import LONG, OUT, TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from record.recording import EIP, Recording  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "record", "programs", "lesson.exe")
FATHOM = os.path.join(TOP, "tools", "fathom")
SAMPLE = 1 if LONG else 40  # one address of so many
scratch = tempfile.TemporaryDirectory(prefix="fathom-record-")


def assembler():
    """[(start, end)] of the kernel's NASM code, out of its link map."""
    sys.path.insert(0, os.path.join(TOP, "tools", "gdb"))
    from mapfile import sections

    found = sections(os.path.join(OUT, "kernel", "ntoskrnl.map"))
    return [(at, at + size) for name, at, size, file in found if name == ".text" and file.endswith(".asm.o")]


def places(recording):
    """The first step at each address that is looked at."""
    first, entry = {}, assembler()
    for n in range(recording.count):
        first.setdefault(recording.step(n)[0][EIP], n)
    chosen = [n for i, (pc, n) in enumerate(sorted(first.items())) if i % SAMPLE == 0]
    chosen += [n for pc, n in first.items() if any(start <= pc < end for start, end in entry)]
    return sorted(set(chosen))


for door in ("sysenter", "int2e"):
    path = os.path.join(scratch.name, door)
    words = ["--boot-word", "door=int2e"] if door == "int2e" else []
    subprocess.run([FATHOM, "record", "--mem", "64", *words, "-o", path, PROGRAM], stdin=subprocess.DEVNULL)
    recording = Recording(path)
    wanted = places(recording)
    done = subprocess.run(
        [FATHOM, "gdb", "--recording", path, "--script"]
        + [os.path.join(TOP, "tests", "record", "places.py"), PROGRAM],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PLACES": ",".join(map(str, wanted))},
    )
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("STEP")]
    last = str(recording.count - 1)  # main has returned
    lost = [" ".join(row) for row in rows if row[1] != last and "main" not in row]
    plan.equal(len(rows), len(wanted), f"{door}: gdb was at {len(wanted)} instructions of {recording.count}")
    plan.true(not lost, f"{door}: the backtrace reaches main at each of them", *lost[:20], *([] if rows else [done.stderr]))
    through = {name for row in rows for name in row[3:4]}
    crossing = "KiFastCallEntry" if door == "sysenter" else "KiSystemService"
    plan.true(crossing in through and "KiTrap0E" in through, f"{door}: {crossing} and KiTrap0E are among them", *sorted(through))
plan.done()
