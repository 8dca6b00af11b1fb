#!/usr/bin/env python3
# needs: system record web picture
# long: too
# long tools: site
"""The moving picture of README.md: the files are those that docs/pictures/malloc.txt tells of, and
(make test-long) a page made now says the same at each event.  Addresses and page numbers, which
move with every build, are left open; pixels are not compared."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import LONG, OUT, TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools", "web"))
import animate  # noqa: E402

plan = Plan()
PICTURES = os.path.join(TOP, "docs", "pictures")
MOST = 600 * 1024  # bytes of a picture


def frames_in(path):
    """The animation frames (ANMF) of a WebP file: RIFF chunks of kind, size, data."""
    with open(path, "rb") as file:
        data = file.read()
    at, count = 12, 0
    while at + 8 <= len(data):
        count += data[at : at + 4] == b"ANMF"
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    return count


with open(os.path.join(PICTURES, "malloc.txt"), encoding="utf-8") as file:
    files, *told = [part.split("\n") for part in file.read().strip().split("\n\n")]
for row in files:
    wanted, name = row.split()
    path = os.path.join(PICTURES, name)
    size = os.path.getsize(path)
    plan.equal(
        animate.digest(path), wanted, f"{name} is the one that malloc.txt tells of: make picture"
    )
    plan.true(size < MOST, f"{name} has {size} bytes, fewer than {MOST}")
moving = [row.split()[1] for row in files if ".still." not in row]
plan.equal(
    [frames_in(os.path.join(PICTURES, name)) for name in moving],
    [len(t) for t in told],
    "a frame a sentence",
)
for readme, name in (("README.md", moving[0]), ("README.zh.md", moving[1])):
    with open(os.path.join(TOP, readme), encoding="utf-8") as file:
        shown = file.read().split("\nmake run")[0]
    plan.true(f"docs/pictures/{name}" in shown, f"{readme} shows {name} above its first command")
said = "The kernel writes 4 page table entries from 00336000 on: before, nothing;"
said += " now, promised (rw-)."
other = said.replace("336000", "446000").replace("4 page", "5 page")
plan.equal(animate.alike(said), animate.alike(other), "addresses and page numbers are left open")
plan.true(
    animate.alike(said) != animate.alike(said.replace("promised", "page 4A7")),
    "what it says is not",
)

if LONG:
    with tempfile.TemporaryDirectory(prefix="fathom-picture-") as folder:
        page = os.path.join(folder, "cold.html")
        command = [os.path.join(TOP, "tools", "fathom"), "replay", "--mem", "64", "-o", page]
        done = subprocess.run(
            [*command, os.path.join(OUT, "book", "cold.exe")], stdin=subprocess.DEVNULL
        )
        plan.equal(done.returncode, 0, "a page made now")
        for language, then in zip(animate.LANGUAGES.values(), told):
            now = [one for _, one, _ in animate.frames(page, language, folder)]
            alike = [[animate.alike(one) for one in each] for each in (now, then)]
            plan.equal(alike[0], alike[1], f"says the same ({language}): make picture")
plan.done()
