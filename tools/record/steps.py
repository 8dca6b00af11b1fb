"""The data of a block of steps: what each instruction changed of the registers and of memory.

    the registers before the first step
    of each step: which registers changed, by how much, and its writes

docs/recording.md has the format to the bit.
"""
import struct

import leb128

REGISTERS = "eax ecx edx ebx esp ebp esi edi eip eflags cs ss ds es fs gs cr0 cr2 cr3 cr4".split()
EIP, CR3 = REGISTERS.index("eip"), REGISTERS.index("cr3")
STATE = struct.Struct(f"<{len(REGISTERS)}I")


# ---- writing ----
def encode(state, steps):
    """What decode takes.  state: the registers before the first step."""
    out = bytearray(STATE.pack(*state))
    for registers, writes in steps:
        changes = [
            (new - old + 0x80000000) % (1 << 32) - 0x80000000 for old, new in zip(state, registers)
        ]
        out += sum(1 << i for i, change in enumerate(changes) if change).to_bytes(3, "little")
        for change in filter(None, changes):
            out += leb128.put((change << 1 ^ change >> 31) & 0xFFFFFFFF)
        out += len(writes).to_bytes(2, "little")
        for address, change in writes:
            out += leb128.put(address) + bytes([len(change)]) + change
        state = registers
    return bytes(out)


# ---- reading ----
def decode(data, count):
    """The steps of a block: [(registers, [(physical address, old XOR new)])]."""
    state, at, steps = list(STATE.unpack_from(data)), STATE.size, []
    for _ in range(count):
        mask, at = int.from_bytes(data[at : at + 3], "little"), at + 3
        while mask:
            low = mask & -mask
            change, at = leb128.get(data, at)
            index = low.bit_length() - 1
            state[index] = (state[index] + (change >> 1 ^ -(change & 1))) & 0xFFFFFFFF
            mask ^= low
        writes, left, at = [], int.from_bytes(data[at : at + 2], "little"), at + 2
        for _ in range(left):
            address, at = leb128.get(data, at)
            size = data[at]
            writes.append((address, data[at + 1 : at + 1 + size]))
            at += 1 + size
        steps.append((tuple(state), writes))
    return steps


class Shapes(dict):
    """{bits of a step: (changes before EIP's, whether EIP has one, changes after it)}."""

    def __missing__(self, bits):
        mask = int.from_bytes(bits, "little")
        after = mask >> EIP + 1
        self[bits] = (mask & (1 << EIP) - 1).bit_count(), mask >> EIP & 1, after.bit_count()
        return self[bits]


def outline(data, count):
    """(EIP, writes) of each step of a block, for who needs no more: in less than half the time."""
    eip, at, shapes = STATE.unpack_from(data)[EIP], STATE.size, Shapes()
    for _ in range(count):
        before, moves, after = shapes[data[at : at + 3]]
        at += 3
        while before:
            before -= data[at] < 0x80
            at += 1
        if moves:
            change, at = (data[at], at + 1) if data[at] < 0x80 else leb128.get(data, at)
            eip = (eip + (change >> 1 ^ -(change & 1))) & 0xFFFFFFFF
        while after:
            after -= data[at] < 0x80
            at += 1
        left, at = data[at] | data[at + 1] << 8, at + 2
        writes = [] if left else ()
        while left:
            address, at = leb128.get(data, at)
            end = at + 1 + data[at]
            writes.append((address, data[at + 1 : end]))
            left, at = left - 1, end
        yield eip, writes
