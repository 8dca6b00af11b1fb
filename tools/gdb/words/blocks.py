"""What a heap is made of, as values: a Block is a piece of it, a Damage what is wrong with one."""
from .headers import number

HEADER = "ntdll/heap/heap.h"
UNITS, ENTRY, PAGE = 8, 8, 4096  # bytes of a granule, of a header, of a page
FREE_ENTRY = 16  # of a free block's header and links: HEAP_FREE_ENTRY


class Damage:
    """rule: of heap.h, `H2`; where: an address; block: the one that is damaged, if it is known;
    before: the last sound one before it, which an overrun most likely came from."""

    def __init__(self, rule, where, text, block=None, before=None):
        self.rule, self.where, self.text = rule, where, text
        self.block, self.before = block, before

    def __str__(self):
        return f"{self.text} ({self.rule})"


class Block:
    """kind: busy, free, own (the heap's), range (not committed).

    where: back end, front end, large, pages.  start and bytes: all of it, header included;
    data and size: as HeapWalk has them (a free block's data follow its links); pointer: what the
    program got, or had, from malloc.  home: its segment or region."""

    def __init__(self, kind, where, start, bytes_, data, size, flags=0, home=None):
        self.kind, self.where, self.start, self.bytes = kind, where, start, bytes_
        self.data, self.size, self.flags, self.home = data, size, flags, home

    @property
    def pointer(self):
        return self.data if self.kind != "free" else self.start + ENTRY

    @property
    def end(self):
        return self.start + self.bytes


def sound(code):
    """A decoded header's checksum: its four bytes XOR to 0; and it has a size."""
    fold = code ^ code >> 16
    return (fold ^ fold >> 8) & 0xFF == 0 and code & 0xFFFF != 0


def flag(name):
    return number(HEADER, f"HEAP_ENTRY_{name}")
