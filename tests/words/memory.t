#!/usr/bin/env python3
# needs: system gdb programs
"""lm, address, pte and pfn agree with what the program itself says: EnumProcessModules and
Fathom's query of a page.  Addresses that are free, reserved, freed or the kernel's get a
sentence."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import session  # noqa: E402
from tap import TOP, Plan  # noqa: E402

plan = Plan()
PROTECTION = {2: "r--", 4: "rw-", 8: "rc-", 0x20: "r-x", 0x40: "rwx", 0x80: "rcx"}
ODD = """address 0|address 12345678|address 7fff0000|address ffff0000|address a8000000
address &PsAllProcesses|address c0001000|address|address 7ffe0000|address 7ffdf000
address nonsense|address @nobody|pte 0|pte ffffffff|pte a8000000|pte c0000000|pte|pte -z 0
pfn 0|pfn ffffffff|pfn -n ffffff|pfn -a 0|pfn 5|pfn|lm nobody.exe|lm 4|lm -v"""
ODD = ODD.replace("\n", "|").split("|")

ALL = {1: "no access", 0x104: "rw- guard", 0x10: "--x", **PROTECTION}

PLACES = [f"places[{i}]" for i in range(10)]
commands = ["words", "lm", "vad", "vad -r"]
commands += [f"{word} {place}" for place in PLACES for word in ("pte", "address", "pfn -a")]
told, answers = session.run("memory.exe", commands + ODD)
answer = dict(zip(commands + ODD, answers))
session.clean(plan, commands + ODD, answers)
pages = {row[0]: [place, *row[1:]] for place, row in zip(PLACES, session.rows(told, "PAGE"))}
plan.equal(len(pages), 10, "the program says what it has")

listed = [line.split()[:3] for line in answer["lm"].split("\n")[3:]]
modules = [[*row[:2], row[2].rsplit(".", 1)[0]] for row in session.rows(told, "MODULE")]
plan.equal(listed, modules, "lm has the modules of EnumProcessModules, in order")


def pages_of(runs):
    """{page: protection} of (first address, address after the last, protection)."""
    return {page: code for first, end, code in runs for page in range(first >> 12, end >> 12)}


def of_the_program():
    for first, end, state, protect in session.rows(told, "RUN"):
        if state != "10000":
            code = ALL[int(protect, 16)] if state == "1000" else "reserved"
            yield int(first, 16), int(end, 16), code


shown = re.findall(r"^  ([0-9A-F]{8}) ([0-9A-F]{8})  (.+?) +\d+ of", answer["vad -r"], re.M)
got = pages_of((int(first, 16), int(last, 16) + 1, code) for first, last, code in shown)
wanted = pages_of(of_the_program())
both = [(p, got.get(p), wanted.get(p)) for p in sorted(got.keys() | wanted.keys())]
differ = [f"{p:05X}: {mine}, VirtualQuery {its}" for p, mine, its in both if mine != its]
plan.true(not differ and wanted, f"vad -r has the {len(wanted)} pages of VirtualQuery", *differ[:9])


rows = [line.split() for line in answer["vad"].split("\n")[2:]]
got = [[*row[:2], row[3], row[4]] for row in rows if row[5] in ("private", "mapped", "image")]
regions = session.rows(told, "REGION")
wanted = [[*row[:3], ALL[int(row[3], 16)]] for row in regions if int(row[3], 16) != 1]
plan.equal(got, wanted, f"vad has the {len(wanted)} regions of the prompt's")
kinds = [row[5:7] for row in rows if row[5:6] == ["image"]]
plan.equal(kinds, [row[4:6] for row in regions if row[4] == "image"], "and their images' names")


def check_present(name, place, at, pfn, protect, share):
    pte, address, page = (answer[f"{word} {place}"] for word in ("pte", "address", "pfn -a"))
    both = f"{pte}\n{address}"
    plan.true(f"pfn {pfn} " in pte and f"page {pfn}" in address, f"{name}: page {pfn}", both)
    wanted = PROTECTION[int(protect, 16)]
    plan.true(wanted in pte and wanted in address, f"{name}: {wanted}", both)
    back = page.startswith(f"{at}: page {pfn},") and f"12): shown at {at[:5]}000" in page
    plan.true(back, f"{name}: pfn leads to its page and back", page)
    count = int(share) - (": active, shared" in page)
    plan.true(f"shown by {count} PTE" in page, f"{name}: {count} PTEs show it", page)


WORDS = {
    "guard": "every access traps: rw- guard",
    "noaccess": "every access traps: no access",
    "untouched": "never touched",
    "reserved": "reserved: nothing may touch it",
    "decommitted": "reserved: nothing may touch it",
    "freed": "free: no region holds it",
    "written": "a copy of its own",
}
for name, (place, at, present, *facts) in pages.items():
    plan.equal(present == "1", name in ("touched", "written", "code", "stack"), f"{name}: present")
    if present == "1":
        check_present(name, place, at, *facts)
    if word := WORDS.get(name):
        text = answer[f"address {place}"]
        plan.true(word in text, f"{name}: {word}", text)

for command, word in (
    ("address 0", "null pointer"),
    ("address ffff0000", "nothing is ever here"),
    ("address c0001000", "the PTE of 00200000"),
    ("address a8000000", "no page is there"),
    ("address nonsense", "No symbol"),
    ("address @nobody", "no such process; there is memory.exe"),
    ("address", "memory!look_here"),
    ("address 7ffdf000", "the PEB"),
    ("pte -z 0", "-z: no such option"),
    ("pfn -n ffffff", "no memory has this page number"),
):
    plan.true(word in answer[command], f"{command}: {word}", answer[command])

# Before the kernel runs, and before the loader does: nothing is there yet.
EARLY = ["lm", "heap", "address $pc", "vad", "peb", "analyze", "exc", "handles"]
ask = ["lm", "address 0", "pte 80100000", "tbreak LdrInitializeThunk", "continue", *EARLY]
_, answers = session.run("memory.exe", ask, stop="")
plan.true(all("kernel" in text for text in answers[:3]), "before the kernel runs", *answers[:3])
session.clean(plan, EARLY, answers[5:])
answer = dict(zip(EARLY, answers[5:]))
for command, word in (
    ("lm", "the loader has not run yet"),
    ("lm", "not in the loader's list"),
    ("heap", "the process has no heap yet"),
    ("address $pc", "ntdll!LdrInitializeThunk"),
    ("analyze", "layer: the loader (ntdll)"),
    ("vad", "stack of thread"),
    ("exc", "no exception is at hand"),
):
    plan.true(word in answer[command], f"before the loader: {command}: {word}", answer[command])

# Decoders are for others, too: none of them needs gdb.
DECODERS = """backend blocks faults freelists frontend handles headers heaps layout loader owners
pageheap pages places processes purposes regions stacks status strip survey target trouble views"""
ask = "; ".join(f"import words.{name}" for name in DECODERS.split())
folder = os.path.join(TOP, "tools", "gdb")
done = subprocess.run([sys.executable, "-B", "-c", ask], cwd=folder, capture_output=True, text=True)
plan.equal(done.stderr, "", f"{len(DECODERS.split())} decoders are imported without gdb")
plan.done()
