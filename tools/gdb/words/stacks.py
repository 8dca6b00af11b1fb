"""Who allocated a block: what gflags' ust and hpa keep outside of it; gflags/record.c, trace.c.

    RtlpRecords[hash(block)]: block -> size, heap, numbers of two stacks, its own pages under hpa
    RtlpTraces->Entries[number]: up to 16 return addresses, innermost first
"""
from .trouble import Missing

MOST_ROOM, MOST_CHAIN = 1 << 22, 4096
PAGE = 4096


class Stacks:
    """symbol(name): where a variable of ntdll's is; ntdll lies at one place in all processes."""

    def __init__(self, space, symbol):
        self.space = space
        self.table = space.number(symbol("RtlpRecords"))
        self.room = space.number(symbol("RtlpRecordRoom"))
        self.traces = space.number(symbol("RtlpTraces"))
        if isinstance(self.table, Missing) or isinstance(self.room, Missing) or not self.table:
            self.table = self.room = 0
        if self.room > MOST_ROOM or self.room & self.room - 1:
            self.room = 0
        self.layout = space.layouts["struct _HEAP_RECORD"]  # the kernel has a HEAP_RECORD, too

    @property
    def known(self):
        """Whether anything is kept at all: gflags' ust or hpa is on."""
        return bool(self.room)

    def of(self, block):
        """The HEAP_RECORD of a block that begins there; None: none."""
        if not self.room:
            return None
        slot = ((block >> 3) * 2654435761 & 0xFFFFFFFF) >> 7 & self.room - 1
        for _ in range(min(MOST_CHAIN, self.room)):
            record = self.space.record(self.layout, self.table + slot * self.layout.size)
            if isinstance(record, Missing) or not record.Block:
                return None
            if record.Block == block:
                return record
            slot = slot + 1 & self.room - 1
        return None

    def every(self):
        """Yield each record that has a block."""
        for slot in range(self.room):
            record = self.space.record(self.layout, self.table + slot * self.layout.size)
            if isinstance(record, Missing):
                return
            if record.Block:
                yield record

    def around(self, address):
        """The record whose block, or whose pages, hold the address; in use before freed ones."""
        found = None
        for record in self.every():
            start, end = record.Block, record.Block + max(record.Size, 1)
            if record.Pages:  # with the page that cannot be touched
                start, end = record.Pages, (end + PAGE - 1 & ~(PAGE - 1)) + PAGE
            if start <= address < end and (found is None or record.Busy):
                found = record
        return found

    def frames(self, number):
        """The return addresses of a stack; [] for number 0 and where it cannot be read."""
        if not number or isinstance(self.traces, Missing) or not self.traces:
            return []
        entries = self.space.layouts["TRACE_DATABASE"].fields["Entries"]
        layout = entries.element.layout
        entry = self.space.record(layout, self.traces + entries.offset + number * layout.size)
        return entry.BackTrace[: min(entry.Depth, 16)] if entry else []
