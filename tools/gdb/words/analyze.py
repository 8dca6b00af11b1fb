"""analyze: what is wrong here, in words: bug check, exception, heap corruption; layer and line.

It looks, in this order, for a bug check that is being told, an exception at hand, a program that
has crashed, damage that ntdll has just found, heaps that are damaged.  The guilty line is the
innermost one of the program itself.
"""
import gdb

from . import heaps
from .address import why
from .colour import address as shown
from .colour import paint
from .command import Word
from .dwarf import find_type
from .exc import bug_line, place
from .faults import bug_check_name
from .heapshow import record_lines
from .layers import layer, program_frame, walk
from .names import KERNEL, Names
from .stacks import Stacks
from .stops import bug_check, fault
from .survey import Survey
from .trouble import Trouble

MOST_FRAMES = 12
PATTERNS = {  # what fills memory: heap.h, gflags, the debug runtime
    0xFEEEFEEE: "a freed block's fill (free checking)",
    0xABABABAB: "the bytes after a block",
    0xBAADF00D: "a fresh block's fill",
    0xC0C0C0C0: "a fresh block's fill under page heap",
    0xCDCDCDCD: "a fresh block's fill of the debug runtime",
    0xDDDDDDDD: "a freed block's fill of the debug runtime",
    0xFDFDFDFD: "the debug runtime's fence around a block",
    0xCCCCCCCC: "a local variable that nothing was written to",
}
KINDS = {  # of HEAP_FAILURE_TYPE, in a student's words
    "block_not_busy": "the block is freed already (freed twice?)",
    "buffer_overrun": "the bytes after a block were written",
    "buffer_underrun": "the bytes before a block were written",
    "entry_corruption": "a block's header was written over",
    "usage_after_free": "a block was written after it was freed",
    "cross_heap_operation": "the block is another heap's",
    "invalid_argument": "no block of the heap begins there",
    "listentry_corruption": "a free block's links were written over",
    "freelists_corruption": "the free list is damaged: a freed block was written",
    "lfh_bitmap_mismatch": "the front end's masks and headers disagree",
}
WHAT = {  # of a bug check, by its name
    "PAGE_FAULT_IN_NONPAGED_AREA": "the kernel touched an address that has no page: {0:08x}",
    "UNEXPECTED_KERNEL_MODE_TRAP": "the processor raised trap {0:#x} in the kernel",
    "NMI_HARDWARE_FAILURE": "a non-maskable interrupt: hardware, or a person at the host",
    "ASSERTION_FAILED": "the kernel's own rule does not hold: a fault of the kernel's",
    "INSTALL_MORE_MEMORY": "the machine has too little memory",
}


