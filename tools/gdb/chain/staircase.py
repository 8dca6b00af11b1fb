"""One call, step by step: which functions ran, at what cost, and what each of them changed.

    Walk(stepper, memory).run()  ->  root Frame, whose frames' facts have
        name, module, layer     of the function      shown     it begins a row of the staircase
        values                  its arguments        changes   lines of changes.py, of its time

A row is shown where a layer begins, or a function that the chain's table names (docs/chain.md);
what runs between two rows is counted for the upper one.
"""
from words.names import Names, symbol

from . import calls, changes, layers, values
from .stepper import fault_address

KERNEL = 0x80000000
ALWAYS = {
    *("VirtualAllocEx", "NtAllocateVirtualMemory", "NtFreeVirtualMemory", "KiFastSystemCall"),
    *("KiFastCallEntry", "KiTrap0E", "MmAccessFault", "PageAlloc", "PageFree"),
    *("RtlAllocateHeap", "RtlFreeHeap", "malloc"),
}
DOORS_OF_NTDLL = ("Nt", "Zw", "Ki", "Ldr")
MOST = 50_000  # instructions; an allocation has some thousands
ENDS = {  # the first instruction of a function that does not come back soon
    "KiSwapContext": "the thread waits here, and another one has the processor; `continue` goes on",
    "RtlpHeapFailure": "the heap found damage; `continue` shows its report",
    "NtTerminateProcess": "the program ends in this call",
    "NtTerminateThread": "the thread ends in this call",
}
SERVICE_ENTRIES = {"KiFastCallEntry": "sysenter", "KiSystemService": "int 2Eh"}
PAGE_FAULT = 0x0E
VECTORS = 256


class TooLong(Exception):
    """The call has not returned after so many instructions."""


class Over(Exception):
    """The call will not return, or not soon; its text says why."""


class Walk(calls.Watcher):
    def __init__(self, stepper, memory, every=False):
        self.stepper, self.memory, self.every = stepper, memory, every
        self.names = Names(memory.look)
        self.known = {}  # pc: (name, offset, module, layer)
        self.handlers = self._handlers()
        self.state = changes.Snapshot(memory)
        self.running = None  # the row that what changes now belongs to
        self.tree = None

    def _handlers(self):
        """{address: how it is entered} of the IDT's, and the way of sysenter."""
        found, table = {}, self.memory.look.symbol("KiTrapTable")
        for vector in range(VECTORS):
            if handler := self.stepper.word(table + 4 * vector):
                way = "page fault" if vector == PAGE_FAULT else f"trap {vector:02X}h"
                found.setdefault(handler, way)
        for name, way in SERVICE_ENTRIES.items():
            found.update(dict.fromkeys(layers.addresses(name), way))
        return found

    def run(self, most=MOST, tell=None):
        """The root frame; TooLong, Over and stepper.Ended leave an unfinished one in .tree.root."""
        self.tree = calls.Tree(self.stepper)
        self.tree.begin(self)
        while self.tree.advance():
            if self.stepper.count >= most:
                raise TooLong
            if tell and not self.stepper.count % 512:
                tell(self.stepper.count)
        return self.tree.root

    # ---- what calls.Tree tells ----
    def begins(self, pc):
        name, offset, _, _ = self.place(pc)
        return name if not offset else ""

    def trap(self, pc):
        return self.handlers.get(pc, "")

    def place(self, pc):
        if pc not in self.known:
            name, offset, _ = symbol(pc)
            module = "nt" if pc >= KERNEL else getattr(self.names.module(pc), "short", "?").lower()
            self.known[pc] = (plain(name), offset, module, layers.layer(pc, module))
        return self.known[pc]

    def entered(self, frame):
        name, _, module, layer = self.place(frame.pc)
        frame.facts.update(name=name, module=module, layer=layer, changes=[], values=[])
        if name in ENDS:
            raise Over(ENDS[name])
        shown = self.above(frame)
        begins = shown is None or deeper(layer, shown.facts["layer"], name) or frame.crossing
        frame.facts["shown"] = bool(begins or name in ALWAYS or self.every)
        if frame.facts["shown"]:
            self.note(shown)
            self.running = frame
            self.stepper.settle()
            frame.facts["values"] = [] if frame.crossing else values.arguments(self.stepper, name)
            if frame.crossing in SERVICE_ENTRIES.values():
                number = self.stepper.eax
                frame.facts["values"] = [values.Value("service", number, f"{number:X}h")]
            frame.facts["fault"] = self.fault() if frame.crossing == "page fault" else None

    def left(self, frame):
        if frame.facts.get("shown"):
            self.note(frame)
            values.again(self.stepper, frame.facts["values"])
            self.running = self.above(frame)

    def above(self, frame):
        """The nearest row above."""
        frame = frame.parent
        while frame is not None and not frame.facts.get("shown"):
            frame = frame.parent
        return frame

    # ---- what changed ----
    def note(self, row):
        """Since the last note it was this row's code that ran."""
        if row is None:
            return
        heaps = row.facts["layer"] == "heap"
        if not row.kernel and not heaps:
            return
        now = changes.Snapshot(self.memory, self.state, heaps, row.kernel)
        if heaps:  # one line for what it changed in several pieces
            before = row.facts.setdefault("heaps", self.state.heaps)
            row.facts["changes"] = changes.heaps_lines(before, now.heaps)
        else:
            row.facts["changes"] += changes.kernel_lines(self.state, now)
        self.state = now

    def fault(self):
        """(address, the region's kind and name) of the page fault that begins here."""
        address = fault_address()
        if address is None:
            return None
        for base, (end, kind, name, _) in self.state.regions.items():
            if base <= address < end:
                return address, kind, name
        return address, "", ""


def plain(name):
    """Without the underscore of a kernel's static, and what follows in a local label."""
    return name.split(".")[0].lstrip("_") if name.startswith(("_M", "_K")) else name


def deeper(layer, above, name):
    """Whether a row begins: what serves every layer is a part of the layer that asked."""
    if layer == "rest" or layer == "ntdll" and not name.startswith(DOORS_OF_NTDLL):
        return False
    return layers.NAMES.index(layer) > layers.NAMES.index(above)


def cost(frame):
    """Instructions of a row: its own, and those of what it calls that has no row."""
    return frame.own + sum(cost(child) for child in frame.calls if not child.facts.get("shown"))


def rows(frame, depth=0):
    """(depth, frame) of each row, in the order of time."""
    if frame.facts.get("shown"):
        yield depth, frame
        depth += 1
    for child in frame.calls:
        yield from rows(child, depth)
