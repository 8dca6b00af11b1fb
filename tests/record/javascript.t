#!/usr/bin/env python3
# needs: system record programs
# long: only
# tools: web
"""The reader in JavaScript (web/model/recording.js) says of each step what the one in Python says,
and of a damaged file the same sentence."""
import dataclasses
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from record.recording import Damaged, Recording  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "record", "programs", "lesson.exe")
scratch = tempfile.TemporaryDirectory(prefix="fathom-record-")
path = os.path.join(scratch.name, "lesson.rec")
subprocess.run(
    [os.path.join(TOP, "tools", "fathom"), "record", "--mem", "64", "-o", path, PROGRAM],
    stdin=subprocess.DEVNULL,
    stdout=subprocess.DEVNULL,
)


def javascript(file, *steps):
    script = os.path.join(TOP, "tests", "record", "states.mjs")
    done = subprocess.run(["node", script, file, *map(str, steps)], capture_output=True, text=True)
    return done.stdout.splitlines(), done.stderr


recording = Recording(path)
chance = random.Random(3)
steps = [0, recording.count - 1, *(chance.randrange(recording.count) for _ in range(20)), 0]
wanted = []
for n in steps:
    recording.go(n)
    state = ",".join(f"{value:x}" for value in recording.registers())
    stack = recording.read(recording.registers()[4], 16).hex()
    wanted.append(f"{n} {state} {hashlib.sha256(recording.memory).hexdigest()} {stack}")
*rows, told = javascript(path, *steps)[0]
said = "\n".join(rows[-1:])
events = [
    {**dataclasses.asdict(event), "stack": [dataclasses.asdict(frame) for frame in event.stack]}
    for event in recording.events()
]
plan.true(
    len(events) > 100 and json.loads(told) == events, f"the same {len(events)} events around it"
)
differ = [f"{a}\n{b}" for a, b in zip(rows, wanted) if a != b]
plan.true(
    rows == wanted, f"{len(steps)} steps, forward and back: the same machine", *differ[:3], said
)

with open(path, "rb") as file:
    good = file.read()
for name, data in (
    ("cut", good[:-1]),
    ("early", good[: good.rindex(b"DONE")]),
    ("bit", good[:5000] + bytes([good[5000] ^ 1]) + good[5001:]),
    ("foreign", b"MZ" + good[2:]),
):
    broken = os.path.join(scratch.name, name)
    with open(broken, "wb") as out:
        out.write(data)
    try:
        Recording(broken)
        sentence = "nothing"
    except Damaged as wrong:
        sentence = f"damaged: {wrong}"
    rows, said = javascript(broken, 0)
    plan.equal(rows, [sentence], f"{name}: {sentence}")
plan.done()
