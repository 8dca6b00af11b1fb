#!/usr/bin/env python3
# long: only
# needs: system record
"""The defence: its answers are what the recording says, its questions are of this file and this
seed."""
import glob
import os
import re
import sys
import tempfile
import tomllib

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from tap import TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from grade import lab as labs  # noqa: E402
from record.recording import REGISTERS  # noqa: E402
from handout.defence import sheet  # noqa: E402
from handout.defence.kinds import KINDS  # noqa: E402
from handout.defence.model import Model  # noqa: E402
from handout.defence.run import Run  # noqa: E402

plan = Plan()
SEED = 1
HEADER = 32  # bytes of the spy of labs/8-com


def modelled(number, path, scratch):
    run = Run(labs.load(number), os.path.join(TOP, path), scratch)
    return Model(run, run.record(SEED), SEED)


def asked(questions):
    return [(one.kind, one.step, one.text, one.answer) for one in questions]


def of_lab_8(model):
    """What the program did is known, so the recording can be held against it."""
    spied, wrong, seen = False, [], 0
    for step in model.steps:
        if "CoRegisterMallocSpy" in step.what:
            spied = True  # and stays so: blocks that it saw live to the end
        if size := re.fullmatch(r"CoTaskMemAlloc\((\d+)\)", step.what):
            seen += 1
            wanted = int(size[1]) + (HEADER if spied else 0)
            [call] = step.of("RtlAllocateHeap")[-1:]
            if call.arguments["Size"] != wanted:
                wrong.append(f"step {step.number}: {step.what}: {call.arguments}")
    plan.true(
        seen > 4 and not wrong,
        f"lab 8: the heap was asked for the right size in {seen} steps",
        *wrong,
    )
    first = next(step for step in model.steps if "CoTaskMemAlloc" in step.what)
    plan.true(
        first.of("CoTaskMemAlloc")[0].result == first.result != 0,
        "lab 8: a call's result is what the program got",
    )


def of_lab_2(model):
    """Odd flags leave by KiTrapExit, and lie in the frame."""
    wrong, seen = [], {True: 0, False: 0}
    for step in model.steps:
        if not (flags := re.fullmatch(r"NtClose\(DEADh\), EFLAGS (\w+)", step.what)):
            continue
        odd = int(flags[1], 16) & 0x44400
        slow = any(call.name == "KiTrapExit" for call in step.calls)
        [call] = [call for call in step.calls if call.name == "NtClose"]
        model.recording.go(call.begin)
        frame = model.recording.registers()[REGISTERS.index("ebp")]
        if bool(odd) > slow or model.word(frame + 112) & 0x44400 != odd:
            wrong.append(f"step {step.number}: {step.what}, slow {slow}")
        seen[bool(odd)] += 1
    good = all(seen.values()) and not wrong
    plan.true(good, f"lab 2: the frame has the flags, and odd ones leave slowly: {seen}", *wrong)


def of_lab_6(model):
    taken = [s for s in model.steps if s.of("LabTake") and s.of("LabTake")[0].result]
    wrong = [s.what for s in taken if s.of("LabTake")[0].result != s.result]
    plan.true(
        len(taken) > 3 and not wrong,
        f"lab 6: in {len(taken)} steps the program got what LabTake returned",
        *wrong,
    )


def steps_texts(path):
    """The texts of a defence's program that a step is described by."""
    with open(path, encoding="utf-8") as file:
        found = re.findall(r'"((?:[^"\\]|\\.)*)"', re.sub(r"#include.*", "", file.read()))
    return {text for text in found if re.search(r"(?<![%\w.])[a-z]{2,} ", text)}


tables = sorted(glob.glob(os.path.join(TOP, "labs", "*", "defence", "defence.toml")))
for path in tables:
    with open(path, "rb") as file:
        table = tomllib.load(file)
    given = table.get("chinese", {})
    programs = glob.glob(os.path.join(os.path.dirname(path), "*.c"))
    lacking = {text for one in programs for text in steps_texts(one)} - set(given)
    what = f"{os.path.relpath(path, TOP)}: each step is said in Chinese, too"
    plan.equal(sorted(lacking), [], what)
    unknown = {entry["kind"] for entry in table["question"]} - set(KINDS)
    enough = sum(entry.get("count", 1) for entry in table["question"]) >= sheet.QUESTIONS
    plan.true(
        not unknown and enough, f"{os.path.relpath(path, TOP)}: kinds that there are, ten questions"
    )

with tempfile.TemporaryDirectory() as scratch:

    def folder(name):
        os.mkdir(os.path.join(scratch, name))
        return os.path.join(scratch, name)

    ours = modelled("8", "ole32/taskmem.c", folder("a"))
    of_lab_8(ours)
    questions = sheet.chosen(ours, "8-com")
    plan.equal(len(questions), sheet.QUESTIONS, "lab 8: ten questions")
    plan.equal(asked(sheet.chosen(ours, "8-com")), asked(questions), "the same seed asks the same")
    what_ifs = [one for one in questions if one.kind == "whatif"]
    plan.true(
        what_ifs and all("the same" not in one.answer[0] for one in what_ifs),
        "what if: something is different then",
    )
    text = "\n".join(sheet.lines(ours, questions, "8-com", "taskmem.c", 0, False))
    leaked = [
        one.answer[0] for one in questions if one.answer[0] in text and len(one.answer[0]) > 8
    ]
    plan.true(not leaked and "Answer" not in text, "the sheet has no answer", *leaked)
    key = "\n".join(sheet.lines(ours, questions, "8-com", "taskmem.c", 1, True))
    plan.true(key.count("答案: ") == sheet.QUESTIONS, "the key has ten, also in Chinese")
    english = re.findall(r"block of step|recording step|step \d+", key)
    plan.equal(english, [], "the Chinese key has no English step")

    of_lab_2(modelled("2", "kernel/dispatch/sysenter.asm", folder("d")))
    of_lab_6(modelled("6", "ntdll/heap/front/lab/lab.c", folder("e")))

    pages = modelled("1", "kernel/mm/page.c", folder("c"))
    mapped = [s for s in pages.steps if s.of("MiTakePage") and s.pte[1] & 1 > s.pte[0] & 1]
    wrong = [
        f"step {s.number}: entry {s.pte[1]:X}h, MiTakePage gave {s.of('MiTakePage')[-1].result:X}h"
        for s in mapped
        if (s.pte[1] >> 12) & 0xFFFFFF != s.of("MiTakePage")[-1].result
    ]
    plan.true(
        len(mapped) > 4 and any(s.faults for s in mapped) and not wrong,
        f"lab 1: in {len(mapped)} steps the page that MiTakePage gave is mapped",
        *wrong,
    )
    plan.true(
        all(s.of("MiGivePage") for s in pages.steps if "DECOMMIT" in s.what),
        "lab 1: a decommit gives a page back",
    )
    kinds = {one.kind for one in sheet.chosen(pages, "1-page")}
    plan.true({"pte", "result", "whatif"} <= kinds, "lab 1: entries, results, what if", kinds)
plan.done()
