#!/usr/bin/env python3
# needs: system gdb programs
# long: too
"""Structures that are wild, circular or gone are said to be so by every word that reads them: never
a trace of Python's, never a hang.  gdb itself writes each damage and mends it; in `make test-long`
every word is asked about each."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import session  # noqa: E402
from tap import LONG, Plan  # noqa: E402

plan = Plan()
EVERY = """process|process 12|threads|handles|vad|vad -r|lm|lm -v|peb|peb -v|teb|heap|heap 1|heap -a
heap -x 595010|address $esp|address &places|pte &places|pfn -a &places|analyze|exc|dps|vm|locks
xs memory!look*"""
EVERY = EVERY.replace("\n", "|").split("|") if LONG else ["analyze"]
TABLE = "KiServiceTable"
LINK = "((EPROCESS *)0)->AllListEntry"
PROCESS = f"((EPROCESS *)((char *)PsAllProcesses.Flink - (int)&{LINK}))"
PEB = "((PEB *)0x7ffdf000)"
TREE = "((MIVADTREE *)&MiCurrentSpace->Vads)"
ROOT = f"{TREE}->Tree.Root"
MODULE = f"((LDR_DATA_TABLE_ENTRY *){PEB}->Ldr->InLoadOrderModuleList.Flink)"
HEAP = f"((HEAP *){PEB}->ProcessHeap)"
WILD = "0x41414141"
DAMAGES = [  # what is written, what for it, which command says what
    (f"{PEB}->Ldr", WILD, "lm", "PEB.Ldr is damaged"),
    (f"{PEB}->Ldr", "0", "lm", "the loader has not run yet"),
    (f"{MODULE}->InLoadOrderLinks.Flink", MODULE, "lm", "runs in a circle"),
    (f"{MODULE}->InLoadOrderLinks.Flink", WILD, "lm", "where no page is"),
    (f"{MODULE}->BaseDllName.Buffer", WILD, "lm", "?"),
    (f"{PEB}->NumberOfHeaps", "0x7fffffff", "heap", "the PEB is damaged"),
    (f"{PEB}->ProcessHeaps", WILD, "heap", "PEB.ProcessHeaps"),
    (f"{PEB}->ProcessHeaps[0]", WILD, "heap", "cannot be read"),
    (f"{PEB}->ProcessHeaps[0]", "0x7ffdf000", "heap", "no heap is there"),
    (f"{PEB}->ProcessParameters", WILD, "peb", "ProcessParameters: 41414141 cannot be read"),
    (f"{HEAP}->SegmentCount", "0x7fffffff", "heap", "heap"),
    (f"{HEAP}->Segments[0]", WILD, "heap", "cannot be read"),
    (f"{HEAP}->Encoding.Code1", "0", "heap", "is overwritten"),
    (f"{HEAP}->FrontEndHeap", WILD, "heap", "the front end cannot be read"),
    (f"{HEAP}->VirtualAllocdBlocks.Flink", WILD, "heap", "where no page is"),
    (f"{HEAP}->FreeLists.Flink", f"&{HEAP}->UCRList", "heap", "the free list is damaged"),
    (f"{HEAP}->TotalFreeSize", "3", "heap", "(H7)"),
    # not damage: both words zero are another free list (freelist.h)
    (f"*(unsigned long long *)&{HEAP}->FreeLists", "0", "heap 1", "another index than"),
    (ROOT, WILD, "vad", "the tree of regions is broken"),
    (f"{ROOT}->Left", ROOT, "vad", "runs in a circle"),
    (f"((MMVAD *){ROOT})->EndingVpn", "0x7ffe0", "vad", "overlap"),
    (f"((MMVAD *){ROOT})->EndingVpn", "0x7fffffff", "vad -r", "bounds that cannot be"),
    (f"((MMVAD *){ROOT})->Control", WILD, "vad", "pages"),
    (f"{PROCESS}->Handles", WILD, "handles", "the handle table"),
    (f"{PROCESS}->Handles->Pages[0]", WILD, "handles", "cannot be read"),
    (f"{PROCESS}->Handles->Count", "99", "handles", "the table counts 99"),
    (f"{PROCESS}->ThreadListHead.Flink", WILD, "threads", "where no page is"),
    (f"{PROCESS}->AllListEntry.Flink", f"&{PROCESS}->AllListEntry", "process", "in a circle"),
    (f"{PROCESS}->Peb", WILD, "peb", "cannot be read"),
    (f"{PROCESS}->Peb", "0", "peb", "has no PEB"),
    (f"{TABLE}[0x13].Routine", f"{TABLE}[0x83].Routine", "ssdt 13", "not its own routine"),
    (f"{PEB}->LoaderLock", WILD, "locks", "cannot be read"),
    (f"{HEAP}->LockVariable", WILD, "locks", "cannot be read"),
    (f"{HEAP}->LockVariable->CriticalSection.OwningThread", "(void *)77", "locks", "no thread of"),
    ("MiCommitted", "0x7fffffff", "vm", "more is committed than the limit"),
    ("MiFixedPages", "1", "vm", "the parts are"),
    (f"{TABLE}[0x13].Routine", WILD, "ssdt 13", "not in the kernel"),
]
commands = []
for place, value, command, _ in DAMAGES:
    commands += [f"set $kept = {place}", f"set $where = &{place}", f"set var *$where = {value}"]
    commands += [command, *EVERY, "set var *$where = $kept"]
commands += ["heap", "vad", "process", "lm"]
_, answers = session.run("memory.exe", commands)
asked = [(c, a) for c, a in zip(commands, answers) if not c.startswith("set ")]
session.clean(plan, *zip(*asked))
size = 5 + len(EVERY)
for i, (place, value, command, words) in enumerate(DAMAGES):
    answer = answers[size * i + 3]
    name = place.replace(PROCESS, "process").replace(MODULE, "module").replace(HEAP, "heap")
    name = name.replace(ROOT, "root").replace(PEB, "peb")
    plan.true(words in answer, f"{name} = {value[:12]}: {words}", answer)
mended = answers[-4:]
whole = all("broken" not in text and "damage" not in text for text in mended)
plan.true(whole, "all is mended", *mended)
plan.done()
