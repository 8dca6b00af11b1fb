"""What every thread did, as slices that nest, and what each process had, as counters.

    ServiceEnter .... PageFault .. PageFaultExit .... ServiceExit       events of one thread
    [ NtAllocateVirtualMemory      [ page fault ]               ]       its slices

Each thread has a stack of open slices.  The event that ends one closes it, with all that were
opened within it, and a service closes the one before it, since none calls another.  So a service
that does not return (NtContinue) and a record that was lost leave no slice open.  A call of a heap
is one event, at its end, which says when it began.  What runs is a track of its own, from one
switch to the next.  Every other event is a mark at its time.

Invariants: 1. the slices of a thread nest: of two that overlap one holds the other; 2. a slice
begins no earlier than the one before it in `slices`, once all are there; 3. a counter's times never
go back.
"""
from dataclasses import dataclass, field

from .memory import Memory
from .words import Words, fault_kind

BEGINS = {"ServiceEnter": "service", "PageFault": "fault"}
ENDS = {"ServiceExit": "service", "PageFaultExit": "fault"}
PROCESSOR = 0, 1  # the track of what runs
WRAPS = 1 << 32  # Began is the clock's low half


@dataclass
class Slice:
    name: str
    kind: str
    start: int
    end: int
    pid: int
    tid: int
    fields: dict = field(default_factory=dict)  # as text
    began: dict = field(default_factory=dict)  # the event that began it
    uses: list = field(default_factory=list)  # of the pages that were allocated within it
    whole: bool = True  # its own end was seen


@dataclass
class Mark:
    name: str
    time: int
    pid: int
    tid: int
    fields: dict


class Timeline:
    """Of a whole run: feed it every event, then finish().

    table: events.table.Table of the stream; place: of an event with a stack, the line of source
    that it is of, or ""."""

    def __init__(self, table, place=lambda event: ""):
        self.words, self.place = Words(table), place
        self.slices, self.marks, self.counters = [], [], []
        self.processes, self.threads = {0: "kernel"}, {}  # {pid: name}, {(pid, tid): name}
        self.open, self.of = {}, {}  # {(pid, tid): [Slice]}: those that are open, all
        self.last = {}  # {(pid, tid): time of its last event}
        self.memory, self.zero, self.end = Memory(), None, 0

    def feed(self, event):
        if self.words.is_own(event):
            return
        if self.zero is None:
            self.zero = event.time
        self.end = max(self.end, event.time - self.zero)
        thread = event.pid, event.tid
        self.last[thread] = self.end
        self.processes.setdefault(event.pid, "")
        self.threads.setdefault(thread, f"thread {event.tid}" if event.tid else "before any thread")
        self._names(event)
        label = self.words.label(event)
        if event.name in BEGINS:
            self._begin(BEGINS[event.name], label, thread, self.words.fields(event), event.fields)
        elif event.name == "ContextSwitch":
            self._switch(thread, event)
        elif event.fields.get("Began"):
            self._call(label, thread, event)
        elif event.name == "PageAlloc" and self.open.get(thread):
            self.open[thread][-1].uses.append(event.fields["Use"])
            self.marks.append(Mark(label, self.end, *thread, self._fields(event)))
        elif not self._end(ENDS.get(event.name), thread, event):
            self.marks.append(Mark(label, self.end, *thread, self._fields(event)))
        for pid, name, value in self.memory.feed(event):
            self.counters.append((self.end, pid, name, value))

    def finish(self):
        """The run has ended: what is open ends with the last event of its thread."""
        self.last[PROCESSOR] = self.end
        for thread, stack in self.open.items():
            while stack:
                self._close(stack, self.last[thread], whole=stack[-1].kind in ("thread", "runs"))
        self.slices.sort(key=lambda one: (one.start, -one.end))

    def _names(self, event):
        """Who is born gets a name, and a thread the slice that all of its others are in."""
        if event.name == "ProcessCreate":
            self.processes[event.fields["Pid"]] = event.fields["Name"]
        elif event.name == "ThreadCreate":
            born = event.fields["Pid"], event.fields["Tid"]
            self.processes.setdefault(born[0], "")
            self.threads[born], self.last[born] = f"thread {born[1]}", self.end
            self._begin("thread", self.threads[born], born, {})

    def _fields(self, event):
        place = self.place(event) if event.stack else ""
        return {**self.words.fields(event), **({"At": place} if place else {})}

    def _begin(self, kind, name, thread, fields, began=()):
        if kind == "service":
            self._close_all(thread, lambda stack: any(one.kind == kind for one in stack))
        one = Slice(name, kind, self.end, self.end, *thread, fields, dict(began))
        self.open.setdefault(thread, []).append(one)
        self._add(one)

    def _end(self, kind, thread, event):
        """Close the slice that this event ends; False: none is open, its beginning was not seen."""
        stack, fields = self.open.get(thread, []), self._fields(event)
        same = [one for one in stack if one.kind == kind]
        if not same or kind == "service" and same[-1].name != fields.pop("Number"):
            return False
        while stack[-1] is not same[-1]:
            self._close(stack, self.end, whole=False)
        same[-1].fields.update(fields)
        if kind == "fault":
            code = same[-1].began["ErrorCode"]
            same[-1].fields["Kind"] = fault_kind(code, event.fields["Status"], same[-1].uses)
        self._close(stack, self.end)
        return True

    def _call(self, name, thread, event):
        """A call of a heap has ended: a slice around all that its thread did since it began."""
        start = self.end - (event.time - event.fields["Began"]) % WRAPS
        self._close_all(thread, lambda stack: stack and stack[-1].start > start)
        for one in reversed(self.of.get(thread, [])):
            if one.start < start:
                start = max(start, one.end)  # of an open one still its start
                break
        self._add(Slice(name, "heap", start, self.end, *thread, self._fields(event)))

    def _switch(self, thread, event):
        """The processor goes from this thread to another."""
        other = event.fields["Pid"], event.fields["Tid"]
        if stack := self.open.get(PROCESSOR):
            stack[-1].fields["Then"] = self.words.value(event, "State")
            self._close(stack, self.end)
        self.threads[PROCESSOR] = "processor"
        name = f"{self.processes.get(other[0])} thread {other[1]}" if other[0] else "kernel"
        self._begin("runs", name, PROCESSOR, {})

    def _close_all(self, thread, wrong):
        """Close slices whose ends were not seen, from the innermost one, while wrong(stack)."""
        stack = self.open.get(thread, [])
        while wrong(stack):
            self._close(stack, self.end, whole=False)

    def _add(self, one):
        self.slices.append(one)
        self.of.setdefault((one.pid, one.tid), []).append(one)

    @staticmethod
    def _close(stack, time, whole=True):
        one = stack.pop()
        one.end, one.whole = max(time, one.start), whole
