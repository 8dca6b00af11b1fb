"""The front end of a heap: regions of equal blocks, whose busy bits lie outside; front/groups.h.

    FRONT_HEAP.Newest -> FRONT_REGION (descriptor) -> NextInZone, always a lower address
    FRONT_REGION.Groups[i].Mask   a bit for each of 31 blocks: it is free
    FRONT_REGION.UserBlocks       the region; block n at Groups[0].First + n * BlockSize

A block's header is bound to its address: group's place in the zone and number, XORed with a key.
"""
from .headers import number
from .blocks import ENTRY, Block, Damage
from .trouble import Missing, Trouble

try:
    GROUP_BLOCKS = number("ntdll/heap/front/groups.h", "GROUP_BLOCKS")
    ZERO = number("ntdll/heap/front/groups.h", "FRONT_ZERO")
except OSError:  # a tree with another front end alone: of() says so
    GROUP_BLOCKS, ZERO = 31, 0
INDEX = number("ntdll/heap/front/front.h", "FRONT_INDEX")
UNUSED_LFH = number("ntdll/heap/heap.h", "HEAP_UNUSED_LFH")
USERDATA = number("ntdll/heap/heap.h", "HEAP_USERDATA_SIGNATURE")
STATES = ("in use", "full", "released")
MOST_REGIONS, MOST_BLOCKS = 65536, 2048


class Region:
    def __init__(self, front, record):
        self.front, self.record = front, record
        self.base, self.size = record.UserBlocks, record.BlockSize
        self.count, self.bucket = record.BlockCount, record.SizeIndex
        self.end = self.base + record.ReserveSize
        self.committed = self.base + record.CommitSize
        self.state = STATES[record.State] if record.State < len(STATES) else f"state {record.State}"
        self.groups = record.where("Groups")

    def group(self, i):
        layout = self.front.space.layouts["FRONT_GROUP"]
        return self.front.space.record(layout, self.groups + i * layout.size)

    def blocks(self):
        """([Block] in order of address, [Damage]): a block's place does not hang on the others."""
        found, damages = [], []
        if self.count > MOST_BLOCKS:
            text = f"the front end's region {self.base:08X} says that it has {self.count} blocks"
            return found, [Damage("H11", self.record.address, text)]
        for first in range(0, self.count, GROUP_BLOCKS):
            group = self.group(first // GROUP_BLOCKS)
            if isinstance(group, Missing):
                text = f"a group of the front end: {group}"
                return found, [*damages, Damage("H12", self.record.address, text)]
            place = group.address, group.Mask, group.First, group.BlockSize
            for bit in range(min(GROUP_BLOCKS, self.count - first)):
                damage = self._block(place, bit, found)
                if damage:
                    damages.append(damage)
        return found, damages

    def _block(self, place, bit, found):
        """Add a block to found; its Damage, or None.  place: its group's address and fields."""
        group, mask, start, stride = place
        data = start + bit * stride
        got = self.front.heap.decode(data - ENTRY)
        if isinstance(got, Missing):
            return Damage("H11", data, f"a block of the front end cannot be read: {got}")
        entry = got[1]
        before = found[-1] if found else None
        busy = not mask >> bit & 1
        unused = entry.PreviousSize if busy else ENTRY
        bytes_ = ENTRY if self.bucket == ZERO else self.size
        size = 0 if self.bucket == ZERO else max(0, bytes_ - unused)
        kind = "busy" if busy else "free"
        found.append(Block(kind, "front end", data - ENTRY, bytes_, data, size, int(busy), self))
        right = self.front.code(group, bit) ^ data >> 3 & 0xFFFFFFFF
        if entry.Code1 != right or entry.SegmentOffset != INDEX or entry.UnusedBytes != UNUSED_LFH:
            text = f"the header of block {data:08X} (front end) is overwritten"
            return Damage("H11", data, text, found[-1], before)
        return None


class Front:
    """The front end of one heap."""

    def __init__(self, heap):
        self.heap, self.space = heap, heap.space
        self.record = None
        if heap.record.FrontEndHeap:
            self.record = self.space.record("FRONT_HEAP", heap.record.FrontEndHeap)
        if self.record:
            self.zone, self.key = self.record.where("Zone"), self.record.Key

    def code(self, group, bit):
        """SubSegmentCode of a block before it is bound to its address."""
        return (group - self.zone + bit ^ self.key) & 0xFFFFFFFF

    def regions(self):
        """([Region] that have memory, the newest first; what is wrong or "")."""
        if self.record is None:
            return [], ""
        if isinstance(self.record, Missing):
            return [], f"the front end cannot be read: {self.record}"
        found, at = [], self.record.Newest
        while at:
            record = self.space.record("FRONT_REGION", at)
            if isinstance(record, Missing):
                return found, f"a descriptor of the front end cannot be read: {record}"
            region = Region(self, record)
            if region.state != "released":
                found.append(region)
            if record.NextInZone >= at:
                return found, f"the front end's list of regions is damaged at {at:08X}"
            if len(found) == MOST_REGIONS:
                return found, "the front end has more regions than can be"
            at = record.NextInZone
        return found, ""

    def buckets(self):
        """[(granules of a block, asked for so often)] of buckets that are not served yet."""
        return [(i, n) for i, n in enumerate(self.heap.record.FrontUse) if n]


class Foreign:
    """A front end with other structures (FRONT=windows7, a student's): its blocks are not read."""

    def regions(self):
        return [], "the front end's structures are not groups.h's: its blocks are not shown (dt)"

    def buckets(self):
        return []


def of(heap):
    """The Front of a heap; a Foreign if the heap was built with another front end."""
    try:
        return Front(heap)
    except (Trouble, KeyError):
        return Foreign()
