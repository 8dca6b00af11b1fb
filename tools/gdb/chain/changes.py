"""What changed in a process's memory between two moments: heaps, regions, PTEs, pages.

    before = Snapshot(memory)  ...  kernel_lines(before, Snapshot(memory))

A snapshot reads the structures themselves, so a change is what is there now and was not, whoever
made it.  The parts that cannot have changed are taken from the snapshot before: the heap's unless
its code ran, the kernel's unless the kernel did.
"""
import struct

from words import pages, regions
from words.target import FRAME, LARGE, VALID
from words.trouble import Missing

PAGE, GRANULE = 4096, 8
MOST_HEAPS, MOST_LISTED, MOST_REGIONS = 64, 4096, 4096
USER_TABLES = 2  # page directories of the user half
BUSY_BITS = 0x7FFFFFFF  # of a group's mask


class Memory:
    """The process that a chain runs in: where its structures are."""

    def __init__(self, look):
        self.look = look
        self.process = look.process
        self.space = look.user_space()
        self.space_address = self.process.record.Space

    def fresh(self):
        """What was read before is forgotten."""
        for kept in (self.look.memory, self.look.kernel, self.space):
            kept.pages.clear()


class Heap:
    """One heap as it is: what a reader of its structures sees."""

    def __init__(self, space, address):
        self.address = address
        heap = space.record("HEAP", address)
        self.there = bool(heap) and heap.Signature == 0xEEFFEEFF
        self.free, self.large, self.front = {}, {}, {}
        self.committed = self.reserved = self.segments = 0
        if self.there:
            counters = heap.Counters
            self.committed = counters.TotalMemoryCommitted
            self.reserved = counters.TotalMemoryReserved
            self.segments = counters.TotalSegments
            self._lists(space, heap)
            self._front(space, heap.FrontEndHeap)

    def _lists(self, space, heap):
        for link in space.links(heap.where("FreeLists"), MOST_LISTED)[0]:
            code = space.number(link - GRANULE)
            if not isinstance(code, Missing):
                self.free[link] = ((code ^ heap.Encoding.Code1) & 0xFFFF) * GRANULE - GRANULE
        for link in space.links(heap.where("VirtualAllocdBlocks"), MOST_LISTED)[0]:
            entry = space.record("HEAP_VIRTUAL_ALLOC_ENTRY", link)
            self.large[link + 0x20] = entry.CommitSize if entry else 0

    def _front(self, space, address):
        """{region: (bytes of a block, blocks, free ones)} of the front end."""
        front = space.record("FRONT_HEAP", address) if address else None
        at = front.Newest if front else 0
        layout = space.layouts["FRONT_REGION"]
        while at and at not in self.front and len(self.front) < MOST_REGIONS:
            region = space.record(layout, at)
            if not region:
                break
            groups = (region.BlockCount + 30) // 31
            data = space.read(at + layout.size, groups * 32)
            masks = () if isinstance(data, Missing) else struct.unpack("<" + "I28x" * groups, data)
            free = sum(bin(mask & BUSY_BITS).count("1") for mask in masks)
            self.front[at] = region.BlockSize, region.BlockCount, free
            at = region.NextInZone


class Snapshot:
    """heaps, kernel: whether these parts are read anew; else they are those of the one before."""

    def __init__(self, memory, before=None, heaps=True, kernel=True):
        memory.fresh()
        heaps, kernel = heaps or before is None, kernel or before is None
        self.heaps = self._heaps(memory) if heaps else before.heaps
        self.regions = self._regions(memory) if kernel else before.regions
        self.tables = self._tables(memory) if kernel else before.tables
        self.counts = self._counts(memory) if kernel else before.counts

    def _heaps(self, memory):
        space = memory.space
        peb = space.record("PEB", memory.process.record.Peb)
        count = min(peb.NumberOfHeaps, MOST_HEAPS) if peb else 0
        data = space.read(peb.ProcessHeaps, count * 4) if count else b""
        if isinstance(data, Missing):
            return {}
        return {address: Heap(space, address) for address in struct.unpack(f"<{count}I", data)}

    def _regions(self, memory):
        found, _ = regions.walk(memory.look.kernel, memory.space_address)
        return {r.base: (r.end, r.kind, r.name, r.record.CommitCharge) for r in found}

    def _tables(self, memory):
        """{address that it begins at: bytes} of each user page table."""
        pdpt, page = memory.space.pdpt, memory.look.memory.page
        top, found = page(pdpt >> 12), {}
        for i in range(USER_TABLES):
            entry = int.from_bytes(top[(pdpt & 0xFFF) + i * 8 :][:8], "little") if top else 0
            directory = page(frame_of(entry)) if entry & VALID else b""
            for j, (pde,) in enumerate(struct.iter_unpack("<Q", directory or b"")):
                if pde & VALID and not pde & LARGE:
                    found[i << 30 | j << 21] = page(frame_of(pde)) or b""
        return found

    def _counts(self, memory):
        kernel, look = memory.look.kernel, memory.look
        active = look.symbol("MiActivePages")
        counts = [kernel.number(active + use * 4) for use in range(1, 5)]
        counts.append(kernel.number(look.symbol("MiCommitted")))
        return [0 if isinstance(count, Missing) else count for count in counts]


def heaps_lines(before, after):
    """Sentences: which heap is another now, and what in it."""
    found = []
    for address, heap in after.items():
        old = before.get(address)
        found += heap_lines(old, heap) if old else [f"heap {address:08X} is new"]
    return found + [f"heap {address:08X} is gone" for address in before if address not in after]


