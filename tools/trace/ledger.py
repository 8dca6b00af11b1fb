"""Who allocated what: the blocks of every heap, kept by the call site that asked for them.

    HeapOperation allocate    --> the site's row: count, bytes, where it was served, instructions
    HeapOperation free        --> the row of the site that allocated the block
    HeapOperation reallocate  --> a free of the old block and an allocation of the new one
    HeapOperation destroy     --> a free of all that the heap still has
    the end                   --> what is left is "still there"

A free of a block whose allocation was not seen changes nothing and is counted.  A call costs the
instructions from its beginning to its end, less those of other threads meanwhile.

Invariant: the rows' sums are the process's sums.  A peak is of a moment, so the peaks of the rows
need not add up.
"""
from dataclasses import dataclass, field

ALLOCATE, FREE, REALLOCATE, CREATE, DESTROY = 1, 2, 3, 4, 5  # unit operation of include/events.tbl
SERVED = ("failed", "front end", "free list", "commit", "large", "page heap", "in place")
WRAPS = 1 << 32  # Began is the clock's low half


@dataclass
class Row:
    site: object = None
    count: int = 0
    bytes: int = 0
    served: dict = field(default_factory=lambda: dict.fromkeys(SERVED, 0))
    instructions: int = 0
    live: int = 0  # bytes
    blocks: int = 0  # that are live
    peak: int = 0  # bytes

    def take(self, size, served, cost):
        self.count += 1
        self.served[served] += 1
        self.instructions += cost
        if served != "failed":
            self.bytes += size
            self.live += size
            self.blocks += 1
            self.peak = max(self.peak, self.live)

    def give(self, size):
        self.live -= size
        self.blocks -= 1


class Ledger:
    """Of one process.  name: of its image."""

    def __init__(self, pid, name=""):
        self.pid, self.name, self.ended = pid, name, False
        self.rows, self.sum, self.heaps, self.unknown = {}, Row(), {}, 0

    def feed(self, fields, site, cost):
        """A HeapOperation; cost: its instructions; site: of an allocation."""
        operation, heap = fields["Operation"], fields["Heap"]
        if operation == FREE and SERVED[fields["Served"]] != "failed":
            self._give(heap, fields["Block"])
        elif operation in (ALLOCATE, REALLOCATE):
            served = SERVED[fields["Served"]]
            if operation == REALLOCATE and served != "failed":
                self._give(heap, fields["Old"])
            row = self.rows.setdefault(site, Row(site))
            for one in (row, self.sum):
                one.take(fields["Size"], served, cost)
            if served != "failed":
                self.heaps.setdefault(heap, {})[fields["Block"]] = row, fields["Size"]
        elif operation == DESTROY:
            for block in list(self.heaps.pop(heap, {}).values()):
                self._forget(*block)

    def _give(self, heap, block):
        found = self.heaps.get(heap, {}).pop(block, None)
        if found is None:
            self.unknown += block != 0
        else:
            self._forget(*found)

    def _forget(self, row, size):
        row.give(size)
        self.sum.give(size)


class Clocks:
    """How long each thread has run since a moment of its own."""

    def __init__(self):
        self.left, self.away = {}, {}  # {(pid, tid): when it was switched from}, [(from, to), ...]

    def switch(self, event):
        self.left[event.pid, event.tid] = event.time
        other = event.fields["Pid"], event.fields["Tid"]
        if other in self.left:
            self.away.setdefault(other, []).append((self.left.pop(other), event.time))

    def ran(self, event):
        """Instructions of the event's thread since its Began; what came before is forgotten."""
        time = (event.time - event.fields["Began"]) % WRAPS
        away = self.away.pop((event.pid, event.tid), [])
        return time - sum(to - since for since, to in away if since >= event.time - time)


class Ledgers:
    """Of all processes of a run.  sites: sites.Sites."""

    def __init__(self, sites):
        self.sites, self.of, self.clocks = sites, {}, Clocks()

    def process(self, pid):
        return self.of.setdefault(pid, Ledger(pid))

    def feed(self, event):
        if event.name == "ProcessCreate":
            self.process(event.fields["Pid"]).name = event.fields["Name"]
        elif event.name == "ProcessExit":
            self.process(event.fields["Pid"]).ended = True
        elif event.name == "ContextSwitch":
            self.clocks.switch(event)
        elif event.name == "HeapOperation":
            wanted = event.fields["Operation"] in (ALLOCATE, REALLOCATE)
            site = self.sites.of(event.pid, event.stack) if wanted else None
            self.process(event.pid).feed(event.fields, site, self.clocks.ran(event))
