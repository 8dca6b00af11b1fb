#!/usr/bin/env python3
# needs: system
"""Corruption is never silent: each attack of user/attacks, what happened and how it was
named; with --no-terminate; under gflags with stacks, fills and page heap."""
import os
import re
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan

plan = Plan()
ATTACKS = os.path.join(OUT, "bin", "attacks.exe")

NOT_BUSY, NO_BLOCK = "block not busy (freed twice?)", "not a block of this heap"
FOREIGN, ENTRY = "block of another heap", "entry corruption"
LINKS, NO_HEAP = "(free lists|list entry) corruption", "no heap, or destroyed"
DAMAGED = "(entry corruption|buffer overrun)"

# what is found by default; None: the documented answer, no damage
KINDS = {
    "double-free": NOT_BUSY,
    "double-free-between": NOT_BUSY,
    "double-free-large": NO_BLOCK,
    "free-inside": ENTRY,
    "free-inside-odd": NO_BLOCK,
    "free-stack": DAMAGED,
    "free-image": DAMAGED,
    "free-wild": NO_BLOCK,
    "free-null": None,
    "write-after-free": LINKS,
    "overflow": ENTRY,
    "underflow": ENTRY,
    "forged-size": DAMAGED,
    "forged-links": LINKS,
    "other-heap": FOREIGN,
    "other-heap-large": FOREIGN,
    "movable-handle": NO_BLOCK,
    "movable-underflow": ENTRY,
    "locked-pointer": NOT_BUSY,
    "realloc-freed": NOT_BUSY,
    "size-freed": NOT_BUSY,
    "destroyed-heap": NO_HEAP,
    "destroyed-twice": NO_HEAP,
    "forged-heap": NO_HEAP,
    "destroy-default": None,
    "overflowing-calloc": None,
    "overflowing-new": None,
    "overflowing-realloc": None,
    "lfh-double-free": NOT_BUSY,
    "lfh-double-free-between": NOT_BUSY,
    "lfh-free-inside": ENTRY,
    "lfh-free-inside-odd": NO_BLOCK,
    "lfh-write-after-free": None,
    "lfh-overflow": ENTRY,
    "lfh-underflow": ENTRY,
    "lfh-forged-size": ENTRY,
    "lfh-forged-links": None,
    "lfh-other-heap": FOREIGN,
    "lfh-realloc-freed": NOT_BUSY,
    "lfh-size-freed": NOT_BUSY,
}
HARMLESS = ("lfh-write-after-free", "lfh-forged-links")  # nothing of the heap's is there
STOPPED, ANSWERED = "stopped: heap corruption", "documented answer"


def run(*words):
    done = subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), "run", *words],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=3600,
    )
    text = (
        part.decode("utf-8", "replace").replace("\r\n", "\n") for part in (done.stdout, done.stderr)
    )
    return done.returncode, *text


def table(*options):
    """{attack: (outcome, log)} of all attacks in one boot."""
    code, out, err = run(*options, ATTACKS)
    outcomes = dict(
        re.findall(r"^ *([a-z-]+) +(stopped.*|documented.*|harmless|UNNOTICED)", out, re.M)
    )
    logs = dict(re.findall(r"^== (\S+)\n(.*?)(?=^== |\Z)", err, re.M | re.S))
    plan.equal((code, sorted(outcomes)), (0, sorted(KINDS)), f"{options}: all were tried")
    return {name: (outcomes.get(name, ""), logs.get(name, "")) for name in KINDS}


for name, (outcome, log) in table().items():
    kind = KINDS[name]
    if name in HARMLESS:
        plan.equal(outcome, "harmless", f"{name}: harmless")
    elif kind is None:
        plan.equal(outcome, ANSWERED, f"{name}: the documented answer")
    else:
        named = re.search(
            rf"heap corruption: {kind if '|' in kind else re.escape(kind)}, "
            r"heap [0-9A-F]{8}, block [0-9A-F]{8}, found by \w+",
            log,
        )
        function = name.removeprefix("lfh-").replace("-", "_")
        caller = re.search(rf"attacks!({function}|give|use_and_ask|take|main)\b", log)
        plan.true(
            outcome == STOPPED and named and "crashed: c0000374" in log and caller,
            f"{name}: stopped, {kind}, with the call's stack",
            outcome,
            log,
        )