class Analyze(Word):
    """What is wrong here, in words, with the guilty line."""

    name, group, windbg = "analyze", "what is wrong", "!analyze -v"
    usage = ("analyze                the bug check, exception or damage at hand; layer and line",)
    detail = "`exc` has the registers, `heap` the damage in detail, `bt` the whole stack."

    def run(self, arguments):
        arguments.only()
        self.look = arguments.look()
        self.names = Names(self.look)
        self.frames, self.held = walk(self.names), []
        for part in (self.bug_check, self.exception, self.crashed, self.told, self.damaged):
            lines = list(part())
            if lines:
                print("\n".join(lines))
                return
        sound = "the other heaps are sound" if self.held else "every heap is sound"
        print(f"nothing is wrong here: no bug check, no exception, {sound}")
        if self.held:
            print(f"  not judged, as their locks are held: {', '.join(self.held)}")
        print("\n".join(self.where()))

    # ---- what ----
    def bug_check(self):
        stop = bug_check(self.look)
        if stop is None:
            return
        yield paint(bug_line(stop), "bad")
        name = bug_check_name(stop[0])
        if name in WHAT:
            yield f"  {WHAT[name].format(*(stop[1] or [0] * 4))}"
        yield "  the kernel stopped the machine; nothing of the program goes on"
        yield from self.where()

    def exception(self):
        found = fault(self.look)
        if found is None:
            return
        yield paint(found.text, "bad")
        yield f"  at {place(self.names, found.address)}"
        if found.access:
            yield from self.refused(*found.access)
        if found.heap:
            yield from self.corrupt(*found.heap)
        self.frames = raised_at(self.frames, found.registers.values["eip"])
        yield from self.where()
        if not found.heap:
            yield from self.damaged()

    def refused(self, words, where):
        yield f"  {words} {shown(where)}: {why(self.look, where)}"
        if where < 0x10000:
            offset = f", with offset {where:#x}" if where else ""
            yield f"  a null pointer was used{offset}"
        for value, text in PATTERNS.items():
            if 0 <= where - value < 0x1000:
                yield f"  the pointer was read from {text}"
        yield from self.block(where)

    def block(self, where):
        """Whether the address is in a block that gflags knows, freed or not."""
        if not self.has_memory():
            return
        stacks = Stacks(self.look.space, self.look.symbol)
        record = stacks.around(where)
        if record is not None:
            state = "in use" if record.Busy else "freed"
            yield f"  it is in block {shown(record.Block)} of {record.Size} bytes, {state}"
            yield from record_lines(stacks, self.names, record)

    def corrupt(self, kind, heap, block):
        name = failure_names().get(kind, f"kind {kind}").removeprefix("heap_failure_")
        text = KINDS.get(name, name.replace("_", " "))
        yield f"  ntdll found it: {text}; heap {shown(heap)}, block {shown(block)}"
        yield from self.block(block)
        yield from self.damage_lines()

    def told(self):
        """ntdll is about to say what it found: the exception comes next."""
        frame = gdb.newest_frame() if self.frames else None
        while frame is not None and frame.name() != "RtlpHeapFailure":
            frame = frame.older()
        if frame is not None:
            yield paint("heap corruption, found just now", "bad")
            values = (int(frame.read_var(name)) for name in ("Type", "Heap", "Block"))
            yield from self.corrupt(*values)
            yield from self.where()

    def crashed(self):
        for process in self.look.processes:
            record = process.record
            if record.Crashed:
                yield paint(f"{process.title} has crashed: {record.CrashCode:08x}", "bad")
                yield f"  at {record.text('CrashPlace')}, {record.CrashAddress:08X}"

    def damaged(self):
        lines = list(self.damage_lines(certain=False))
        if lines:
            yield paint("a heap is damaged", "bad")
            yield from lines
            yield from self.where()

    def damage_lines(self, certain=True):
        """certain: damage is known to be there; else heaps that are locked are left alone."""
        if not self.has_memory():
            return
        space = self.look.space
        peb = space.record("PEB", self.look.process.record.Peb)
        if not peb:
            return
        stacks = Stacks(space, self.look.symbol)
        for heap in heaps.every(space, peb)[0]:
            survey = Survey(heap, stacks)
            if survey.owner and not certain:
                self.held.append(f"heap {heap.number} by thread {survey.owner}")
                continue
            for damage in survey.damages:
                yield paint(f"  heap {heap.number}: {damage}", "bad")
                yield from self.blame(damage)

    def blame(self, damage):
        """Which block was written past its end, where it is known."""
        suspect = getattr(damage, "block", None) or getattr(damage, "before", None)
        if suspect is None:
            return
        what = f"block {shown(suspect.pointer)} of {suspect.size} bytes, {suspect.kind}"
        yield f"    most likely from {what}: heap -x {suspect.pointer:08X}"

    def has_memory(self):
        return self.look.process is not None and not self.look.process.has_ended

    # ---- where ----
    def where(self):
        if not self.frames:
            return
        inner = self.frames[0]
        yield f"  layer: {layer(inner)}"
        guilty = program_frame(self.frames, self.look, self.names)
        if guilty is not None:
            yield paint(f"  the program's line: {guilty.text}", "title")
        yield "  stack"
        for frame in self.frames[:MOST_FRAMES]:
            yield f"    {layer(frame):<22} {frame.text}"
        if len(self.frames) > MOST_FRAMES:
            yield f"    and {len(self.frames) - MOST_FRAMES} frames more: bt"


def raised_at(places, eip):
    """The frames from the one that raised an exception on: not those that dispatch it."""
    for i, place_ in enumerate(places):
        if place_.pc == eip:
            return places[i:]
    return [p for p in places if p.pc < KERNEL] or places


def failure_names():
    try:
        return {int(f.enumval): f.name for f in find_type("HEAP_FAILURE_TYPE").fields()}
    except Trouble:
        return {}
