"""The entries of a segment, one after the other; invariants H2, H3, H8, H15 of ntdll/heap/heap.h.

    first                                    LAST
    | header data | header data | header ... | UCR |. . uncommitted . .| header ...

Each header is decoded with the heap's key and believed only if its checksum, its segment and the
entry before it agree.  After one that is not, no entry has a known place: the walk goes on at the
next entry that the free list leads to, and what lies between is one block of kind `lost`.
"""
import bisect

from .blocks import ENTRY, FREE_ENTRY, HEADER, PAGE, UNITS, Block, Damage, flag, sound
from .headers import number
from .trouble import Missing

BUSY, EXTRA, FILL = flag("BUSY"), flag("EXTRA_PRESENT"), flag("FILL_PATTERN")
VIRTUAL, LAST = flag("VIRTUAL_ALLOC"), flag("LAST_ENTRY")
MOST_UNITS = number(HEADER, "HEAP_MAXIMUM_BLOCK_SIZE")
MOST_TAG = number("ntdll/heap/core/entry.h", "RANGE_TAG_MOST")
SLACK = number("ntdll/heap/core/entry.h", "SLACK_FILL")  # the pattern of tail checking, too
FREED = b"\xee\xfe\xee\xfe"  # what free checking writes: gflags/debug.c
MOST_BLOCKS = 1 << 20


class Walk:
    """found: [Block] in order of address; damages: [Damage].

    anchors: sorted addresses of entries that are known otherwise, where a walk can go on."""

    def __init__(self, heap, segment, anchors=()):
        self.heap, self.space, self.segment = heap, heap.space, segment
        self.anchors = [at for at in anchors if segment.first <= at < segment.last]
        self.found, self.damages, self.last = [], [], None
        at, before = segment.first, 0
        while at is not None:
            sound_ = self._run(at, before)
            at, before = self._after(self.last) if sound_ else self._resume(self.damages[-1].where)

    def _note(self, rule, where, text, block=None):
        """Note what is wrong; False, as most callers stop there."""
        before = self.found[-1] if self.found else None
        if before is block and block is not None:
            before = self.found[-2] if len(self.found) > 1 else None
        self.damages.append(Damage(rule, where, text, block, before))
        return False

    def _resume(self, lost):
        """(the next anchor after a place that is lost, what it says of the entry before)."""
        i = bisect.bisect_right(self.anchors, lost)
        got = self.heap.decode(self.anchors[i]) if i < len(self.anchors) else None
        if not got or not sound(got[0]):
            return None, 0
        at = self.anchors[i]
        home = self.segment
        self.found.append(Block("lost", "back end", lost, at - lost, lost, at - lost, 0, home))
        return at, got[1].PreviousSize ^ self.heap.previous_key

    def _run(self, at, before):
        """Whether the run that starts at `at` is sound up to its last entry, which is noted."""
        while at < self.segment.last:
            if len(self.found) > MOST_BLOCKS:
                return self._note("H2", at, f"there are more than {MOST_BLOCKS} blocks")
            if not self._is_entry(at, before):
                return False
            code, entry = self.heap.decode(at)
            if code >> 16 & LAST:
                self.last = at
                return True
            block = self._block(at, code, entry)
            self.found.append(block)
            self._check(block, entry)
            before = code & 0xFFFF
            at += before * UNITS
        return self._note("H2", at, f"a run of entries goes on to {at:08X}, without an end")

    # ---- one entry ----
    def _is_entry(self, at, before):
        """H2 and H3 of a header."""
        got = self.heap.decode(at)
        if isinstance(got, Missing):
            return self._note("H2", at, f"the entry {at:08X} cannot be read: {got.why}")
        code, entry = got
        if not sound(code):
            raw = f"it holds {entry.Code1:08X}, whose checksum is wrong"
            return self._note("H2", at, f"the header {at:08X} is overwritten: {raw}")
        end = at + (code & 0xFFFF) * UNITS
        if entry.SegmentOffset != self.segment.index or end > self.segment.last:
            return self._note("H2", at, f"the header {at:08X} is not one of this segment")
        said = entry.PreviousSize ^ self.heap.previous_key
        if said != before:
            text = f"the header {at:08X} is overwritten: its PreviousSize is {said}, not {before}"
            return self._note("H3", at, text)
        return True

    def _block(self, at, code, entry):
        bytes_, flags = (code & 0xFFFF) * UNITS, code >> 16 & 0xFF
        kind, data, size = "free", at + FREE_ENTRY, bytes_ - FREE_ENTRY
        if flags & BUSY:
            kind, data = "own" if flags & VIRTUAL else "busy", at + ENTRY
            size = bytes_ - entry.UnusedBytes
        return Block(kind, "back end", at, bytes_, data, size, flags, self.segment)

    def _check(self, block, entry):
        """H2 and H15 of what a header says of its own entry; the walk goes on."""
        unused = entry.UnusedBytes
        if block.kind == "free" and unused:
            text = f"the free entry {block.start:08X} has unused bytes"
            self._note("H2", block.start, text, block)
        elif block.kind == "free" and block.flags & FILL:
            self._check_filled(block)
        elif block.kind == "busy" and not ENTRY <= unused <= block.bytes:
            text = f"block {block.data:08X} says that it has {unused} unused bytes"
            self._note("H2", block.start, text, block)
        elif block.kind == "busy" and (block.flags & FILL or not block.flags & EXTRA):
            self._check_slack(block, ENTRY if block.flags & FILL else unused - ENTRY)

    def _check_slack(self, block, slack):
        """The bytes after the block, up to its entry's end, hold the pattern."""
        data = self.space.read(block.data + block.size, slack)
        if isinstance(data, Missing):
            self._note("H2", block.start, f"block {block.data:08X}: {data}", block)
            return
        over = [i for i, byte in enumerate(data) if byte != SLACK]
        if not over:
            return
        where = block.data + block.size + over[0]
        text = f"block {block.data:08X} of {block.size} bytes is overrun: {where:08X} was written"
        self._note("H15", where, text, block)

    def _check_filled(self, block):
        data = self.space.read(block.data, block.size)
        if isinstance(data, Missing):
            self._note("H15", block.start, f"block {block.pointer:08X}: {data}", block)
            return
        for at in range(0, len(data) - 3, 4):
            if data[at : at + 4] != FREED:
                where = block.data + at
                text = f"free block {block.pointer:08X} was written after its free, at {where:08X}"
                self._note("H15", where, text, block)
                return

    # ---- the end of a run ----
    def _after(self, last):
        """(where the next run starts, its PreviousSize); (None, 0): there is none, or damage."""
        ucr = self.space.record("HEAP_UCR_DESCRIPTOR", last + ENTRY)
        if isinstance(ucr, Missing):
            self._note("H8", last, f"the entry {last:08X} that ends a run: {ucr}")
            return None, 0
        start, size = ucr.Address, ucr.Size
        if (start | size) & PAGE - 1 or not last < start <= start + size <= self.segment.last:
            self._note("H8", last, f"the entry {last:08X}: its uncommitted range is damaged")
            return None, 0
        if size:
            piece = Block("range", "back end", start, size, start, size, 0, self.segment)
            self.found.append(piece)
        if start + size >= self.segment.last:
            return None, 0
        return start + size + self.heap.record.Pad, min(MOST_UNITS + size // PAGE, MOST_TAG)
