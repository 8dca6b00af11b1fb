#!/usr/bin/env python3
# needs: system gdb programs
"""Values by what they are: statuses, addresses and flags by name, counted strings, lists, headers
of heap blocks decoded."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import OUT, TOP, Plan  # noqa: E402

plan = Plan()
PROGRAM = os.path.join(OUT, "tests", "gdb", "programs", "steps.exe")
SCRIPT = """
set stop-on-throw off
tbreak nt!NtAllocateVirtualMemory
continue
python
for _ in range(100):
    gdb.execute("stepi", to_string=True)
    value = gdb.selected_frame().read_var("protect")
    if value.address is None and not value.is_optimized_out:
        break
end
echo in a register\\n
info args
frame
break steps.cpp:main
continue
next 3
delete
print (NTSTATUS)0xc0000017
print (NTSTATUS)0x12345
print (ULONG_PTR)0x7c901050
print (SIZE_T)98304
print/x (NTSTATUS)0xc0000017
print/d (ULONG_PTR)4096
set $heap = (HEAP *)((PEB *)0x7ffdf000)->ProcessHeap
print *($heap.Segments[0].FirstEntry)
print $heap.Encoding
print *(LIST_ENTRY *)&$heap.UCRSegmentList
print ((PEB *)0x7ffdf000)->ProcessParameters->ImagePathName
print *(LIST_ENTRY *)$esp
print *(HEAP_ENTRY *)$esp
tbreak MmAccessFault
continue
info args
print *frame
finish
tbreak NtFreeVirtualMemory if (unsigned)$pc > 0x80000000
continue
info args
print type
bt 1
finish
print *(UNICODE_STRING *)0
"""
with tempfile.TemporaryDirectory(prefix="fathom-gdb-") as scratch:
    script = os.path.join(scratch, "script")
    with open(script, "w") as out:
        out.write(SCRIPT)
    done = subprocess.run(
        [os.path.join(TOP, "tools", "fathom"), "gdb", "--script", script, PROGRAM],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
    )
text = done.stdout + done.stderr
values = dict(re.findall(r"^\$(\d+) = (.*(?:\n  .*)*)", text, re.M))


def shows(number, wanted, name):
    plan.true(
        re.search(wanted, values.get(str(number), "")),
        name,
        f"got    {values.get(str(number))}",
        *([] if values else [text]),
    )


shows(1, r"^STATUS_NO_MEMORY \(0xc0000017\)$", "an NTSTATUS by name")
shows(2, r"^0x12345$", "one without a name")
shows(3, r"^0x7c901050$", "an address as a number")
shows(4, r"^98304$", "a size is decimal")
shows(5, r"^0xc0000017$", "print/x shows a status as it is")
shows(6, r"^4096$", "and print/d an address")
shows(
    7,
    r"^decoded with the Encoding of heap 0x\w+ = \{\n  Size = \d+ granules \(\d+ "
    r"bytes\),[^}]*SmallTagIndex = 0x\w\w,\n",
    "the header of a heap's first block",
)
shows(8, r"^the key of heap 0x\w+ = \{\n  Code1 = 0x", "the Encoding itself")
shows(9, r"^\{Flink = 0x\w+, Blink = 0x\w+\} 1 on the list$", "a list")
shows(10, r'^L"C:\\\\steps\.exe"$', "a counted string")
shows(11, r"damaged: the Blink of|cannot be read", "what is no list")
shows(12, r"^not decoded: no heap of this process has it", "what is no heap block")
plan.true(re.search(r"^address = 0x\w+$", text, re.M), "info args: an address", text[-1500:])
plan.true("NTSTATUS STATUS_SUCCESS (0x0)" in text, "finish: a status by name", text[-1500:])
KIND = "(0x8000 MEM_RELEASE|0x4000 MEM_DECOMMIT)"  # which is first is the heap's matter
FREE = rf"NtFreeVirtualMemory \(.*[tT]ype={KIND}\)"
plan.true(re.search("^#0 .*" + FREE, text, re.M), "bt: flags by name", text[-1500:])
for pattern, name in (
    ("^Temporary breakpoint .*" + FREE, "a stop: flags by name"),
    (rf"^\w*[tT]ype = {KIND}$", "info args: flags by name"),
    (rf"^\$\d+ = {KIND}$", "print: flags by name"),
    (
        r"^in a register\n(.+\n)*protect = (0x\w+ PAGE_\w+)\n#0 .*, protect=\2\)",
        "one in a register",
    ),
    (r"^errorCode = 0x[0-9a-f]+ \w*\|?USER", "a page fault's code"),
    (r"^ *EFlags = 0x\w+ [|A-Z]*\bIF\b", "the processor's flags"),
):
    plan.true(re.search(pattern, text, re.M), name, text[-3000:])
plan.true(
    "Cannot access memory at address 0x0" in text, "a counted string that is nowhere", text[-1500:]
)
plan.done()
