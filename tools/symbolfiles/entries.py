"""Where gdb stops at a function: after its prologue, and that may be a loop, each time round.

    NtAllocateVirtualMemory   push ebp; ... sub esp,34h    L: mov [ebp+eax-20h],edx ... jb L

Of a GCC whose version it can read, gdb stops at the first instruction instead: optimized code says
where its variables are from there on.  MinGW's is `12-win32`; 12.0 can be read.  Only the units
that have such a function get it, because a first instruction has often the line of an inlined
function.
"""
import bisect
import re
import struct
import subprocess

VERSION = re.compile(rb"(GNU C[+\d]* \d+)-[a-z](?=[a-z\d]* -)")
ROW = re.compile(r"^ *([0-9a-f]+)(?: <\S+>(:)$|:\t(\w+) *(\S*))", re.M)  # of objdump
PROLOGUE = ("push", "mov", "sub", "xor", "lea", "and", "nop", "xchg")
RANGES, RANGE = struct.Struct("<IHIBB"), struct.Struct("<II")  # .debug_aranges


def begin_with_a_loop(path, objdump):
    """Where the functions begin whose prologue ends in a loop."""
    said = subprocess.run(
        [objdump, "-d", "--no-show-raw-insn", path], capture_output=True, text=True
    )
    found, start, after = set(), 0, 0  # after: where what may be the prologue ends
    for place, function, name, operand in ROW.findall(said.stdout):
        place = int(place, 16)
        if function:
            start, after, going = place, place, True
        elif going:
            going, after = name in PROLOGUE, place
        if (
            name.startswith("j")
            and operand.isalnum()
            and start < int(operand, 16) <= min(after, place)
        ):
            found.add(start)
    return sorted(found)


def units(ranges):
    """(first address, end, where it is in .debug_info) of .debug_aranges."""
    at = 0
    while at + RANGES.size <= len(ranges):
        length, _, unit, size, _ = RANGES.unpack_from(ranges, at)
        end = at + 4 + length
        at += RANGES.size + -RANGES.size % (2 * size)
        for at in range(at, min(end, len(ranges)) - RANGE.size + 1, RANGE.size):
            first, bytes_ = RANGE.unpack_from(ranges, at)
            yield first, first + bytes_, unit
        at = end


def improve(elf, path, objdump):
    """elf: the Elf at path."""
    starts, info = begin_with_a_loop(path, objdump), bytearray(elf.section(".debug_info"))
    for first, end, unit in units(elf.section(".debug_aranges")):
        at = bisect.bisect_left(starts, first)
        if at < len(starts) and starts[at] < end:
            to = unit + 4 + int.from_bytes(info[unit : unit + 4], "little")
            info[unit:to] = VERSION.sub(rb"\1.0", bytes(info[unit:to]))
    if info:
        elf.replace(".debug_info", bytes(info))
