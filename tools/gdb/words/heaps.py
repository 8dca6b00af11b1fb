"""The heaps of a process: its segments, its large blocks, what it holds; ntdll/heap/heap.h.

    PEB.ProcessHeaps -> HEAP.Segments[i] -> entries (backend.py)
                            VirtualAllocdBlocks -> large blocks
                            FrontEndHeap -> regions (frontend.py)
"""
import collections
import struct

from . import backend, frontend
from .blocks import HEADER, PAGE, Block, sound
from .headers import number
from .trouble import Missing

SIGNATURE = number(HEADER, "HEAP_SIGNATURE")
SEGMENT_SIGNATURE = number(HEADER, "HEAP_SEGMENT_SIGNATURE")
MOST_SEGMENTS = number(HEADER, "HEAP_MAXIMUM_SEGMENTS")
MOST_HEAPS = 1024
Header = collections.namedtuple("Header", "Code1 PreviousSize SegmentOffset UnusedBytes")


def reader(layout):
    """A struct.Struct of these fields of a HEAP_ENTRY: there are many of them to read."""
    letters, text, at = {1: "B", 2: "H", 4: "I"}, "<", 0
    for name in Header._fields:
        field = layout.fields[name]
        text += f"{field.offset - at}x{letters[field.size]}"
        at = field.offset + field.size
    return struct.Struct(text + f"{layout.size - at}x")


class Heap:
    def __init__(self, space, address, number_):
        self.space, self.address, self.number = space, address, number_
        self.record = space.record("HEAP", address)
        self.wrong = ""
        if isinstance(self.record, Missing):
            self.wrong = str(self.record)
        elif self.record.Signature != SIGNATURE:
            self.wrong = f"no heap is there: its signature is {self.record.Signature:08X}"
        else:
            self.key = self.record.Encoding.Code1
            self.previous_key = self.record.Encoding.PreviousSize
            self.entry = reader(space.layouts["HEAP_ENTRY"])

    def decode(self, address):
        """(code, Header) of an entry, or Missing."""
        data = self.space.read(address, self.entry.size)
        if isinstance(data, Missing):
            return data
        header = Header._make(self.entry.unpack(data))
        return header.Code1 ^ self.key, header

    @property
    def owner(self):
        """The id of the thread that holds the heap's lock, which may be changing it; 0: none."""
        lock = self.space.record("HEAP_LOCK", self.record.LockVariable)
        return lock.CriticalSection.OwningThread if self.record.LockVariable and lock else 0

    # ---- segments ----
    def segments(self):
        """[Segment] in the order of their index."""
        pointers = self.record.Segments[: min(self.record.SegmentCount, MOST_SEGMENTS)]
        return [Segment(self, i, at) for i, at in enumerate(pointers) if at]

    def blocks(self, segment, anchors=()):
        """([Block] of a segment in order of address, [Damage]); anchors: see backend.py."""
        walk = backend.Walk(self, segment, anchors)
        return walk.found, walk.damages

    # ---- large blocks ----
    def large(self):
        """([Block], what is wrong or "")."""
        links, wrong = self.space.links(self.record.where("VirtualAllocdBlocks"))
        found = []
        for at in links:
            record = self.space.record("HEAP_VIRTUAL_ALLOC_ENTRY", at)
            if isinstance(record, Missing):
                return found, str(record)
            code, data = record.BusyBlock.Code1 ^ self.key, at + record.bytes
            if not sound(code):
                return found, f"the header of large block {data:08X} is overwritten"
            size, flags = record.CommitSize - (code & 0xFFFF), code >> 16 & 0xFF
            found.append(Block("busy", "large", at, record.ReserveSize, data, size, flags))
        return found, wrong

    # ---- what regions are its ----
    def places(self):
        """(an address, words) for each region of the heap: purposes.py."""
        if self.wrong:
            return []
        name = f"heap {self.number}"
        found = [(self.address, name)]
        if self.record.Guard:
            found.append((self.address - 1, f"guard of {name}"))
        found += [(s.base, f"{name}, segment {s.index}") for s in self.segments()]
        found += [(b.start, f"{name}, large block") for b in self.large()[0]]
        if self.record.FrontEndHeap:
            found.append((self.record.FrontEndHeap, f"{name}, front end"))
            regions = frontend.of(self).regions()[0]
            found += [(r.base, f"{name}, front end's blocks of {r.size}") for r in regions]
        return found


class Segment:
    def __init__(self, heap, index, address):
        self.heap, self.index, self.address = heap, index, address
        self.record = heap.space.record("HEAP_SEGMENT", address)
        self.wrong, self.base, self.end, self.first, self.last = "", address, address, address, 0
        if isinstance(self.record, Missing):
            self.wrong = str(self.record)
        elif self.record.SegmentSignature != SEGMENT_SIGNATURE:
            self.wrong = f"segment {index} at {address:08X} has no segment's signature"
        else:
            self.base = self.record.BaseAddress
            self.end = self.base + self.record.NumberOfPages * PAGE
            self.first, self.last = self.record.FirstEntry, self.record.LastValidEntry

    @property
    def uncommitted(self):
        return 0 if self.wrong else self.record.NumberOfUnCommittedPages * PAGE


def every(space, peb):
    """([Heap], what is wrong or ""); peb: the process's PEB record."""
    count = peb.NumberOfHeaps
    if not count:
        return [], "the process has no heap yet"
    if count > MOST_HEAPS:
        return [], f"PEB.NumberOfHeaps is {count}: the PEB is damaged"
    data = space.read(peb.ProcessHeaps, count * 4)
    if isinstance(data, Missing):
        return [], f"PEB.ProcessHeaps: {data}"
    words = [int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4)]
    return [Heap(space, at, i + 1) for i, at in enumerate(words)], ""
