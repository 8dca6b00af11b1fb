#!/usr/bin/env python3
"""README.md shows what the walk prints."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
STRONG = {  # a pattern of the whole walk: what it shows
    r"door_new\n.*operator new\(size 18000\)": "operator new has its caller by .eh_frame",
    r"free: .*door_delete > walk!operator delete \(jmp\) > "
    r"msvcrt!free": "operator delete is in the free",
    r"slot at 77c[0-9a-f]{5} holds (7c9[0-9a-f]{5}), ntdll!RtlAllocateHeap\n": "msvcrt's slot",
    r"served by the front end; walk!door_malloc > "
    r"[^\n]*RtlpAllocateHeap\n": "who served a warm call",
    r"VirtualAlloc\(1\) is one page: 4096 bytes": "one byte is one page",
    r"in one process, and .* fails\n(.*\n)*?.*\[out\] 0+ and 0+\n.*left "
    r"0\n": "[out] of a failure here",
    r"in two processes, and .* fails\n(.*\n)*?.*\[out\] 0+ and 0+\n.*left "
    r"0\n": "[out] of one there",
}
tool = os.path.join(TOP, "tools", "excerpt.py")
with tempfile.NamedTemporaryFile("w+") as walk:
    done = subprocess.run(
        [
            os.path.join(TOP, "tools", "fathom"),
            "run",
            "--icount",
            os.path.join(OUT, "archive", "walk.exe"),
        ],
        stdout=walk,
        stdin=subprocess.DEVNULL,
    )
    plan.equal(done.returncode, 0, "the walk holds")
    walk.seek(0)
    whole = walk.read()
    plan.true("(guessed)" not in whole, "no frame of the walk is guessed")
    for shown, name in STRONG.items():
        plan.true(re.search(shown, whole), name)
    told = subprocess.run([tool, "--check", walk.name])
    plan.equal(told.returncode, 0, "README.md shows its frames: make readme")
    with open(os.path.join(TOP, "README.md")) as readme:
        first = "".join(line for line, _ in zip(readme, range(60)))
    plan.true(
        re.search(r"make run(.*\n)+?malloc(.*\n)+?.*PageAlloc(.*\n)+?```\n", first),
        "in its first 60 lines",
    )
    walk.seek(0)
    text = walk.read().replace("RtlAllocateHeap", "RtlOtherHeap")
    walk.seek(0)
    walk.write(text)
    walk.truncate()
    walk.flush()
    told = subprocess.run([tool, "--check", walk.name])
    plan.equal(told.returncode, 1, "another walk is noticed")
    walk.seek(0)
    text = re.sub(
        r"(\d+) instructions", "9\\1 instructions", text.replace("RtlOtherHeap", "RtlAllocateHeap")
    )
    walk.write(text)
    walk.truncate()
    walk.flush()
    told = subprocess.run([tool, "--check", walk.name], stderr=subprocess.DEVNULL)
    plan.equal(told.returncode, 1, "other figures are noticed")
plan.done()
