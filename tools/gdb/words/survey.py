"""All of a heap at once: its blocks wherever they are, the sums of them, what is damaged."""
from . import frontend, pageheap
from .blocks import ENTRY, PAGE, Block
from .freelists import FreeList


class Survey:
    """parts: [(title, segment or region or None, [Block])]; damages: [Damage or sentence]."""

    def __init__(self, heap, stacks=None):
        self.heap, self.parts, self.damages, self.regions = heap, [], [], []
        self.owner = 0 if heap.wrong else heap.owner
        if heap.wrong:
            self.damages.append(heap.wrong)
            return
        if stacks is not None:
            self._pages(stacks)
        self._segments()
        found, wrong = heap.large()
        self._note(wrong)
        if found:
            self.parts.append(("large blocks", None, found))
        self._front()

    def _note(self, damage):
        if damage:
            self.damages.append(damage)

    def _segments(self):
        self.free = FreeList(self.heap)
        anchors = sorted(at - ENTRY for at, _ in self.free.sizes)
        for segment in self.heap.segments():
            found, damages = [], [segment.wrong]
            if not segment.wrong:
                found, damages = self.heap.blocks(segment, anchors)
            self.damages += [damage for damage in damages if damage]
            self.parts.append((f"segment {segment.index}", segment, found))
        whole = not any(getattr(d, "rule", "") != "H15" for d in self.damages)
        self._note(self.free.compare(self.blocks) if whole else self.free.damage)

    def _front(self):
        self.regions, wrong = frontend.of(self.heap).regions()
        self._note(wrong)
        for region in self.regions:
            found, damages = region.blocks()
            self.damages += damages
            self.parts.append((f"front end, blocks of {region.size}", region, found))

    def _pages(self, stacks):
        """Under hpa: blocks with pages of their own, which only the records know."""
        found = []
        for record in stacks.every():
            if record.Pages and record.Busy and record.Heap == self.heap.address:
                bytes_ = (record.Block + max(record.Size, 1) + PAGE - 1 & -PAGE) - record.Pages
                block = Block("busy", "pages", record.Pages, bytes_, record.Block, record.Size)
                found.append(block)
                self._note(pageheap.judge(self.heap.space, record, block))
        if found:
            found.sort(key=lambda block: block.start)
            self.parts.append(("page heap, each block with pages of its own", None, found))

    def said(self):
        """What is wrong, a sentence each.  While a thread holds the heap's lock it may be a change
        that is under way, and is said so."""
        if self.damages and self.owner:
            why = "what follows may be a change, half done"
            yield f"thread {self.owner} holds the heap's lock: {why}"
        yield from map(str, self.damages)

    @property
    def blocks(self):
        return [block for _, _, blocks in self.parts for block in blocks]

    def sums(self, kind):
        """(how many, bytes) of blocks of a kind, as HeapWalk counts them."""
        sizes = [b.size for b in self.blocks if b.kind == kind]
        return len(sizes), sum(sizes)

    def at(self, address):
        """(Block that holds an address or None, the block before it in the same part)."""
        for _, _, blocks in self.parts:
            before = None
            for block in blocks:
                if block.start <= address < block.end:
                    return block, before
                before = block
        return None, None
