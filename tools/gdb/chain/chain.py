"""chain: arm, run one allocation, print the staircase.

Live: a breakpoint on each door stops at the first call that the program's own code makes, after
`main` began; the call is then stepped (staircase.py), and the machine stays at its return.  A
recording is only read: the next such call from here on, and one is back where one was.
"""
import os
import time

import gdb

from words import regions
from words.colour import paint
from words.command import Word
from words.context import Look
from words.names import Names
from words.trouble import Trouble

from . import changes, layers, show, staircase, stepper
from .where import current_space, process_runs

MAINS = ("main", "wmain", "WinMain", "wWinMain")
TOUCH = "touch"  # a first touch is a door, too
SECOND = 1.0


class Door(gdb.Breakpoint):
    """On a door: stops at a call by the program's own code."""

    def __init__(self, address, armed):
        super().__init__(f"*{address:#x}", internal=True)
        self.silent, self.armed, self.address_ = True, armed, address

    def stop(self):
        return self.armed.own_call()


class Main(gdb.Breakpoint):
    """The program's first function: what allocates before it is its runtime."""

    def __init__(self, address, armed):
        super().__init__(f"*{address:#x}", internal=True)
        self.silent, self.armed = True, armed

    def stop(self):
        self.armed.begun = True
        return False


class Fault(gdb.Breakpoint):
    """On the page fault's entry: stops if the program's own code touched a page of no image."""

    def __init__(self, address, armed):
        super().__init__(f"*{address:#x}", internal=True)
        self.silent, self.armed = True, armed

    def stop(self):
        return self.armed.own_touch()


class Armed:
    """The doors, while the machine runs to one of them."""

    def __init__(self, names, begun):
        self.names, self.points, self.known = names, [], set()
        self.begun = begun or main_is_below()
        self.space = current_space() if process_runs() else None  # None: of any process
        self.hit = False
        gdb.events.new_objfile.connect(self.arm)
        self.arm(None)

    def arm(self, _):
        """Again with each module that is loaded."""
        for name in self.names:
            if name == TOUCH:
                self.add(layers.addresses("KiTrap0E"), Fault)
            else:
                self.add(layers.addresses(name, layers.USER), Door)
        self.add(mains(), Main)

    def add(self, addresses, kind):
        for address in addresses - self.known:
            self.known.add(address)
            self.points.append(kind(address, self))

    def has_begun(self):
        """main was there, or the program has none that is known; and it is this process."""
        return self.space in (None, current_space()) and (self.begun or not mains())

    def own_call(self):
        self.hit = self.has_begun() and is_own(gdb.newest_frame().older())
        return self.hit

    def own_touch(self):
        frame = gdb.newest_frame().older()
        address = stepper.fault_address()
        self.hit = self.has_begun() and is_own(frame, 0) and is_private(address)
        return self.hit

    def disarm(self):
        gdb.events.new_objfile.disconnect(self.arm)
        for point in self.points:
            if point.is_valid():
                point.delete()


def mains():
    return set().union(*(layers.addresses(name, layers.USER) for name in MAINS))


def main_is_below():
    """Whether main's frame is on this stack."""
    try:
        frame = gdb.newest_frame()
    except gdb.error:
        return False
    for _ in range(100):
        if frame is None:
            return False
        if frame.name() in MAINS:
            return True
        frame = frame.older()
    return False


def is_private(address):
    """Whether the current process has memory of its own there: no image's, no file's."""
    if address is None:
        return False
    look = Look()
    found, _ = regions.walk(look.kernel, look.process.record.Space)
    region = regions.around(found, address)[0]
    return region is None or region.kind == "private"


def is_own(frame, back=1):
    """Whether a frame is of the program's own code: in its image, and not of a stock runtime that
    is linked into it, as far as sources say.  back: 1 where the pc is a return address."""
    if frame is None or frame.pc() >= layers.KERNEL:
        return False
    module = module_of(frame.pc())
    if module is None or not module.name.lower().endswith(".exe"):
        return False
    return "mingw-w64-crt" not in layers.source(frame.pc() - back)


def module_of(pc):
    try:
        return Names(Look()).module(pc)
    except Trouble:
        return None


