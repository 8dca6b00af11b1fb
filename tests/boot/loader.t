#!/usr/bin/env python3
# long: too
# needs: system loaders
"""The UEFI loader on damaged disks: each a clear message, then back to the firmware.  In make test
one damage for each width of firmware."""
import os
import secrets
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import LONG, OUT, TOP, Plan

sys.path.insert(0, os.path.join(TOP, "tools"))
from host.machine import Machine
from host.session import Session

plan = Plan()


class Nobody:
    """A sink for a machine that runs no program."""

    def __getattr__(self, _):
        return lambda *_: None


def boots(boot, damage, mem=256):
    """(kind, what the loader said, console) of a boot whose disk was damaged by
    damage(image)."""
    with Machine(OUT, boot, mem) as machine:
        image = machine.make_image(
            os.path.join(OUT, "archive.tar"), "token=0 walk", machine.kernel()
        )
        damage(image)
        machine.start("", image=image)
        session = Session(machine, secrets.token_hex(8), 60, Nobody())
        session.follow()
        return (
            session.end and session.end.kind,
            session.end and session.end.where,
            session.console_text(),
        )


def mtools(command, image, *words, data=None):
    subprocess.run(
        [command, *words[:-1], "-i", image + "@@1M", *words[-1]],
        input=data,
        check=True,
        env={**os.environ, "MTOOLSRC": "/dev/null"},
    )


def without(path):
    return lambda image: mtools("mdel", image, ["::" + path])


def kernel_with(change):
    """The kernel's file changed by change(bytearray) -> bytes."""

    def damage(image):
        data = change(
            bytearray(open(os.path.join(OUT, "kernel", "ntoskrnl.exe"), "rb").read())
        )
        mtools("mcopy", image, "-o", ["-", "::fathom/ntoskrnl.exe"], data=bytes(data))

    return damage


def poke(offset, value):
    """Overwrite what lies offset bytes after the PE signature."""

    def change(data):
        at = int.from_bytes(data[0x3C:0x40], "little") + offset
        data[at : at + len(value)] = value
        return data

    return change


CASES = [
    ("x64", without("fathom/ntoskrnl.exe"), "ntoskrnl.exe: the file is missing"),
    ("ia32", without("fathom/archive.tar"), "archive.tar: the file is missing"),
    ("x64", without("fathom/fathom.cfg"), "fathom.cfg: the file is missing"),
    ("ia32", kernel_with(lambda data: data[: len(data) // 2]), "damaged: "),
    ("x64", kernel_with(lambda data: b"not a program\n"), "it is not a PE file"),
    ("x64", kernel_with(poke(24 + 56, b"\xff\xff\xff\xff")), "damaged: "),
]
for boot, damage, words in CASES if LONG else (CASES[0], CASES[3]):
    kind, where, console = boots(boot, damage)
    plan.true(
        kind == "noboot" and words in (where or ""),
        f"{boot}: {words.strip(': ')}",
        kind,
        where,
        console[-1500:],
    )
    plan.true(
        console.count("fathom: boot stopped") == 1,
        f"{boot}: said once on the serial line",
    )
if LONG:
    kind, where, console = boots("ia32", lambda image: None, mem=60)
    plan.true(
        kind == "noboot" and "too little memory" in (where or ""),
        "ia32: too little memory is said so",
        kind,
        where,
        console[-1500:],
    )
plan.done()
