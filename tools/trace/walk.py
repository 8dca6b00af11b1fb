"""The answer of `fathom walk`: one allocation that a program made, layer by layer, as captured.

    words.exe (pid 12): allocation 5 of 423 by its own code: main words.cpp:27

    the call         its stack, outermost first, across the ring where it crossed
    meanwhile        what else its thread did until the call returned, in order
    the touch        when the page of the block's first byte came, and by whom
    the free         who freed the block, and where it went

All of it is events of this run; what was not seen is said.  An allocation is a call of a heap, or
a NtAllocateVirtualMemory that no heap made, whose stack has code of the program's own.  A line is
made when its event comes: the images of a process are known while it lives.
"""
import itertools

from events.stream import GUESSED, TRAP
from host import reports

from . import sites
from .ledger import ALLOCATE, FREE, REALLOCATE, WRAPS
from .words import Words

ALLOCATES = 0x13  # NtAllocateVirtualMemory (include/services.tbl)
PAGE, USER = 12, 1  # a page's bits; unit use of include/events.tbl
WITHIN = ("ServiceEnter", "ServiceExit", "PageFault", "PageFaultExit", "PageAlloc")
REGIONS = ("RegionReserve", "RegionCommit")
GIVEN_BACK = ("RegionDecommit", "RegionRelease")
EVENTS = ",".join(("HeapOperation", "ProcessCreate", *WITHIN, *REGIONS, *GIVEN_BACK))
RING = "~~~~ ring 3 ~~~~ ring 0 ~~~~"


class Stacks:
    """Stacks in words.  run: answers.Run."""

    def __init__(self, run):
        self.run = run

    def name(self, event, frame):
        """(module, function, Image or None, offset) of a frame; function "" without symbols."""
        known = self.run.names.image(event.pid, frame.address)
        if not known:
            return "?", "", None, 0
        module, offset = known
        image = self.run.images.find(module)
        offset -= not frame.flags & TRAP  # a call that is the last of its function
        function = image.symbol(offset)[0] if image else ""
        module = "nt" if frame.address >= sites.KERNEL else module.rpartition(".")[0]
        if module == "ntdll" and function.startswith("Zw"):  # two names of one stub
            function = "Nt" + function[2:]
        return module, function, image, offset

    def heap(self, event):
        """Where the heap's public function is in a stack; None: nowhere."""
        for at, frame in enumerate(event.stack):
            module, function, _, _ = self.name(event, frame)
            heaps = function.endswith("Heap") and not function.startswith("Rtlp")
            if module == "ntdll" and heaps:
                return at
        return None

    def has(self, event, wanted):
        """Whether a function of that name is in the stack, inlined or not."""
        for frame in event.stack:
            _, function, image, offset = self.name(event, frame)
            places = image.at(offset) if image and image.own else ()
            names = [function, *(place.function for place in places)]
            if wanted in (reports.plain(name) for name in names):
                return True
        return False

    def _line(self, event, frame, depth):
        module, function, image, offset = self.name(event, frame)
        text = f"{module}!{self._short(function)}" if function else f"{module}+{offset:x}"
        places = image.at(offset) if image and image.own else []
        own = [place for place in places if place.line and not reports.is_library(place)]
        if own and own[-1] is places[-1]:
            text += f" at {own.pop().at()}"
        for place in own[::-1]:
            text += f", inlined {self._short(place.function)} at {place.at()}"
        return f"  {frame.address:08x} {'':{depth}}{text}" + self._guessed(frame)

    @staticmethod
    def _short(function):
        return sites.brief(reports.plain(function))

    @staticmethod
    def _guessed(frame):
        return "   (guessed)" if frame.flags & GUESSED else ""

    def stairs(self, frames):
        """Lines of [(event, frame)], outermost first."""
        lines, ring = [], False
        for depth, (event, frame) in enumerate(frames):
            if frame.address >= sites.KERNEL and not ring:
                ring = True
                lines.append(f"  {'':9}{'':{depth}}{RING}")
            lines.append(self._line(event, frame, depth))
        return lines

    def call(self, event, deepest):
        """The stack of a call, outermost first.  The heap's own word is exact: it is taken from
        the heap's function outwards, and the deepest event's inwards, across the ring."""
        frames = [(event, frame) for frame in event.stack]
        outer = self.heap(event)
        if event.name == "HeapOperation" and outer is not None:
            frames = frames[outer:]
        if deepest and deepest is not event:
            inner = [(deepest, frame) for frame in deepest.stack]
            at = self.heap(deepest)
            frames = inner if None in (at, outer) else inner[:at] + frames
        return frames[::-1]


