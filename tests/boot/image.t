#!/usr/bin/env python3
# long: only
# needs: system loaders image
"""The image that `make image` writes: well-formed, the same every time, bootable as it
is."""
import filecmp
import os
import select
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

sys.path.insert(0, os.path.join(TOP, "tools"))
from host.machine import Machine

plan = Plan()
IMAGE = os.path.join(OUT, "fathom.img")
PROMPT_SECONDS = 1200  # a fuse: it takes ten on a machine that does nothing else


def console_until(machine, words):
    """What the console says until one of words comes, or too long has passed."""
    text, end = b"", time.monotonic() + PROMPT_SECONDS
    while time.monotonic() < end and not any(w in text for w in words):
        if select.select([machine.console], [], [], 5)[0]:
            data = machine.console.recv(65536)
            if not data:
                break
            text += data
    return text.decode("utf-8", "replace")


with tempfile.TemporaryDirectory() as folder:
    again = os.path.join(folder, "again.img")
    parts = [
        os.path.join(OUT, p)
        for p in (
            "kernel/ntoskrnl.exe",
            "archive.tar",
            "efi/BOOTIA32.EFI",
            "efi/BOOTX64.EFI",
        )
    ]
    subprocess.run([os.path.join(TOP, "tools", "mkimage.sh"), again, *parts], check=True)
    plan.true(
        filecmp.cmp(IMAGE, again, False), "made twice, it is the same byte for byte"
    )
    plan.equal(os.listdir(folder), ["again.img"], "nothing is left beside it")

path = os.environ["PATH"] + ":/usr/sbin:/sbin"
verify = subprocess.run(
    ["sfdisk", "--verify", IMAGE],
    capture_output=True,
    text=True,
    env={**os.environ, "PATH": path},
)
plan.true(
    verify.returncode == 0, "its partition table is sound", verify.stdout, verify.stderr
)
dump = subprocess.run(
    ["sfdisk", "--dump", IMAGE],
    capture_output=True,
    text=True,
    env={**os.environ, "PATH": path},
).stdout
plan.true(
    "label: gpt" in dump and "C12A7328-F81F-11D2-BA4B-00A0C93EC93B" in dump,
    "GPT with one EFI system partition",
)

for boot, disk in (("x64", "virtio"), ("ia32", "usb")):
    with Machine(OUT, boot, disk=disk) as machine:
        machine.start("", image=IMAGE)
        text = console_until(machine, (b"C:\\>", b"help", b"fathom> "))
        plan.true(
            "Fathom: BOOT" in text and "Every row of the chain holds" in text,
            f"{boot}, {disk}: boots to the prompt",
            text[-3000:],
        )
plan.done()
