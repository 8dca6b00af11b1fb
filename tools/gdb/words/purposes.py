"""What the regions of a process are for, as its own structures say: PEB, TEBs, stacks, heaps."""
from . import heaps
from .processes import threads

SHARED_DATA = 0x7FFE0000


class Purposes:
    """of(region): a few words, or "" where no structure names it."""

    def __init__(self, look):
        self.places = [(SHARED_DATA, "SharedUserData")]  # (an address in the region, words)
        process, space = look.process, look.space
        self.places.append((process.record.Peb, "PEB"))
        for thread in threads(look.kernel, process)[0]:
            if thread.tcb.Teb:
                self.places.append((thread.tcb.Teb, f"TEB of thread {thread.id}"))
                self._stack(space, thread)
        peb = space.record("PEB", process.record.Peb)
        if peb:
            self.places.append((peb.ProcessParameters, "process parameters"))
            for heap in heaps.every(space, peb)[0]:
                self.places += heap.places()

    def _stack(self, space, thread):
        teb = space.record("TEB", thread.tcb.Teb)
        if teb:
            used = f"{teb.NtTib.StackLimit:08X} to {teb.NtTib.StackBase:08X}"
            text = f"stack of thread {thread.id}, committed from {used}"
            self.places.append((teb.DeallocationStack, text))

    def of(self, region):
        found = [words for at, words in self.places if region.base <= at < region.end]
        if len(found) > 1:  # `heap 1` and `guard of heap 1` say less than `heap 1, segment 0`
            found = [w for w in found if not any(w != o and o.startswith(w) for o in found)]
        return "; ".join(dict.fromkeys(found))