class Walk:
    """run: answers.Run; wanted: the allocation's number; function: only those within it."""

    def __init__(self, run, wanted, function):
        self.run, self.wanted, self.function = run, wanted, function
        self.words, self.stacks = Words(run.stream.table), Stacks(run)
        self.within, self.pages, self.programs = {}, {}, {}
        self.count, self.head, self.call, self.meanwhile = 0, "", [], []
        self.touch, self.free = [], []

    def feed(self, event):
        thread = self.within.setdefault((event.pid, event.tid), [])
        if event.name == "ProcessCreate":
            self.programs[event.fields["Pid"]] = event.fields["Name"]
        elif event.name == "PageAlloc" and event.fields["Use"] == USER:
            self.pages[event.pid, event.fields["Address"] >> PAGE] = event
        elif event.name in GIVEN_BACK:
            first, size = event.fields["Base"] >> PAGE, event.fields["Size"] >> PAGE
            gone = [key for key in self.pages if key[0] == event.pid and 0 <= key[1] - first < size]
            for key in gone:
                del self.pages[key]
        if self.call and event.pid == self.pid:
            self._after(event)
        if event.name == "HeapOperation":
            began = event.time - (event.time - event.fields["Began"]) % WRAPS
            inside = [one for one in thread if one.time >= began]
            thread.clear()
            if event.fields["Operation"] in (ALLOCATE, REALLOCATE) and event.fields["Block"]:
                self._consider(event, inside)
        elif event.name in WITHIN + REGIONS and not self.words.is_own(event):
            thread.append(event)
            if event.name == "ServiceExit" and event.fields["Number"] == ALLOCATES:
                self._direct(thread)

    def _direct(self, thread):
        """A service has ended: an allocation of its own, if no heap's code is in its stack."""
        enters = [at for at, one in enumerate(thread) if one.name == "ServiceEnter"]
        inside = thread[enters[-1] :] if enters else []
        if any(one.name in REGIONS for one in inside) and self.stacks.heap(inside[0]) is None:
            self._consider(inside[0], inside)

    def _consider(self, event, inside):
        site = self.run.sites.of(event.pid, event.stack)
        if not site.own or self.function and not self.stacks.has(event, self.function):
            return
        self.count += 1
        if self.count == self.wanted:
            self._take(event, inside, site)

    def _take(self, event, inside, site):
        """This is the one."""
        regions = [one for one in inside if one.name in REGIONS]
        self.pid, self.is_heap = event.pid, event.name == "HeapOperation"
        self.heap = event.fields.get("Heap")
        self.block = event.fields["Block"] if self.is_heap else regions[0].fields["Base"]
        self.head = f"{self.programs.get(event.pid, '?')} (pid {event.pid})", sites.shown(site)
        cost = (event.time - event.fields["Began"]) % WRAPS if self.is_heap else 0
        self.call = [
            *self.stacks.stairs(self.stacks.call(event, regions[-1] if regions else None)),
            f"  => {self._told(event)}" + f"; {cost} instructions" * self.is_heap,
        ]
        self.meanwhile = list(self._lines(inside))
        page = self.pages.get((event.pid, self.block >> PAGE))
        if page:
            when = "in the call" if page in inside else "before the call"
            self.touch = [f"  {when}: {self._told(page)}"]

    def _after(self, event):
        """What came of the block."""
        fields = event.fields
        if event.name == "PageAlloc" and fields["Use"] == USER and not self.touch and not self.free:
            if fields["Address"] >> PAGE == self.block >> PAGE:
                frames = [(event, frame) for frame in event.stack][::-1]
                self.touch = [*self.stacks.stairs(frames), f"  => {self._told(event)}"]
        elif event.name == "HeapOperation" and self.is_heap and not self.free:
            old = {FREE: "Block", REALLOCATE: "Old"}.get(fields["Operation"])
            if old and (fields["Heap"], fields[old]) == (self.heap, self.block):
                site = sites.shown(self.run.sites.of(event.pid, event.stack))
                self.free = [f"  by {site}: {self._told(event)}"]
        elif event.name in GIVEN_BACK and not self.is_heap and not self.free:
            if fields["Base"] == self.block:
                site = sites.shown(self.run.sites.of(event.pid, event.stack))
                self.free = [f"  by {site}: {self._told(event)}"]

    def _told(self, event):
        """An event as text."""
        fields = self.words.fields(event)
        fields.pop("Began", None)
        if event.name == "HeapOperation":
            fields.pop("Operation")
        return " ".join([self.words.label(event), *(f"{k}={v}" for k, v in fields.items())])

    def _lines(self, events):
        """What happened: a line an event; faults that are alike once, with their number."""
        for kinds, alike in itertools.groupby(self._groups(events), key=self._kind):
            first, more = next(alike), len(list(alike))
            for at, event in enumerate(first):
                yield "    " * (at > 0) + f"  {self._told(event)}"
            if more:
                yield f"  and {more} more like that"

    @staticmethod
    def _kind(group):
        return [(one.name, one.fields.get("ErrorCode"), one.fields.get("Use")) for one in group]

    @staticmethod
    def _groups(events):
        """Each service and each fault with what is in it."""
        group = []
        for event in events:
            group.append(event)
            if (
                event.name.endswith("Exit")
                or len(group) == 1
                and event.name[:4] in ("Page", "Regi")
            ):
                if event.name != "PageFault":
                    yield group
                    group = []
        if group:
            yield group

    def text(self):
        """Lines of the answer; none: there is no such allocation."""
        if not self.call:
            return []
        process, site = self.head
        parts = {
            "the call": self.call,
            "meanwhile": self.meanwhile or ["  no service, no fault: it stayed in user mode"],
            "the touch": self.touch or ["  the page of its first byte was never touched"],
            "the free": self.free or ["  not seen"],
        }
        lines = [f"{process}: allocation {self.wanted} of {self.count} by its own code: {site}"]
        for name, part in parts.items():
            lines += ["", name, *part]
        return [line + "\n" for line in lines]
