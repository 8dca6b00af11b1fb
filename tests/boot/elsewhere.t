#!/usr/bin/env python3
# needs: system
"""A host that is not x86-64, played: `uname` says aarch64 and PATH has neither the host's compiler
and binutils nor what makes disks.  `make run` boots by Multiboot all the same."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

plan = Plan()
COMMANDS = (
    "make sh bash env cat sed awk grep sort expand find mkdir echo rm mv cp cmp touch test tar "
    "basename date xargs cksum "
    "dirname head tail tr ls wc cut readlink python3 nasm qemu-system-i386 qemu-system-x86_64 "
    + " ".join(
        "i686-w64-mingw32-" + tool for tool in "gcc g++ nm ar as objcopy objdump dlltool".split()
    )
).split()

with tempfile.TemporaryDirectory(prefix="fathom-elsewhere-") as folder:
    for name in COMMANDS:
        os.symlink(shutil.which(name), os.path.join(folder, name))
    with open(os.path.join(folder, "uname"), "w") as script:
        script.write("#!/bin/sh\necho aarch64\n")
    os.chmod(os.path.join(folder, "uname"), 0o755)

    def make(*words):
        return subprocess.run(
            ["make", "-C", TOP, f"O={OUT}", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env={"PATH": folder, "HOME": folder, "FATHOM_SYSROOT": "/nonexistent"},
            timeout=3600,  # a fuse, not a verdict: the host may be busy
        )

    done = make("run")
    plan.true(done.returncode == 0, "make run boots and ends well", done.stdout[-3000:])
    plan.true(
        "BOOT=multiboot" in done.stdout and "aarch64" in done.stdout,
        "it says by which way, and why",
        done.stdout[:500],
    )
    plan.true(
        "nt!PageAlloc" in done.stdout, "and the walk is seen to the last row", done.stdout[-500:]
    )
    for words in (["run", "BOOT=x64"], ["image"]):
        done = make(*words)
        plan.true(
            done.returncode != 0 and "x86-64" in done.stdout and "multiboot" in done.stdout,
            f"make {' '.join(words)} is refused with a sentence",
            done.stdout,
        )
plan.done()
