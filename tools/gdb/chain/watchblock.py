"""watch-block: who writes this heap block, its header or its contents?

    | HEAP_ENTRY | contents ...        |
      watched      watched                 and the doors that free or resize it

The heap's own writes pass, those of another process too.  A free or a resize stops and says so; the
watch stays on the place, so that a write after the free stops as well.  A block that moves is
watched where it is then.  On a recording it works in both directions.
"""
import gdb

from words import heaps
from words.blocks import ENTRY, Block, sound
from words.command import Word
from words.context import Look
from words.survey import Survey
from words.trouble import Missing, Trouble, need

from . import layers
from .bylayer import layer_of
from .stepper import Stepper
from .where import current_space, kernel_word, need_program, told

BUSY = 1  # of an entry's flags
MOST = 0xFFF0  # bytes of a watch: gdb compares values of 64 KiB at most
SHOWN = 8  # bytes of a change
REPEATS = (b"\xf2", b"\xf3")  # prefixes


class Place(gdb.Breakpoint):
    """A range of bytes, and what they were."""

    def __init__(self, watch, what, address, size):
        expression = f"*(unsigned char (*)[{size}]){address:#x}"
        super().__init__(expression, gdb.BP_WATCHPOINT, gdb.WP_WRITE, internal=True)
        self.silent, self.watch, self.what = True, watch, what
        self.start, self.size = address, size
        self.bytes = self.now()

    def now(self):
        try:
            return gdb.selected_inferior().read_memory(self.start, self.size).tobytes()
        except gdb.MemoryError:
            return b""  # no page is there yet

    def stop(self):
        before, self.bytes = self.bytes, self.now()
        if self.watch.space != current_space() or before == self.bytes:
            return False
        back = 0 if backwards() else 1
        if layers.layer(gdb.newest_frame().pc() - back, "") == "heap":
            return self.watch.given_out(self)
        if self.watch.is_same_writer():
            return False
        change = difference(*([before, self.bytes][:: 1 if back else -1]), self.start)
        verb = "are" if self.what == "contents" else "is"
        text = f"{self.watch.title}: its {self.what} {verb} written {writer(back)}"
        told.say(f"{text}\n  {change}{self.watch.whose(self.start)}")
        self.watch.finish = back == 1
        return True


class Door(gdb.Breakpoint):
    """RtlFreeHeap and RtlReAllocateHeap, of this block."""

    def __init__(self, watch, name, address):
        super().__init__(f"*{address:#x}", internal=True)
        self.silent, self.watch, self.name = True, watch, name

    def stop(self):
        if self.watch.space != current_space():
            return False
        if kernel_word("*(unsigned int *)($esp + 12)") != self.watch.data or backwards():
            return False
        self.watch.gone(self.name)
        return True


class Return(gdb.Breakpoint):
    """The return of a resize: the block may be elsewhere."""

    def __init__(self, watch, address, esp):
        super().__init__(f"*{address:#x}", internal=True)
        self.silent, self.watch, self.esp = True, watch, esp

    def stop(self):
        if self.watch.space != current_space() or kernel_word("$esp") < self.esp:
            return False
        self.watch.moved = kernel_word("$eax")
        told.say(f"{self.watch.title} is resized")
        return True


class Watch:
    def __init__(self, heap, block, parts):
        """parts: "header", "contents" or both."""
        self.space, self.heap = need_program(), heap
        self.key = heap.key
        self.freed, self.moved, self.resizing, self.finish = False, None, None, False
        self.points, self.last, self.parts = [], None, parts
        self.place(block)
        for name in ("RtlFreeHeap", "RtlReAllocateHeap"):
            self.points += [Door(self, name, a) for a in layers.addresses(name, layers.USER)]
        told.before(self.settle)

    def place(self, block):
        self.data, self.size, self.where = block.pointer, block.size, block.where
        for point in [p for p in self.points if isinstance(p, Place)]:
            self.points.remove(point)
            point.delete()
        if "header" in self.parts:
            self.points.append(Place(self, "header", self.data - ENTRY, ENTRY))
        if block.size and "contents" in self.parts:
            self.points.append(Place(self, "contents", block.data, min(block.size, MOST)))

    @property
    def title(self):
        state = ", freed" if self.freed else ""
        return f"block {self.data:08X} ({self.size} bytes{state})"

    def is_same_writer(self):
        """A loop that goes on writing is one writer: the same instruction of the same call."""
        frame = gdb.newest_frame()
        caller_ = frame.older()
        now = frame.pc(), caller_ and (caller_.pc(), int(caller_.read_register("esp")))
        same, self.last = now == self.last, now
        return same

    def whose(self, address):
        """Of a freed block: which other block has its place now."""
        found = find(address) if self.freed else None
        if not found or found[1].kind != "busy" or found[1].data == self.data:
            return ""
        return f"\n  the place is in block {found[1].data:08X} now ({found[1].size} bytes, in use)"

    def gone(self, name):
        if name == "RtlFreeHeap":
            again = " again" if self.freed else ""
            told.say(f"{self.title} is freed{again} {caller()}")
            self.freed = True
            return
        size = kernel_word("*(unsigned int *)($esp + 16)")
        told.say(f"{self.title} is resized to {size} bytes {caller()}")
        self.resizing = kernel_word("*(unsigned int *)$esp"), kernel_word("$esp") + 4

    def given_out(self, place):
        """After a free the heap wrote the header: whether the block is in use again."""
        if not self.freed or place.what != "header" or backwards() or len(place.bytes) < 4:
            return False
        code = int.from_bytes(place.bytes[:4], "little") ^ self.key
        if not sound(code) or not code >> 16 & BUSY:
            return False
        self.freed = False
        told.say(f"block {self.data:08X} is given out again {caller()}")
        return True

    def settle(self):
        """After a stop, when breakpoints may be made."""
        if self.finish:
            self.finish = False
            end_repetition()
            for point in self.points:
                if isinstance(point, Place):
                    point.bytes = point.now()
        if self.resizing:
            (address, esp), self.resizing = self.resizing, None
            self.points.append(Return(self, address, esp))
        if self.moved is not None:
            address, self.moved = self.moved, None
            self.follow(address)

    def follow(self, address):
        for point in [p for p in self.points if isinstance(p, Return)]:
            self.points.remove(point)
            point.delete()
        found = find(address) if address else None
        if not address:
            told.add("it could not be: the block stays as it was")
        elif found is None:
            told.add(f"it is {address:08X} now, in no sound heap; the old place stays watched")
        else:
            self.heap, self.key = found[0], found[0].key
            self.place(found[1])
            told.add(f"it is block {self.data:08X} now, {self.size} bytes, and watched there")

    def delete(self):
        told.no_more(self.settle)
        for point in self.points:
            if point.is_valid():
                point.delete()


