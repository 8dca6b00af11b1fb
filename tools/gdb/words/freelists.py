"""Where free entries wait: one list sorted by class, checked (H5, H7); ntdll/heap/core/freelist.c.

    HEAP.FreeLists <-> HEAP_FREE_ENTRY.FreeList <-> ... sorted by size class, smallest first

A file in place of freelist.c may keep its entries in another way (freelist.h).  FreeLists is zero
then, and is not compared; the sum of the free blocks is.
"""
from .blocks import UNITS, Damage, flag, sound
from .trouble import Missing

BUSY = flag("BUSY")
MOST = 1 << 18


class FreeList:
    """sizes: [(data address, bytes of the entry)] in the order of the list; damage: or None."""

    def __init__(self, heap):
        self.heap, self.sizes, self.damage = heap, [], None
        head = heap.record.where("FreeLists")
        self.other = heap.space.number(head) == heap.space.number(head + 4) == 0
        if self.other:
            return
        offset = heap.space.layouts["HEAP_FREE_ENTRY"].fields["FreeList"].offset
        links, wrong = heap.space.links(heap.record.where("FreeLists"), MOST)
        for at in links:
            if not self._entry(at, at - offset):
                return
        if wrong:
            where = links[-1] if links else heap.record.where("FreeLists")
            self.damage = Damage("H5", where, f"the free list is damaged: {wrong}")

    def _entry(self, link, at):
        got = self.heap.decode(at)
        if isinstance(got, Missing):
            self.damage = Damage("H5", link, f"the free list leads to {at:08X}: {got.why}")
        elif not sound(got[0]) or got[0] >> 16 & BUSY:
            text = f"the free list leads to {at:08X}, which is no free entry"
            self.damage = Damage("H5", link, text)
        else:
            self.sizes.append((link, (got[0] & 0xFFFF) * UNITS))
        return self.damage is None

    def compare(self, blocks):
        """Damage where list and walk disagree; blocks: all the heap's, walked to their ends."""
        free = [b for b in blocks if b.kind == "free" and b.where == "back end"]
        if self.other:
            return self._sum(sum(b.bytes for b in free))
        walked = {b.pointer for b in free}
        listed = {at for at, _ in self.sizes}
        if self.damage:
            return self.damage
        for at in sorted(walked - listed):
            return Damage("H5", at, f"the free block {at:08X} is not in the free list")
        for at in sorted(listed - walked):
            return Damage("H5", at, f"the free list has {at:08X}, and no free block is there")
        return self._sum(sum(size for _, size in self.sizes))

    def _sum(self, bytes_):
        total = bytes_ // UNITS
        if total != self.heap.record.TotalFreeSize:
            said = self.heap.record.TotalFreeSize
            where = self.heap.record.where("TotalFreeSize")
            return Damage("H7", where, f"the heap counts {said} free granules, and has {total}")
        return None
