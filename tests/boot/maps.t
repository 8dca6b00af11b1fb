#!/usr/bin/env python3
# long: too
# needs: system programs loaders state
"""Memory maps of any length, order and fragmentation, given to the kernel by a loader of ours in
front of it (otherloader.asm): every page of them is counted, and can be used."""
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import firmware
from tap import LONG, OUT, TOP, Plan

plan = Plan()
PAGE, MIB = 4096, 1 << 20
FIRST = MIB // PAGE  # below 1 MiB the kernel uses nothing
KERNEL = os.path.join(OUT, "kernel", "ntoskrnl.exe")
TOOL = os.path.join(TOP, "tools", "fathom")
HELD = 0.985  # of the memory that may be committed: the rest is page tables and the process's own


def memory(entries):
    """Pages that are memory: whole pages of type 1 that no entry of another type touches."""
    pages = set()
    for base, length, kind in entries:
        if kind == 1:
            pages.update(range(max(-(-base // PAGE), FIRST), (base + length) // PAGE))
    for base, length, kind in entries:
        if kind != 1:
            pages.difference_update(range(base // PAGE, -(-(base + length) // PAGE)))
    return len(pages)


def runs_with(entries, mem, place, program, folder):
    """The run of a program on a machine of mem MiB whose loader says these entries."""
    path = os.path.join(folder, "map")
    with open(path, "wb") as file:
        for base, length, kind in entries:
            file.write(struct.pack("<IQQI", 20, base, length, kind))
    loader = os.path.join(folder, "loader")
    words = [f'-DKERNEL="{KERNEL}"', f'-DMAP="{path}"', f"-DPLACE={place}"]
    source = os.path.join(TOP, "tests", "boot", "otherloader.asm")
    subprocess.run(["nasm", "-f", "bin", "-o", loader, *words, source], check=True)
    return subprocess.run(
        [TOOL, "run", "--mem", str(mem), "--timeout", "120", program],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "FATHOM_KERNEL": loader},
    )


def boots(name, entries, mem=256, place=0x1800000, least=HELD):
    program = os.path.join(OUT, "tests", "boot", "programs", "allmemory.exe")
    with tempfile.TemporaryDirectory(prefix="fathom-maps-") as folder:
        done = runs_with(entries, mem, place, program, folder)
    lines = (line.split() for line in done.stdout.splitlines())
    said = {line[0]: int(line[1]) for line in lines if len(line) == 2 and line[1].isdigit()}
    wanted = min(memory(entries), 4096 * MIB // PAGE)
    plan.true(
        done.returncode == 0 and said.get("total") == wanted,
        f"{name}: counted to the page",
        f"exit {done.returncode}, wanted {wanted}",
        done.stdout[-1500:],
    )
    room = min(said.get("limit", 0), 2000 * MIB // PAGE)  # one process has 2 GiB of addresses
    plan.true(
        said.get("held", 0) >= least * room and said.get("limit", 0) >= 0.9 * wanted - 1500,
        f"{name}: and used",
        done.stdout[-1500:],
    )


def holes(first, last, count, top, begin=MIB):
    """Memory from 1 MiB to top with count holes of a page, evenly between first and last: split."""
    step = (last - first) // count // PAGE * PAGE
    entries, at = [(0, 0x9FC00, 1), (0xF0000, 0x10000, 2)], begin
    for i in range(count):
        hole = first + i * step
        entries += [(at, hole - at, 1), (hole, PAGE, 2)]
        at = hole + PAGE
    return entries + [(at, top - at, 1)]


TOP256 = 0xFFE0000
boots("600 entries", holes(40 * MIB, 250 * MIB, 300, TOP256), place=TOP256 - 0x10000)
laid = [(MIB, TOP256 - MIB, 1)] + [(i * 0x123450, 5000, 2) for i in range(90, 200)]
laid += [(0x8000000, 0x1000000, 1), (0x9001800, 0x800, 1), (0x10000000, 0, 1)]
random.Random(9).shuffle(laid)
boots("overlapping entries, in any order", laid)
boots(
    "the loader's tables above all memory",
    [(MIB, 100 * MIB, 1), (200 * MIB, 8 * MIB, 3)],
    place=200 * MIB + 0x3000,
)
if LONG:
    boots("40 fragments in 250 MiB", holes(4 * MIB, 15 * MIB, 40, TOP256))
    boots("91 ranges low", holes(3 * MIB, 15 * MIB, 45, TOP256))
    boots("91 ranges high", holes(100 * MIB, 250 * MIB, 45, TOP256))
    boots("321 ranges", holes(200 * MIB, 250 * MIB, 160, TOP256))
    boots("3,000 entries", holes(40 * MIB, 250 * MIB, 1500, TOP256))
    boots(
        "4 GiB, 136 ranges", holes(4 * MIB, 15 * MIB, 68, 3 << 30) + [(4 << 30, 1 << 30, 1)], 4096
    )
    boots(
        "5 GiB, 600 holes on both sides",
        holes(64 * MIB, 3000 * MIB, 300, 3 << 30)
        + holes((4 << 30) + MIB, 6 << 30, 300, 6 << 30, 4 << 30)[2:],
        5120,
    )
    for seed in range(6):
        dice = random.Random(seed)
        cuts = [
            (dice.randrange(40 * MIB, TOP256), dice.randrange(1, 200000), dice.randrange(1, 5))
            for _ in range(dice.randrange(300))
        ]
        random_map = [(MIB, 39 * MIB, 1)] + [c for c in cuts if c[0] + c[1] < TOP256]
        random_map += [(at, MIB + 777, 1) for at in range(50 * MIB, 240 * MIB, 2 * MIB)]
        dice.shuffle(random_map)
        boots(f"random map {seed}", random_map)


def boots_by_firmware(boot, count):
    """The same by UEFI, whose map has so many holes (state.c); its loader says usable MiB,
    ranges."""
    firmware.PROGRAM = os.path.join(OUT, "tests", "boot", "programs", "allmemory.exe")
    with firmware.Odd(boot, 256, state=f"fragments {count:x}\n") as machine:
        text = machine.boot_with().until_line("held ", "boot stopped", "bug check")
    found = re.search(
        r"(\d+) MiB usable, (\d+) ranges.*total (\d+)\s+limit (\d+)\s+held (\d+)", text, re.S
    )
    usable, ranges, total, limit, held = map(int, found.groups()) if found else [0] * 5
    plan.true(
        ranges > 512 and 0 <= usable - total * PAGE // MIB <= 1,
        f"{boot}, {count} holes: every range counts",
        text[-2000:],
    )
    plan.true(
        held >= HELD * limit and limit >= 0.9 * total - 1500, f"{boot}: and is used", text[-2000:]
    )


def stops(boot, mem, size, words):
    """A machine whose archive has a file of size MiB more says that it has too little memory.  The
    tool would not start it."""
    with firmware.Odd(boot, mem) as machine:
        archive = machine.path("archive.tar")
        shutil.copyfile(os.path.join(OUT, "archive.tar"), archive)
        with tarfile.open(archive, "a", format=tarfile.USTAR_FORMAT) as tar:
            more = tarfile.TarInfo("more.bin")
            more.size = size * MIB
            with open("/dev/zero", "rb") as zeros:
                tar.addfile(more, zeros)
        machine.start("walk", archive)
        text = machine.until("are needed\n", "boot stopped", "C:\\>")
    plan.true(
        re.search(words, text),
        f"{boot}, {mem} MiB, an archive of {size} MiB: too little, with figures",
        text[-2000:],
    )


KERNEL_SAYS = (
    r"of \d{5} KiB the kernel and an archive of \d{5} KiB leave %s KiB; \d+ KiB are needed"
)
stops("multiboot", 64, 90, KERNEL_SAYS % 0)
if LONG:
    stops("multiboot", 64, 55, KERNEL_SAYS % r"\d{4}")
    for boot in ("x64", "ia32"):
        boots_by_firmware(boot, 600)
        stops(boot, 64, 90, r"archive.tar: too little memory: its 9\d{4} KiB do not fit")
plan.done()
