#!/usr/bin/env python3
# needs: system record programs
# long: only
"""`fathom record`: a stretch is whole, repeats to the byte, leads back as it led forward; a file
that is damaged or another's is named in a sentence."""
import hashlib
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import OUT, TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from record import recording, symbols  # noqa: E402
from record.recording import EIP, Damaged, Recording  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "record", "programs", "lesson.exe")
FATHOM = os.path.join(TOP, "tools", "fathom")
names = symbols.Symbols(PROGRAM, OUT)
scratch = tempfile.TemporaryDirectory(prefix="fathom-record-")


def record(name, *words, program=(PROGRAM,), last=False):
    """last: -o FILE stands at the end, as docs/recording.md has it."""
    path = os.path.join(scratch.name, name)
    where = ["-o", path]
    asked = [*words, *program, *where] if last else [*words, *where, *program]
    done = subprocess.run(
        [FATHOM, "record", "--mem", "64", *asked],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    return path, done


def content(path):
    with open(path, "rb") as file:
        return file.read()


def eips(one):
    return [one.step(n)[0][EIP] for n in range(one.count)]


def state(one):
    return one.registers(), hashlib.sha256(one.memory).hexdigest()


# ---- a stretch ----
path, done = record("main")
plan.equal(done.returncode, 0, f"main is recorded: {done.stdout.strip()}")
whole = Recording(path)
ran = eips(whole)
plan.equal(ran[0], names.find("main"), "it begins with the first instruction of main")
plan.true(ran.count(names.find("nt!PageAlloc")) > 0, "PageAlloc is in it")
plan.true(ran[-1] < 0x80000000 and ran[-1] != ran[0], "it ends in the caller of main")
again, _ = record("again", last=True)
plan.equal(content(again), content(path), "recorded again, -o last: the same bytes")
plan.true(whole.head["modules"] and TOP.encode() not in content(path), "no path of the host in it")

told = whole.events()
heap = [event.fields for event in told if event.name == "HeapOperation"]
plan.true(
    told[0].time < told[-1].time
    and {"PageAlloc", "ServiceEnter", "ProcessExit"} <= {e.name for e in told},
    f"{len(told)} events around it, {len(heap)} of them of heaps",
)

# ---- ten doors ----
path, done = record("doors", program=(os.path.join(OUT, "tests", "gdb", "programs", "door.exe"),))
size = os.path.getsize(path)
plan.true(size <= 10 << 20, f"ten doors in one recording: {done.stdout.strip()[-45:]}", done.stderr)
doors = set(eips(Recording(path)))
for name in (
    "msvcrt!malloc",
    "ole32!CoTaskMemAlloc",
    "kernel32!GlobalAlloc",
    "cw3220!malloc",
    "nt!PageAlloc",
):
    plan.true(names.find(name) in doors, f"{name} is in it")

# ---- forward and back ----
whole.go(0)
first = state(whole)
chance = random.Random(6)
bad = []
for _ in range(40):
    here, distance = chance.randrange(whole.count), chance.randrange(400)
    whole.go(here)
    before = state(whole)
    whole.go(min(here + distance, whole.count - 1))
    whole.go(here)
    bad += [] if state(whole) == before else [(here, distance)]
whole.go(0)
plan.equal(bad, [], "from any step n forward and n back: the same registers and memory")
plan.true(state(whole) == first, "back at the start: the start image")
far = Recording(path)
far.go(far.count // 2)
at = far.decoded
far.back()
plan.equal(far.decoded, at, "a step back decodes nothing more")

# ---- doors ----
path, done = record("door", "--door", "malloc:2")
door = Recording(path)
call = names.find("malloc")
plan.equal(eips(door)[0], call, "the second malloc of the program begins at malloc")
size = int.from_bytes(door.read(door.registers()[4] + 4, 4), "little")
plan.equal(size, 100, "its argument is 100")
door.go(door.count - 1)
block = door.registers()[0]
door.go(0)
plan.true(len(eips(door)) > 50 and block % 8 == 0 and block, "it ends with the block in EAX")
path, done = record("from", "--from", "nt!NtAllocateVirtualMemory", "--to", "nt!PageAlloc")
some = eips(Recording(path))
plan.equal(
    (some[0], some[-1]),
    (names.find("nt!NtAllocateVirtualMemory"), names.find("nt!PageAlloc")),
    "from one function of the kernel to another",
)
path, done = record("few", "--instructions", "1000")
plan.equal(Recording(path).count, 1000, "so many instructions and no more")
plan.true("ended by --instructions" in done.stdout, "and that is said", done.stdout)
path, done = record("thread", program=(PROGRAM, "thread"))
seen = Recording(path)
stacks = {seen.step(n)[0][4] >> 16 for n in range(seen.count) if seen.step(n)[0][EIP] >> 31 == 0}
plan.true(names.find("other") in eips(seen) and len(stacks) > 1, "a second thread is in it")
path, done = record("all", "--all")
life = Recording(path)
plan.true(life.count > 100000, f"its whole life: {done.stdout.strip()}", done.stderr)

# ---- over whole blocks ----
steps = Recording(path)
while steps.forward():
    pass
life.go(life.count - 1)
plan.equal(state(life), state(steps), "over blocks and by each step: the same registers and memory")
plan.true(
    life.decoded < steps.decoded / 4, f"{life.decoded:,} bytes decoded, not {steps.decoded:,}"
)
life.go(0)
plan.equal(state(life), state(Recording(path)), "and back to the start")
wrong = []
for index, (first, (_, _, count)) in enumerate(zip(steps.first, steps.places)):
    block = [steps.step(n) for n in range(first, first + count)]
    lines = {
        (at + i) // 64 for _, writes in block for at, change in writes for i in range(len(change))
    }
    known = steps.sketch(index)
    if set(known.addresses) != {row[0][EIP] for row in block} or set(known.lines) != lines:
        wrong.append(index)
plan.equal(wrong, [], "each block's index has its instructions and the lines that it writes")

# ---- what is no recording ----
good = content(os.path.join(scratch.name, "door"))
for name, data, words in (
    ("cut", good[:-1], "ends"),
    ("early", good[: good.rindex(b"DONE")], "cut off"),
    ("bit", good[:5000] + bytes([good[5000] ^ 1]) + good[5001:], "damaged"),
    ("foreign", b"MZ" + good[2:], "no recording"),
    ("newer", None, "version"),
):
    broken = os.path.join(scratch.name, name)
    with open(broken, "wb") as out:
        if data is None:
            recording.Writer(out).chunk(b"HEAD", b'{"version": 99}')
        else:
            out.write(data)
    try:
        Recording(broken)
        said = "nothing"
    except Damaged as wrong:
        said = str(wrong)
    plan.true(words in said, f"{name}: {said}")
chance, wild = random.Random(7), []
for _ in range(200):
    data = bytearray(good)
    for _ in range(chance.randrange(1, 4)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    with open(broken, "wb") as out:
        out.write(data)
    try:
        Recording(broken)
    except Damaged:
        pass
    except Exception as other:  # noqa: BLE001  any other is what is looked for
        wild.append(repr(other))
plan.equal(wild, [], "of files with wrong bytes each is read or refused")

for words, said in (
    (["--door", "nosuch"], "no such function"),
    (["--from", "no!PageAlloc"], "no module no"),
):
    path, done = record("none", *words)
    plan.true(
        done.returncode == 125 and said in done.stderr and not os.path.exists(path),
        f"{' '.join(words)}: {done.stderr.strip()[:60]}",
        done.stderr,
    )


# ---- without a plugin ----
def places(writes):
    return {at + i for at, change in writes for i, byte in enumerate(change) if byte}


WAYS = ("stepped", "--stepping"), ("plugin",)


def both(call):
    """A call of malloc recorded by stepping and by the plugin; how many steps are the same.  The
    plugin's may have an interrupt, which stepping keeps out: where it falls follows from the
    length of the boot, so another call is taken if it falls early."""
    words = "--door", f"malloc:{call}"
    stepped, plugin = (Recording(record(how, *more, *words)[0]) for how, *more in WAYS)
    alike = 0
    while alike < stepped.count and stepped.step(alike)[0] == plugin.step(alike)[0]:
        alike += 1
    return stepped, plugin, alike


for call in (3, 1):  # what is large, and the first of all
    stepped, plugin, alike = both(call)
    if alike > 500:
        break
differ = [n for n in range(alike) if places(stepped.step(n)[1]) != places(plugin.step(n)[1])]
plan.true(
    alike > 500 and not differ,
    f"by stepping: {alike} of {stepped.count} alike, each changes the same bytes",
    *differ[:5],
)
flags = EIP + 1
plan.true(
    alike == stepped.count == plugin.count
    or plugin.step(alike - 1)[0][flags] & ~plugin.step(alike)[0][flags] & 0x200,
    "what comes then is an interrupt, which stepping keeps out",
)
path, done = record("waits", "--stepping", program=(PROGRAM, "wait"))
plan.true(
    done.returncode == 125 and "--preemption lets it in" in done.stderr,
    "a wait that stepping cannot end is named",
    done.stderr,
)
path, done = record("preempted", "--stepping", "--preemption", program=(PROGRAM, "wait"))
ran = eips(Recording(path))
start, end = names.extent("nt!KeIdleLoop")
plan.true(
    any(start <= eip < end for eip in ran) and ran[-1] < 1 << 31,
    "with --preemption a tick ends the wait",
    done.stderr,
)

old = os.path.join(scratch.name, "qemu")
with open(old, "w") as out:
    out.write(
        '#!/bin/sh\ncase "$*" in -help) exit 0;; *-plugin*) exit 1;; esac\n'
        'exec qemu-system-i386 "$@"\n'
    )
os.chmod(old, 0o755)
os.environ["FATHOM_QEMU"] = old
path, done = record("old", "--instructions", "500")
plan.true(
    done.returncode == 0 and "stepping" in done.stderr and Recording(path).count == 500,
    "a QEMU without plugins is stepped, and that is said",
    done.stderr,
)
plan.done()
