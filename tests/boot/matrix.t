#!/usr/bin/env python3
"""Every way in, with little, usual and much memory, and on each processor: the walk must
pass."""
import os
import subprocess

import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

plan = Plan()
SIZES = ("64", "256", "4096")
MODELS = {
    "multiboot": (
        "pentium3",
        "n270",
        "qemu64",
        "max",
        "max,-sep",
        "max,-nx",
        "max,-smep,-smap",
    ),
    "x64": ("qemu64", "max"),
    "ia32": ("qemu64", "max", "pentium3"),
}
CASES = [(boot, size, "max") for boot in MODELS for size in SIZES]
CASES += [
    (boot, "256", model)
    for boot, models in MODELS.items()
    for model in models
    if model != "max"
]


def walk(boot, size, model, *more):
    return subprocess.run(
        [
            os.path.join(TOP, "tools", "fathom"),
            "boot",
            "--walk",
            "--boot",
            boot,
            "--mem",
            size,
            "--cpu",
            model,
            "--timeout",
            "200",
            *more,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


for boot, size, model in CASES:
    done = walk(boot, size, model)
    plan.true(
        done.returncode == 0,
        f"{boot}, {size} MiB, {model}: the walk passes",
        done.stdout[-3000:],
    )
done = walk("x64", "256", "max", "--disk", "usb")
plan.true(done.returncode == 0, "x64 from a USB stick", done.stdout[-3000:])
done = walk("ia32", "256", "max", "--disk", "ide", "--screen")
plan.true(
    done.returncode == 0, "ia32 from an IDE disk, with a screen", done.stdout[-3000:]
)
plan.true(
    "screen        " in done.stdout and " x " in done.stdout,
    "the loader found the framebuffer",
)
done = walk("x64", "256", "max", "--screen")
plan.true(done.returncode == 0, "x64 with a screen", done.stdout[-3000:])
done = walk("multiboot", "256", "max", "--screen")
plan.true(done.returncode == 0, "multiboot with VGA text", done.stdout[-3000:])
done = walk("multiboot", "256", "pentium,-pae")
plan.true(
    done.returncode == 245 and "PAE" in done.stdout,
    "a processor without PAE is told so",
    done.stdout[-2000:],
)
done = walk("multiboot", "8", "max")
plan.true(
    done.returncode in (243, 245) and "memory" in done.stdout.lower(),
    "8 MiB: too little, said clearly",
    f"exit {done.returncode}",
    done.stdout[-2000:],
)
plan.done()
