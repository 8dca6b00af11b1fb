"""What a block of steps does as a whole.  A search that finds nothing of its own there passes over
the block without its steps.

    addresses   where instructions of the block are (EIP), ascending
    lines       lines of memory that it writes, ascending: physical address / 64
    changes     of each line: all writes of the block, XOR; 64 bytes
"""
import array
import struct

LINE = 64
WHOLE = (1 << LINE * 8) - 1
COUNT = struct.Struct("<I")


def words(numbers):
    return COUNT.pack(len(numbers)) + struct.pack(f"<{len(numbers)}I", *numbers)


def encode(steps):
    """steps: (EIP, [(physical address, old XOR new)]) of each."""
    addresses, changed = set(), {}
    for eip, writes in steps:
        addresses.add(eip)
        for address, change in writes:
            line, value = address // LINE, int.from_bytes(change, "little") << address % LINE * 8
            while value:
                changed[line] = changed.get(line, 0) ^ value & WHOLE
                line, value = line + 1, value >> LINE * 8
    lines = sorted(changed)
    data = b"".join(changed[line].to_bytes(LINE, "little") for line in lines)
    return words(sorted(addresses)) + words(lines) + data


class Sketch:
    def __init__(self, data):
        self.addresses, at = self._words(data, 0)
        self.lines, at = self._words(data, at)
        self.changes = data[at:]

    @staticmethod
    def _words(data, at):
        count, at = COUNT.unpack_from(data, at)[0], at + COUNT.size
        return array.array("I", struct.unpack_from(f"<{count}I", data, at)), at + 4 * count

    def apply(self, memory):
        """Forward or back over the whole block."""
        for n, line in enumerate(self.lines):
            at, change = line * LINE, self.changes[n * LINE : (n + 1) * LINE]
            new = int.from_bytes(memory[at : at + LINE], "little") ^ int.from_bytes(
                change, "little"
            )
            memory[at : at + LINE] = new.to_bytes(LINE, "little")

    def has(self, addresses, lines):
        """Whether an instruction of the block is at one of these, or writes one of these lines."""
        return not addresses.isdisjoint(self.addresses) or not lines.isdisjoint(self.lines)