for name, (outcome, log) in table("--no-terminate").items():
    wanted = "harmless" if name in HARMLESS else ANSWERED
    plan.true(
        outcome == wanted and (KINDS[name] is None or "heap corruption: " in log),
        f"--no-terminate {name}: {wanted}, and told",
        outcome,
        log,
    )

for words in ("htc+hfc+hpc", "ust", "htc+hfc+hvc+ust", "hpa"):
    bad = {
        name: result
        for name, result in table("--gflags", words).items()
        if not result[0].startswith("stopped" if KINDS[name] or name in HARMLESS else ANSWERED)
    }
    plan.equal(bad, {}, f"--gflags {words}: none goes unnoticed, none is harmless")


def attack(gflags, name):
    code, _, err = run("--gflags", gflags, ATTACKS, name)
    return code, err


def stacks(text):
    """{allocated, freed: functions} of the first block told about."""
    return {
        word: re.findall(r"\S+!(\w+)\+", lines)
        for word, lines in re.findall(r"was (\w+) by\n((?:    .*\n)+)", text)[::-1]
    }


code, log = attack("ust", "double-free")
told = stacks(log)
plan.true(
    code == 241
    and "double_free" in told.get("allocated", [])
    and "RtlAllocateHeap" in told["allocated"]
    and "double_free" in told.get("freed", [])
    and "RtlFreeHeap" in told["freed"],
    "ust: a double free shows who allocated and who freed",
    log,
)
code, log = attack("ust", "overflow")
plan.true(
    re.search(r"before it: block ([0-9A-F]{8}), 40 bytes, in use\n(.*\n)*  \1 was allocated", log),
    "ust: an overrun shows the block before it, and who allocated that",
    log,
)
for name, what in (("overflow", "writing"), ("write-after-free", "writing")):
    code, log = attack("attacks.exe:hpa", name)
    function = name.replace("-", "_")
    plan.true(
        code == 241
        and re.search(rf"crashed: c0000005 access violation {what} .*\({function}\+", log)
        and f"attacks!{function}" in log
        and "was allocated by" in log,
        f"hpa: {name} faults at the guilty instruction, the block is told",
        log,
    )
code, out, log = run("--no-terminate", ATTACKS, "forged-links")
plan.true(
    "HeapValidate failed" in out
    and re.search(r"heap corruption: .*heap \w{8}, block \w{8}, found by RtlValidateHeap", log),
    "HeapValidate tells what and where",
    log,
)
code, log = attack("other.exe:hpa", "overflow")
plan.true("crashed: c0000374" in log, "flags of another image are not this one's", log)


def configured(clear, set_):
    """attacks.exe with a load configuration, laid after its section table, which is shorter
    without what is for a debugger."""
    name = os.path.join(OUT, "tests", "attacks", "configured.exe")
    os.makedirs(os.path.dirname(name), exist_ok=True)
    subprocess.run(["i686-w64-mingw32-strip", "-g", "-o", name, ATTACKS], check=True)
    with open(name, "rb") as file:
        image = bytearray(file.read())
    pe = struct.unpack_from("<I", image, 0x3C)[0]
    sections = struct.unpack_from("<H", image, pe + 6)[0]
    at = (pe + 0xF8 + sections * 40 + 15) & ~15
    assert at + 0x48 <= struct.unpack_from("<I", image, pe + 0x54)[0], "no room"
    struct.pack_into("<II", image, pe + 0x78 + 10 * 8, at, 0x48)
    struct.pack_into("<IIIII", image, at, 0x48, 0, 0, clear, set_)
    with open(name, "wb") as file:
        file.write(image)
    return name


HPA = 0x2000000
_, _, log = run(configured(0, HPA), "overflow")
plan.true("c0000005" in log, "an image's load configuration sets a flag", log)
_, _, log = run("--gflags", "hpa", configured(HPA, 0), "overflow")
plan.true("c0000374" in log, "an image's load configuration clears a flag", log)
captured = os.path.join(TOP, "tests", "attacks", "captured.py")
shown = subprocess.run([captured, "--check", "report"], capture_output=True, text=True)
plan.true(not shown.returncode, "docs/attacks.md shows the report as it is", shown.stdout)
code, _, err = run("--gflags", "nonsense", ATTACKS)
plan.true(code == 125 and "nonsense" in err, "an unknown word of gflags is refused", err)
plan.done()
