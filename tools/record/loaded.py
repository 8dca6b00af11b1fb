"""Which modules a recorded program has: read from its PEB, as a debugger does.

    PEB+0C -> PEB_LDR_DATA+0C: InLoadOrderModuleList -> LDR_DATA_TABLE_ENTRY -> ...
"""
import struct

from .recording import CR3, EIP

PEB = 0x7FFDF000
USER_END = 0x80000000
MOST = 256  # modules: a damaged list ends


def word(recording, address, cr3):
    data = recording.read(address, 4, cr3)
    return struct.unpack("<I", data)[0] if len(data) == 4 else 0


def text(recording, address, cr3):
    """A UNICODE_STRING."""
    head = recording.read(address, 8, cr3)
    if len(head) < 8:
        return ""
    length, _, buffer = struct.unpack("<HHI", head)
    return recording.read(buffer, length, cr3).decode("utf-16-le", "replace")


def modules(recording, cr3):
    """[(base name, base)] at the step where recording is, in the order of loading."""
    data = word(recording, PEB + 0x0C, cr3)
    head, found = data + 0x0C, []
    entry = word(recording, head, cr3) if data else 0
    while entry and entry != head and len(found) < MOST:
        base = word(recording, entry + 0x18, cr3)
        found.append((text(recording, entry + 0x2C, cr3), base))
        entry = word(recording, entry, cr3)
    return [row for row in found if row[0] and row[1]]


def ever(recording):
    """The modules at the start and at the end of a recording: {base: name}."""
    found = {}
    for n in (0, recording.count - 1):
        recording.go(n)
        cr3 = recording.registers()[CR3]
        if recording.registers()[EIP] >= USER_END:
            cr3 = user_space(recording, n) or cr3
        found.update({base: name for name, base in modules(recording, cr3)})
    recording.go(0)
    return found


def user_space(recording, n):
    """CR3 of the step in user mode that is nearest to n."""
    for distance in range(recording.count):
        for other in (n - distance, n + distance):
            if 0 <= other < recording.count:
                state = recording.step(other)[0]
                if state[EIP] < USER_END:
                    return state[CR3]
    return None
