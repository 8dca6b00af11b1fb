#!/usr/bin/env python3
# long: too
# needs: system loaders
"""Every way in, with little, usual and much memory, and on each processor: the walk must pass.
In make test only three corners: each way in once, each size once, an old, a usual and a new
processor; and the two machines that are refused, which costs little."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from firmware import OUT, Odd
from host.machine import EXIT_BUGCHECK
from tap import LONG, TOP, Plan

plan = Plan()
CORNERS = [("multiboot", "64", "pentium3"), ("x64", "4096", "max"), ("ia32", "256", "qemu64")]
SIZES = ("64", "256", "4096")
MODELS = {
    "multiboot": ("pentium3", "n270", "qemu64", "max", "max,-sep", "max,-nx", "max,-smep,-smap"),
    "x64": ("qemu64", "max"),
    "ia32": ("qemu64", "max", "pentium3"),
}
MATRIX = [(boot, size, "max") for boot in MODELS for size in SIZES]
MATRIX += [
    (boot, "256", model) for boot, models in MODELS.items() for model in models if model != "max"
]


def walk(boot, size, model, *more):
    machine = ["--boot", boot, "--mem", size, "--cpu", model, "--timeout", "200", *more]
    return subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), "boot", "--walk", *machine],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


def passes(name, *machine):
    done = walk(*machine)
    plan.true(done.returncode == 0, name, f"exit {done.returncode}", done.stdout[-3000:])
    return done.stdout


for case in CORNERS + ([case for case in MATRIX if case not in CORNERS] if LONG else []):
    passes("{}, {} MiB, {}: the walk passes".format(*case), *case)
if LONG:
    passes("x64 from a USB stick", "x64", "256", "max", "--disk", "usb")
    text = passes(
        "ia32 from an IDE disk, with a screen", "ia32", "256", "max", "--disk", "ide", "--screen"
    )
    plan.true(
        "screen        " in text and " x " in text, "the loader found the framebuffer", text[-3000:]
    )
    passes("x64 with a screen", "x64", "256", "max", "--screen")
passes("multiboot with VGA text", "multiboot", "256", "max", "--screen")
done = walk("multiboot", "256", "pentium,-pae")
plan.true(
    done.returncode == 245 and "PAE" in done.stdout,
    "a processor without PAE is told so",
    done.stdout[-2000:],
)
for size in (8, 16):  # less than the tool takes
    with Odd(mem=size) as machine:
        machine.start("walk", os.path.join(OUT, "archive.tar"))
        text = machine.until("MiB of memory", "C:\\>")
        status = machine.wait(60)
    plan.true(
        status == EXIT_BUGCHECK and "memory" in text, f"{size} MiB: too little, said clearly", text
    )
plan.done()
