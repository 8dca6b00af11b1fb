#!/usr/bin/env python3
# needs: system record gdb programs
# long: too
"""A backtrace reaches main at every instruction of a cold malloc, its touch and its free, by both
doors, and of an exception, an APC and a DllMain: at each address of the assembler's code, and at a
sample of the others (make test-long: at all)."""
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
SAMPLE = 1 if LONG else 60  # one address of so many
scratch = tempfile.TemporaryDirectory(prefix="fathom-record-")


def assembler():
    """[(start, end)] of NASM code of the kernel and ntdll, out of their link maps."""
    sys.path.insert(0, os.path.join(TOP, "tools"))
    from symbolfiles.mapfile import sections

    maps = [
        os.path.join(OUT, *names) for names in (("kernel", "ntoskrnl.map"), ("bin", "ntdll.map"))
    ]
    found = [row for path in maps for row in sections(path) if row[0] == ".text"]
    return [(at, at + size) for _, at, size, file in found if os.path.exists(debug_of(file))]


def debug_of(file):
    """The second object of a NASM file, with its lines."""
    return os.path.join(os.path.dirname(OUT), file).removesuffix(".o") + ".dbg.o"


def places(recording):
    """The first step at each address that is looked at."""
    first, entry = {}, assembler()
    for n in range(recording.count):
        first.setdefault(recording.step(n)[0][EIP], n)
    chosen = [n for i, (pc, n) in enumerate(sorted(first.items())) if i % SAMPLE == 0]
    chosen += [n for pc, n in first.items() if any(start <= pc < end for start, end in entry)]
    return sorted(set(chosen))


INT2E = ["--boot-word", "door=int2e"]
STRETCHES = (
    ("sysenter", [], [], {"KiFastCallEntry", "KiTrap0E"}),
    ("int2e", INT2E, [], {"KiSystemService", "KiTrap0E"}),
    ("dispatched", [], ["dispatched"], {"KiUserExceptionDispatcher", "KiUserApcDispatcher"}),
)
for door, words, arguments, through in STRETCHES if LONG else STRETCHES[:1]:
    path = os.path.join(scratch.name, door)
    subprocess.run(
        [FATHOM, "record", "--mem", "64", *words, "-o", path, PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
    )
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
    plan.equal(
        len(rows),
        len(wanted),
        f"{door}: gdb was at {len(wanted)} instructions of {recording.count}",
    )
    plan.true(
        not lost,
        f"{door}: the backtrace reaches main at each of them",
        *lost[:20],
        *([] if rows else [done.stderr]),
    )
    seen = {name for row in rows for name in row[4:]}
    plan.true(
        through <= seen,
        f"{door}: {', '.join(sorted(through))} are callers among them",
        *sorted(through - seen),
    )
plan.done()
