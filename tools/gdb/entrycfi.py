"""Call frame information for the kernel's entry code: what gdb needs to cross the ring.

While C runs below it, EBP of the entry code points at its KTRAP_FRAME (trapframe.h), which
holds all of the caller's registers.  That is said in DWARF, as of a signal frame: gdb then
allows that the caller's stack lies elsewhere.  The object has no code of its own; its .text
is as large as what it speaks of, and is added at that address.
"""
import hashlib
import os
import subprocess

import gdb

from symbolfiles import kept

REGISTERS = "edx ecx eax edi esi ebx ebp eip".split()
CFA = 0x8C  # offset of the canonical frame address: the end of the frame


def offsets(out):
    """{name: offset} as the kernel's assembler has them, made from the C structures."""
    with open(os.path.join(out, "gen", "ke_offsets.inc")) as lines:
        rows = [line.split() for line in lines]
    return {row[1]: int(row[2]) for row in rows}


# ESP: from user mode it was saved; from the kernel it is where it would have been saved.
#   breg5 SegCs; deref; lit3; and; bra 6; breg5 ESP; skip 4; breg5 ESP; deref
def esp_rule(register, cs, esp):
    """cs and esp: where they are, from EBP or ESP on (breg5, breg4)."""
    base = 0x70 + register
    rule = [base, *sleb(cs), 0x06, 0x33, 0x1A, 0x28, 0x06, 0x00]
    return rule + [base, *sleb(esp), 0x2F, 0x04, 0x00, base, *sleb(esp), 0x06]


def escaped(rule):
    return ", ".join(map(hex, [VAL_EXPRESSION, ESP, len(rule), *rule]))


def sleb(value):
    """Two bytes of DWARF's signed LEB128."""
    return [value & 0x7F | 0x80, value >> 7]


VAL_EXPRESSION, ESP, EBP = 0x16, 4, 5


def add(start, end, out):
    """Say it of the code in [start, end)."""
    at = offsets(out)
    rules = "\n".join(
        f"    .cfi_offset %{name}, {at['KTRAP_' + name.title()] - CFA}" for name in REGISTERS
    )
    rule = esp_rule(EBP, at["KTRAP_SegCs"], at["KTRAP_HardwareEsp"])
    describe(
        start,
        end,
        out,
        f"""
    .cfi_signal_frame
    .cfi_def_cfa %ebp, {CFA}
{rules}
    .cfi_escape {escaped(rule)}""",
    )


def add_return(start, end, out):
    """The same of KiTrapExit, whose last two instructions have the caller's EBP in EBP: there the
    processor's part of the frame is found from ESP on."""
    rows = gdb.selected_inferior().architecture().disassemble(start, end - 1)
    last = next(i for i, row in enumerate(rows) if row["asm"].startswith("iret"))
    grow, iret = rows[last - 1], rows[last]
    more = int(grow["asm"].rsplit(",", 1)[1], 16)  # add esp, ...
    add(start, grow["addr"], out)
    for row, eip in ((grow, more), (iret, 0)):
        describe(
            row["addr"],
            row["addr"] + row["length"],
            out,
            f"""
    .cfi_signal_frame
    .cfi_def_cfa %esp, {eip + 4}
    .cfi_offset %eip, -4
    .cfi_escape {escaped(esp_rule(ESP, eip + 4, eip + 12))}""",
        )
    add(iret["addr"] + iret["length"], end, out)


def outermost(start, end, out):
    """Nobody called the code in [start, end): a thread starts there."""
    describe(start, end, out, "    .cfi_def_cfa %esp, 4\n    .cfi_undefined %eip")


def describe(start, end, out, rules):
    digest = hashlib.sha256(rules.encode()).hexdigest()[:16]
    name = os.path.join(kept.folder(out), f"entry-{start:x}-{end:x}-{digest}")
    if not os.path.exists(name + ".o"):
        text = f"""
    .cfi_sections .debug_frame
    .text
    .cfi_startproc simple
{rules}
    .skip {end - start}
    .cfi_endproc
"""
        mine = f"{name}.{os.getpid()}"  # another gdb may look for it meanwhile
        subprocess.run(["as", "--32", "-o", mine, "-"], input=text, text=True, check=True)
        os.replace(mine, name + ".o")
    gdb.execute(f"add-symbol-file {kept.quoted(name + '.o')} -s .text {start:#x}", to_string=True)
