"""Virtual addresses: the processor's PAE tables, in a copy or a map of the machine's memory.

    CR3 -> 4 entries of 1 GiB -> 512 of 2 MiB -> 512 of 4 KiB -> page       8 bytes an entry
"""
import struct

PAGE_BYTES = 4096
VALID, LARGE = 1, 0x80
FRAME, LARGE_FRAME = 0x000FFFFFFFFFF000, 0x000FFFFFFFE00000
USER_END = 0x80000000
ENTRY, WORD = struct.Struct("<Q"), struct.Struct("<I")


class Space:
    """memory: bytes by physical address, of which the first ram are the machine's."""

    def __init__(self, memory, ram):
        self.memory, self.ram = memory, ram

    def entry(self, address):
        if address + ENTRY.size > self.ram:
            return 0
        return ENTRY.unpack_from(self.memory, address)[0]

    def pte(self, address, cr3):
        """The entry that decides about an address: its last one, or the one that ends the way."""
        top = self.entry((cr3 & ~31) + (address >> 30) * 8)
        if not top & VALID:
            return 0
        middle = self.entry((top & FRAME) + (address >> 21 & 511) * 8)
        if not middle & VALID or middle & LARGE:
            return middle if middle & VALID else 0
        return self.entry((middle & FRAME) + (address >> 12 & 511) * 8)

    def physical(self, address, cr3):
        """The physical address of a virtual one; None: no page is there."""
        top = self.entry((cr3 & ~31) + (address >> 30) * 8)
        if not top & VALID:
            return None
        middle = self.entry((top & FRAME) + (address >> 21 & 511) * 8)
        if not middle & VALID:
            return None
        if middle & LARGE:
            return middle & LARGE_FRAME | address & 0x1FFFFF
        low = self.entry((middle & FRAME) + (address >> 12 & 511) * 8)
        return low & FRAME | address & 0xFFF if low & VALID else None

    def read(self, address, size, cr3):
        """As many of the bytes from a virtual address on as are there."""
        data = b""
        while size > 0 and address < 1 << 32:
            part = min(size, PAGE_BYTES - address % PAGE_BYTES)
            where = Space.physical(self, address, cr3)
            if where is None or where + part > self.ram:
                break
            data += self.memory[where : where + part]
            address, size = address + part, size - part
        return data

    def word(self, address, cr3):
        """A number of four bytes; 0 where none is there."""
        data = self.read(address, 4, cr3)
        return WORD.unpack(data)[0] if len(data) == 4 else 0
