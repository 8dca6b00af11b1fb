"""Read by gdb at a stop of heap.exe: random words in random structures, one at a time, each mended.

Prints one line for each command that fails by itself, and how many damages there were."""
import os
import random

import gdb

SEED, TRIALS = int(os.environ["SEED"]), int(os.environ["TRIALS"])
WORDS = """process|process 12|threads|threads 16|handles|vad|vad -r|lm -v|peb -v|teb|heap|heap 1
heap 3|heap -a|heap -s|heap -x small|heap -p|address small|pte small|pfn -a small|analyze|exc|dps"""
WORDS = WORDS.replace("\n", "|").split("|")
PEB, LINK = "((PEB *)0x7ffdf000)", "((EPROCESS *)0)->AllListEntry"
PROCESS = f"((EPROCESS *)((char *)PsAllProcesses.Flink - (int)&{LINK}))"
HEAP = f"((HEAP *){PEB}->ProcessHeaps[2])"
PLACES = [  # (where, bytes): what the words read
    (f"{PEB}", "0x260"),
    (f"{PEB}->Ldr", "0x30"),
    (f"{PEB}->Ldr->InLoadOrderModuleList.Flink", "0x78"),
    (f"{PEB}->ProcessParameters", "0x298"),
    (f"{HEAP}", "sizeof(HEAP)"),
    (f"{HEAP}->FirstEntry", "0x2000"),
    (f"{HEAP}->FrontEndHeap", "0x1000"),
    (f"((FRONT_HEAP *){HEAP}->FrontEndHeap)->Newest", "0x200"),
    (f"{HEAP}->VirtualAllocdBlocks.Flink", "0x20"),
    (PROCESS, "sizeof(EPROCESS)"),
    (f"{PROCESS}->Handles", "0x40"),
    (f"{PROCESS}->Handles->Pages[0]", "0x80"),
    ("MiCurrentSpace->Vads.Private[0]", "sizeof(MMVAD)"),
    ("((RTL_AVL_NODE *)MiCurrentSpace->Vads.Private[0])->Left", "sizeof(MMVAD)"),
    ("KiPcr.CurrentThread", "sizeof(ETHREAD)"),
    ("0x7ffde000", "0x40"),
]
dice, inferior = random.Random(SEED), gdb.selected_inferior()
VALUES = (0, 1, 0x41414141, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000)


def number(expression):
    return int(gdb.parse_and_eval(f"(unsigned int)({expression})"))


ranges = [(number(where), number(size)) for where, size in PLACES]
for trial in range(TRIALS):
    start, size = dice.choice(ranges)
    at = start + dice.randrange(size // 4) * 4
    before = inferior.read_memory(at, 4).tobytes()
    near = int.from_bytes(before, "little") ^ 1 << dice.randrange(32)
    value = dice.choice([*VALUES, near, at, dice.getrandbits(32)])
    inferior.write_memory(at, value.to_bytes(4, "little"))
    for word in WORDS:
        text = gdb.execute(word, to_string=True)
        if "command failed" in text or "Traceback" in text:
            line = next(row for row in text.split("\n") if "failed" in row or "Trace" in row)
            print(f"WRONG {trial}: {at:08X} = {value:08X}: {line}", flush=True)
    inferior.write_memory(at, before)
print(f"TRIALS {TRIALS}", flush=True)
