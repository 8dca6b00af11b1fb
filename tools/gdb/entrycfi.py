"""Call frame information for the kernel's entry code: what gdb needs to cross the ring.

While C runs below it, EBP of the entry code points at its KTRAP_FRAME (trapframe.h), which
holds all of the caller's registers.  That is said in DWARF, as of a signal frame: gdb then
allows that the caller's stack lies elsewhere.  The object has no code of its own; its .text
is as large as what it speaks of, and is added at that address.
"""
import os
import subprocess

import gdb

FIELDS = {"%edx": 0x3C, "%ecx": 0x40, "%eax": 0x44, "%edi": 0x54, "%esi": 0x58}
FIELDS |= {"%ebx": 0x5C, "%ebp": 0x60, "%eip": 0x68}
SEG_CS, HARDWARE_ESP = 0x6C, 0x74
CFA = 0x8C  # offset of the canonical frame address: the end of the frame

# ESP: from user mode it was saved; from the kernel it is where it would have been saved.
#   breg5 SEG_CS; deref; lit3; and; bra 6; breg5 ESP; skip 4; breg5 ESP; deref
ESP_RULE = [0x75, 0xEC, 0x00, 0x06, 0x33, 0x1A, 0x28, 0x06, 0x00]
ESP_RULE += [0x75, 0xF4, 0x00, 0x2F, 0x04, 0x00, 0x75, 0xF4, 0x00, 0x06]
VAL_EXPRESSION, ESP = 0x16, 4


def add(start, end, out):
    """Say it of the code in [start, end)."""
    rules = "\n".join(
        f"    .cfi_offset {register}, {at - CFA}" for register, at in FIELDS.items()
    )
    escape = ", ".join(map(hex, [VAL_EXPRESSION, ESP, len(ESP_RULE), *ESP_RULE]))
    describe(
        start,
        end,
        out,
        f"""
    .cfi_signal_frame
    .cfi_def_cfa %ebp, {CFA}
{rules}
    .cfi_escape {escape}""",
    )


def outermost(start, end, out):
    """Nobody called the code in [start, end): a thread starts there."""
    describe(start, end, out, "    .cfi_def_cfa %esp, 4\n    .cfi_undefined %eip")


def describe(start, end, out, rules):
    name = os.path.join(out, "gdb", f"entry-{start:x}-{end:x}")
    if not os.path.exists(name + ".o"):
        text = f"""
    .cfi_sections .debug_frame
    .text
    .cfi_startproc simple
{rules}
    .skip {end - start}
    .cfi_endproc
"""
        subprocess.run(
            ["as", "--32", "-o", f"{name}.o", "-"], input=text, text=True, check=True
        )
    gdb.execute(f"add-symbol-file {name}.o -s .text {start:#x}", to_string=True)
