"""HEAP_ENTRY, decoded: the header of a heap block as the heap itself reads it (ntdll/heap/heap.h).

    in memory    Code1 XOR Heap->Encoding.Code1, PreviousSize XOR Heap->Encoding.PreviousSize
    shown        Size and PreviousSize in granules and bytes, Flags by name, whether the checksum is
                 right

The heap is the one of the process in whose segments the entry lies.  A block of the front end has
no encoded Size: UnusedBytes has bit 7, and SubSegmentCode says where it belongs.
"""
import gdb

PEB = 0x7FFDF000
GRANULE, FRONT_END, PAGE = 8, 0x80, 4096
FLAGS = ((1, "busy"), (2, "extra"), (4, "fill"), (8, "virtual"), (16, "last"))
MOST_HEAPS, MASK = 1024, 0xFFFFFFFF


def heaps():
    """Each HEAP of the process, as values of gdb; none without one."""
    peb = gdb.Value(PEB).cast(gdb.lookup_type("PEB").pointer())
    kind = gdb.lookup_type("HEAP").pointer()
    lists = peb["ProcessHeaps"].cast(gdb.lookup_type("unsigned int").pointer())
    for i in range(min(int(peb["NumberOfHeaps"]), MOST_HEAPS)):
        yield lists[i].cast(kind)


def heap_of(address):
    """The heap in one of whose segments address lies; None: in none."""
    for heap in heaps():
        for i in range(int(heap["SegmentCount"])):
            segment = heap["Segments"][i]
            base = int(segment["BaseAddress"]) & MASK
            if base <= address < base + int(segment["NumberOfPages"]) * PAGE:
                return heap
    return None


class Printer:
    def __init__(self, value):
        self.value, self.heap, self.why = value, None, ""
        where = value.address
        if where is None:
            self.why = "not decoded: it is no longer in its heap"
            return
        try:
            self.heap = heap_of(int(where) & MASK)
        except gdb.error as wrong:
            self.why = f"not decoded: {wrong}"
        if self.heap is None and not self.why:
            self.why = "not decoded: no heap of this process has it"

    @property
    def is_key(self):
        """Whether this is Heap->Encoding itself."""
        return self.heap is not None and self.value.address == self.heap["Encoding"].address

    def to_string(self):
        if self.heap is None:
            return self.why
        if self.is_key:
            return f"the key of heap {int(self.heap) & MASK:#x}"
        if int(self.value["UnusedBytes"]) & FRONT_END:
            return "a block of the front end: only back-end headers are encoded"
        return f"decoded with the Encoding of heap {int(self.heap) & MASK:#x}"

    def children(self):
        unused = int(self.value["UnusedBytes"])
        if self.heap is None or unused & FRONT_END or self.is_key:
            yield "Code1", f"{int(self.value['Code1']) & MASK:#x}"
            yield "PreviousSize", self.value["PreviousSize"]
        else:
            yield from self.decoded()
        yield "SegmentOffset", int(self.value["SegmentOffset"])
        yield "UnusedBytes", f"{unused:#x}"

    def decoded(self):
        key = self.heap["Encoding"]
        code = (int(self.value["Code1"]) ^ int(key["Code1"])) & MASK
        size, flags, check = code & 0xFFFF, code >> 16 & 0xFF, code >> 24
        previous = int(self.value["PreviousSize"]) ^ int(key["PreviousSize"])
        wanted = (size ^ size >> 8 ^ flags) & 0xFF
        yield "Size", (f"{size} granules ({size * GRANULE} bytes)")
        names = " ".join(word for bit, word in FLAGS if flags & bit) or "free"
        yield "Flags", f"{flags:#04x} {names}"
        wrong = "" if check == wanted else f", wrong: {wanted:#04x} would be right"
        yield "SmallTagIndex", f"{check:#04x}{wrong}"
        yield "PreviousSize", (f"{previous} granules ({previous * GRANULE} bytes)")