def end_repetition():
    """Of `rep movs` and `rep stos`, which write in many steps: on to the instruction after it."""
    machine = Stepper()
    code = gdb.selected_inferior().read_memory(machine.pc, 1).tobytes()
    if code not in REPEATS or machine.pc >= layers.KERNEL:
        return
    row = gdb.selected_inferior().architecture().disassemble(machine.pc)[0]
    after = f"{row['addr'] + row['length']:x},1"
    for packet in (f"Z1,{after}", "c", f"z1,{after}"):
        machine.ask(packet)
    machine.settle()


def backwards():
    return "everse" in gdb.execute("show exec-direction", to_string=True)


def writer(back):
    """The function and line of the instruction that wrote; back: 1 if it is the one before."""
    frame = gdb.newest_frame()
    place = gdb.find_pc_line(frame.pc() - back)
    line = f" at {place.symtab.filename}:{place.line}" if place.symtab else f" at {frame.pc():08X}"
    who = frame.name() or "?"
    above = "" if layer_of(frame) == "program" else program_line(frame)
    return f"by {who}{line}" + (f", called by {above}" if above else "")


def caller():
    return f"by {program_line(gdb.newest_frame()) or 'nobody that is known'}"


def program_line(frame):
    """`NAME at FILE:LINE` of the nearest frame that is the program's own."""
    for _ in range(40):
        frame = frame.older() if frame else None
        if frame is None:
            return ""
        if layer_of(frame) == "program" and (place := frame.find_sal()).symtab:
            return f"{frame.name()} at {place.symtab.filename}:{place.line}"
    return ""


def difference(before, now, start):
    """Which bytes changed first, from what to what, in the order of time."""
    first = next((i for i, (a, b) in enumerate(zip(before, now)) if a != b), 0)
    last = max((i for i, (a, b) in enumerate(zip(before, now)) if a != b), default=first)
    end = min(last + 1, first + SHOWN)
    old, new = (data[first:end].hex(" ") if data else "no page" for data in (before, now))
    return f"{start + first:08X}: {old} -> {new}"


def find(address):
    """(Heap, Block) that holds an address; None: no heap has it."""
    look = Look()
    space = look.user_space()
    peb = need(space.record("PEB", look.process.record.Peb))
    for heap in heaps.every(space, peb)[0]:
        block = None if heap.wrong else Survey(heap).at(address)[0]
        if block is not None:
            return heap, block
    return None


WATCHES = []


class WatchBlock(Word):
    """Who writes this heap block, header or contents?  Stops there, at a free, at a resize."""

    name, group, windbg = "watch-block", "the chain", "ba w"
    usage = (
        "watch-block ADDR      watch the block that holds this address",
        "watch-block -h ADDR   its header alone; -c ADDR: its contents alone",
        "watch-block           the blocks that are watched",
        "watch-block -d [ADDR] no longer",
    )
    detail = """
The heap's own writes pass, and a loop stops once.  After a free the place stays watched: a write
then is a write after free, until the block is given out again, which is said too.  On a recording,
reverse-continue leads to the last writer.  Of a block above 64 KiB the first part is watched."""

    def run(self, arguments):
        options = arguments.only("d", "h", "c")
        if "d" in options:
            return remove(arguments)
        if not arguments.rest:
            print("\n".join(w.title for w in WATCHES) or "watch-block: no block is watched")
            return
        need_program()
        address = arguments.address()
        found = find(address)
        if found is None:
            raise Trouble(f"{address:08X}: no heap of this process has a block there")
        heap, block = found
        if block.kind == "lost":  # its header is overwritten: the address is all that is known
            block = Block("lost", block.where, address - ENTRY, 0, address, block.end - address)
        elif block.kind not in ("busy", "free"):
            raise Trouble(f"{address:08X} is the heap's own memory ({block.kind}), no block")
        parts = [name for name in ("header", "contents") if not options or name[0] in options]
        watch = Watch(heap, block, parts)
        watch.freed = block.kind == "free"
        WATCHES.append(watch)
        first = f", the first {MOST:,} bytes" if block.size > MOST else ""
        print(f"{watch.title}: its {' and '.join(parts)} watched{first}")


def remove(arguments):
    address = arguments.address() if arguments.rest else None
    chosen = [w for w in WATCHES if address is None or w.data <= address < w.data + max(w.size, 1)]
    for watch in chosen:
        watch.delete()
        WATCHES.remove(watch)
    print(f"watch-block: {', '.join(w.title for w in chosen) or 'nothing'} deleted")
