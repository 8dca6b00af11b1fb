#!/usr/bin/env python3
# needs: system
"""Damaged programs: one field of a good PE is changed at a time, then random bytes of its headers
and symbol table. Whatever comes of it (started, refused, crashed), the kernel lives, every page
comes back, and an undamaged program runs last."""
import os
import random
import re
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

plan = Plan()
SEED = int(os.environ.get("FATHOM_SEED", "7601"))
RANDOM = int(os.environ.get("FATHOM_DAMAGED", "24"))
with open(os.path.join(OUT, "archive", "hello.exe"), "rb") as program:
    GOOD = program.read()
PE = struct.unpack_from("<I", GOOD, 0x3C)[0]
SECTIONS = PE + 24 + struct.unpack_from("<H", GOOD, PE + 20)[0]

# name: (offset, struct format, value); offsets: the PE format, "Optional Header" and what follows
FIELDS = {
    "no MZ": (0, "<H", 0x5A4E),
    "e_lfanew past the end": (0x3C, "<I", 0x7FFFFFFF),
    "e_lfanew negative": (0x3C, "<I", 0xFFFFFFF0),
    "no PE signature": (PE, "<I", 0),
    "other machine": (PE + 4, "<H", 0x8664),
    "no sections": (PE + 6, "<H", 0),
    "65535 sections": (PE + 6, "<H", 0xFFFF),
    "symbol table past the end": (PE + 12, "<I", 0xFFFFFFF0),
    "symbol count huge": (PE + 16, "<I", 0xFFFFFFFF),
    "optional header huge": (PE + 20, "<H", 0xFFF0),
    "a DLL": (PE + 22, "<H", 0x2102),
    "PE32+": (PE + 24, "<H", 0x20B),
    "entry outside": (PE + 24 + 16, "<I", 0x7FFFFFF0),
    "entry in the kernel": (PE + 24 + 16, "<I", 0x7FD00000),
    "base in the kernel": (PE + 24 + 28, "<I", 0x80000000),
    "base 0": (PE + 24 + 28, "<I", 0),
    "base unaligned": (PE + 24 + 28, "<I", 0x400123),
    "section alignment 0": (PE + 24 + 32, "<I", 0),
    "file alignment 3": (PE + 24 + 36, "<I", 3),
    "image size 0": (PE + 24 + 56, "<I", 0),
    "image size 4 GiB": (PE + 24 + 56, "<I", 0xFFFFFFFF),
    "headers size huge": (PE + 24 + 60, "<I", 0xFFFFFFFF),
    "stack reserve huge": (PE + 24 + 72, "<I", 0xFFFFFFFF),
    "stack commit above reserve": (PE + 24 + 76, "<I", 0x7FFFFFFF),
    "heap reserve huge": (PE + 24 + 80, "<I", 0xFFFFFFFF),
    "directories 4 G": (PE + 24 + 92, "<I", 0xFFFFFFFF),
    "imports outside": (PE + 24 + 104, "<I", 0x7FFFFFF0),
    "TLS outside": (PE + 24 + 168, "<I", 0x7FFFFFF0),
    "section address outside": (SECTIONS + 12, "<I", 0xFFFFF000),
    "section size huge": (SECTIONS + 8, "<I", 0xFFFFFFFF),
    "raw data past the end": (SECTIONS + 20, "<I", 0x7FFFFE00),
    "raw size huge": (SECTIONS + 16, "<I", 0xFFFFFFFF),
    "sections overlap": (SECTIONS + 40 + 12, "<I", 0x1000),
}


def damaged():
    for name, (offset, form, value) in FIELDS.items():
        data = bytearray(GOOD)
        struct.pack_into(form, data, offset, value)
        yield name, bytes(data)
    dice = random.Random(SEED)
    for number in range(RANDOM):
        data = bytearray(GOOD)
        symbols = struct.unpack_from("<I", GOOD, PE + 12)[0]
        for _ in range(dice.randint(1, 6)):
            low, high = dice.choice(
                ((0, SECTIONS + 400), (symbols, symbols + 4000), (0x400, len(GOOD)))
            )
            data[dice.randrange(low, min(high, len(data)))] = dice.randrange(256)
        yield f"random {number} of seed {SEED}", bytes(data)
    for size in (0, 1, 63, 64, PE + 3, SECTIONS - 1, 1024):
        yield f"cut to {size} bytes", GOOD[:size]


with tempfile.TemporaryDirectory() as folder:
    names = []
    with open(os.path.join(folder, "list"), "w") as listing:
        for number, (name, data) in enumerate(damaged()):
            names.append(name)
            with open(os.path.join(folder, f"d{number}.exe"), "wb") as out:
                out.write(data)
            listing.write(f"{folder}/d{number}.exe\n")
        listing.write(os.path.join(OUT, "archive", "hello.exe") + "\n")
    done = subprocess.run(
        [
            os.path.join(TOP, "tools", "fathom"),
            "batch",
            "--timeout",
            "20",
            os.path.join(folder, "list"),
        ],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
    )
    results = re.findall(r"^(?:not )?ok \d+.*$", done.stdout, re.M)
    plan.equal(len(results), len(names) + 1, "every damaged program has an outcome")
    plan.true(
        results and results[-1].startswith("ok "),
        "an undamaged program runs after all of them",
        results[-1:],
        done.stdout[-2000:],
        done.stderr[-2000:],
    )
    for name, result, report in zip(
        names, results, re.split(r"^(?:not )?ok \d+", done.stdout, flags=re.M)[1:]
    ):
        plan.true(
            not re.search(r"bug check|triple fault|no boot|audit", report),
            f"{name}: the kernel is whole",
            report,
        )
plan.done()