class Chain(Word):
    """One allocation, layer by layer: run to the next one and show its staircase."""

    name, group = "chain", "the chain"
    usage = (
        "chain                 the next allocation that the program's own code asks for",
        "chain malloc          the next call of this door: malloc, new, HeapAlloc, ...",
        "chain free            freeing has a staircase, too",
        "chain touch           the next page that the program's own code touches first",
        "chain -a              with every function, not the layers' first alone",
    )
    detail = """
Each row is a layer: the instructions that it took, the function with its arguments and its
result, and what it changed in heaps, regions, page table entries and counts of pages.  A ~~~~
line is a crossing of the ring.  The machine then stands at the call's return; interrupts were
masked meanwhile, and breakpoints inside the call do not stop.  On a recording nothing runs, and
one stays where one is."""

    def run(self, arguments):
        every = "a" in arguments.only("a")
        names = doors(arguments.rest)
        if stepper.position() is not None:
            recorded(names, every)
        else:
            live(names, every)


def doors(text):
    """The functions that are waited for."""
    if not text:
        return layers.ALLOCATING
    known = [*layers.ALLOCATING, *layers.FREEING, *layers.ALIASES]
    if text == TOUCH:
        return (TOUCH,)
    if text in layers.ALIASES or text in known or layers.addresses(text, layers.USER):
        return (text,)
    raise Trouble(
        f"{text}: no function here has this name, and it is no door; doors are malloc, new, "
        "HeapAlloc, LocalAlloc, GlobalAlloc, VirtualAlloc, CoTaskMemAlloc, SysAllocString, free, "
        "...; a DLL's own after it is loaded"
    )


# ---- live ----
def live(names, every):
    stepper.Stepper()  # or the sentence that there is no machine
    armed, ended = Armed(names, False), False
    try:
        said = gdb.execute("continue", to_string=True)
        print("" if armed.hit else said, end="")
    except gdb.error as wrong:
        ended = bool(wrong)
    finally:
        armed.disarm()
    if ended or not gdb.selected_inferior().pid:
        print("chain: the program ended before such a call")
    elif armed.hit:
        trace(stepper.Stepper(), every)
    else:
        print("chain: stopped here before such a call; `chain` again goes on")


def trace(machine, every):
    """From the first instruction of a door to its return."""
    caller = gdb.newest_frame().older()
    touched = machine.pc >= layers.KERNEL
    print(paint(f"{'touched' if touched else 'called'} {place_text(caller)}", "dim"))
    walk = staircase.Walk(machine, changes.Memory(Look()), every)
    ended = ""
    try:
        walk.run(tell=progress())
    except staircase.TooLong:
        ended = f"after {machine.count:,} instructions it has not returned; one is in its middle"
    except staircase.Over as over:
        ended = str(over)
    except stepper.Ended as wrong:
        ended = f"{wrong} in the middle of the call"
    except KeyboardInterrupt:
        ended = "stopped by Ctrl-C in the middle of the call"
    finally:
        machine.settle()
        if os.isatty(1):
            gdb.write("\r\033[K", gdb.STDERR)  # the line of progress
    print("\n".join(show.lines(walk.tree.root, every)))
    if ended:
        print(paint(f"chain: {ended}", "bad"))
    return not ended


def place_text(frame):
    if frame is None:
        return "by nobody that is known"
    line = frame.find_sal()
    where = f"{line.symtab.filename}:{line.line}" if line.symtab else f"{frame.pc():08X}"
    return f"by {frame.name() or '?'} at {where}"


def progress():
    """A function that tells a terminal how far it is."""
    if not os.isatty(1):
        return None
    said = [time.monotonic()]

    def tell(count):
        if time.monotonic() - said[0] > SECOND:
            said[0] = time.monotonic()
            gdb.write(f"\rchain: {count:,} instructions ", gdb.STDERR)
            gdb.flush(gdb.STDERR)

    return tell


# ---- recorded ----
def recorded(names, every):
    here = stepper.position()[0]
    armed = Armed(names, True)
    try:
        gdb.execute("continue", to_string=True)
        if armed.hit:
            number, count = stepper.position()
            print(paint(f"instruction {number:,} of {count:,}", "dim"))
            trace(stepper.Stepper(), every)
        else:
            print("chain: the recording has no such call from here on; `goto 0` is its beginning")
    finally:
        armed.disarm()
        stepper.go(here)