def kernel_lines(before, after):
    """The same of regions, page tables and counts."""
    return [
        *region_lines(before.regions, after.regions),
        *table_lines(before.tables, after.tables),
        *count_lines(before.counts, after.counts),
    ]


def heap_lines(old, new):
    found, name = [], f"heap {new.address:08X}"
    if old.committed != new.committed or old.reserved != new.reserved:
        line = f"{name}: committed {kib(old.committed)} -> {kib(new.committed)}"
        if old.reserved != new.reserved:
            line += f", reserved {kib(old.reserved)} -> {kib(new.reserved)}"
        found.append(line)
    if old.segments != new.segments:
        found.append(f"{name}: segments {old.segments} -> {new.segments}")
    found += [f"{name}: {line}" for line in free_lines(old.free, new.free)]
    for at in new.large.keys() - old.large.keys():
        found.append(f"{name}: large block {at:08X}, {kib(new.large[at])} of its own")
    for at in old.large.keys() - new.large.keys():
        found.append(f"{name}: large block {at:08X} is given back")
    for at, row in new.front.items():
        size, count, free = row
        was = old.front.get(at)
        if was is None:
            found.append(f"{name}: front end: a region for {count} blocks of {size} bytes")
        elif was[1] != count or was[2] != free:
            grown = f", {count} of them" if was[1] != count else ""
            blocks = f"{name}: front end: blocks of {size} bytes{grown}"
            found.append(f"{blocks}, free {was[2]} -> {free}")
    return found


def free_lines(old, new):
    """A block that grew, shrank, was split or joined has another address or size."""
    gone = [at for at in old if at not in new]
    come = [at for at in new if at not in old]
    found = []
    for at in sorted(come):
        parent = next((a for a in gone if a < at < a + old[a] + GRANULE), None)
        if parent is not None and at + new[at] == parent + old[parent]:
            gone.remove(parent)
            split = f"free block {parent:08X} of {old[parent]:,} bytes is split"
            found.append(f"{split}: {at:08X} with {new[at]:,} stays free")
        else:
            found.append(f"free block {at:08X} of {new[at]:,} bytes is new")
    found += [f"free block {at:08X} of {old[at]:,} bytes is taken" for at in sorted(gone)]
    for at in sorted(set(old) & set(new)):
        if old[at] != new[at]:
            found.append(f"free block {at:08X}: {old[at]:,} -> {new[at]:,} bytes")
    return found


def region_lines(old, new):
    found = []
    for base, (end, kind, name, commit) in new.items():
        where = f"region {base:08X}..{end - 1:08X} ({' '.join(filter(None, (kind, name)))})"
        was = old.get(base)
        if was is None:
            found.append(f"{where} is new, {count_of(commit, 'page')} committed")
            continue
        if was[0] != end:
            found.append(f"{where} ended at {was[0] - 1:08X}")
        if was[3] != commit:
            found.append(f"{where}: committed pages {was[3]} -> {commit}")
    gone = [base for base in old if base not in new]
    return found + [f"region {base:08X}..{old[base][0] - 1:08X} is gone" for base in gone]


def table_lines(old, new):
    changed = []  # (virtual page, old entry, new entry)
    for base, data in new.items():
        was = old.get(base) or bytes(PAGE)
        if data == was:
            continue
        pairs = zip(struct.iter_unpack("<Q", was), struct.iter_unpack("<Q", data))
        rows = ((i, a, b) for i, ((a,), (b,)) in enumerate(pairs))
        changed += [((base >> 12) + i, a, b) for i, a, b in rows if steady(a) != steady(b)]
    come, gone = new.keys() - old.keys(), old.keys() - new.keys()
    found = [f"a page table for {base:08X}..{base + 0x1FFFFF:08X}" for base in sorted(come)]
    found += [f"the page table of {base:08X} is given back" for base in sorted(gone)]
    return found + runs(changed)


def steady(entry):
    """Without what the processor sets by itself: accessed, dirty."""
    return entry & ~0x60 if entry & VALID else entry


def runs(changed):
    """Neighbours that change alike are one line."""
    found, at = [], 0
    while at < len(changed):
        page, old, new = changed[at]
        last = at
        while last + 1 < len(changed) and changed[last + 1] == (changed[last][0] + 1, old, new):
            last += 1
        name = f"PTE of {page << 12:08X}"
        if last > at:
            end = (changed[last][0] << 12) + PAGE - 1
            name = f"PTEs of {page << 12:08X}..{end:08X} ({last - at + 1})"
        found.append(f"{name}: {entry_text(old)} -> {entry_text(new)}")
        at = last + 1
    return found


def frame_of(entry):
    return (entry & FRAME) >> 12


def entry_text(entry):
    """A PTE in a few words."""
    if not entry:
        return "0"
    if entry & VALID:
        return f"page {frame_of(entry):x} {pages.letters(entry)}"
    code = entry >> 5 & 0x1F
    return pages.protection(code) if code else f"{entry:x}"


NAMES = (
    "pages of processes",
    "page tables",
    "pages of the kernel",
    "shared pages",
    "pages committed",
)


def count_lines(old, new):
    return [f"{name}, of the system: {a} -> {b}" for name, a, b in zip(NAMES, old, new) if a != b]


def count_of(number, what):
    return f"{number} {what}{'' if number == 1 else 's'}"


def kib(size):
    return f"{size // 1024:,} KiB" if size % 1024 == 0 else f"{size:,} bytes"
