"""Which modules a process has: read from its PEB, as a debugger does.

    PEB+0C -> PEB_LDR_DATA+0C: InLoadOrderModuleList -> LDR_DATA_TABLE_ENTRY -> ...
"""
import struct

PEB = 0x7FFDF000
LDR, LIST, NEXT_BASE, NEXT_SIZE, NEXT_NAME = 0x0C, 0x0C, 0x18, 0x20, 0x2C
MOST = 256  # modules: a damaged list ends


def text(space, address, cr3):
    """A UNICODE_STRING."""
    head = space.read(address, 8, cr3)
    if len(head) < 8:
        return ""
    length, _, buffer = struct.unpack("<HHI", head)
    return space.read(buffer, length, cr3).decode("utf-16-le", "replace")


def modules(space, cr3, peb=PEB):
    """[(base name, base, bytes)] in the order of loading."""
    data = space.word(peb + LDR, cr3)
    head, found = data + LIST, []
    entry = space.word(head, cr3) if data else 0
    while entry and entry != head and len(found) < MOST:
        base, size = (space.word(entry + at, cr3) for at in (NEXT_BASE, NEXT_SIZE))
        found.append((text(space, entry + NEXT_NAME, cr3), base, size))
        entry = space.word(entry, cr3)
    return [row for row in found if row[0] and row[1]]
