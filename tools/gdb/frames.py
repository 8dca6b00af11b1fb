"""How frames are shown: the crossings of the ring by their names, kernel names as C has them.

gdb calls the frame of a signal frame `<signal handler called>`; ours are KiFastCallEntry, KiTrap0E
and the like, with a line of NASM.  A frame filter is asked by `bt` alone: crossing.py has stops,
crossed.py the commands that show frames.

The caller of KiFastCallEntry is at sysenter, in KiFastSystemCall; gdb has where sysexit will land.
"""
import itertools
import re

import gdb
from gdb.FrameDecorator import FrameDecorator

import entrycode
import flags

KERNEL = 0x80000000
DECORATED = re.compile(r"^_?(\w+?)(?:\.\w+)?(?:@\d+)?$")


def plain(name):
    """KiFastCallEntry of _KiFastCallEntry.ready, NtContinue of NtContinue@8."""
    match = DECORATED.match(name or "")
    return match[1] if match else name


def bare(name):
    """g of g(int): gdb shows the arguments itself."""
    text = name.removesuffix(" const")
    if not text.endswith(")"):
        return name
    depth = 0
    for at in range(len(text) - 1, 0, -1):
        depth += (text[at] == ")") - (text[at] == "(")
        if not depth:
            return text[:at]
    return name


class Argument:
    """One argument of a frame, in a register; gdb asks for its value, and then prints that."""

    def __init__(self, argument, value, text):
        self.argument, self.its, self.text = argument, value, text

    def symbol(self):
        return self.argument.symbol()

    def value(self):
        flags.tell(self.its, self.text)
        return self.its


def named_at(pc):
    """The function at an address, not at the one before it, where gdb looks for a caller."""
    block = gdb.block_for_pc(pc)
    while block is not None and block.function is None:
        block = block.superblock
    if block is not None:
        return block.function.print_name
    said = gdb.execute(f"info symbol {pc:#x}", to_string=True).split(" ")
    return said[0] if "section" in said else None


def phantom(frame):
    """An inlined function that the faulting instruction is not in, but the one before it."""
    newer = frame.newer()
    if frame.type() != gdb.INLINE_FRAME or newer is None or not entrycode.building(newer.pc()):
        return False
    return named_at(frame.pc()) != frame.name()


class Named(FrameDecorator):
    def crosses(self):
        return self.inferior_frame().type() == gdb.SIGTRAMP_FRAME

    def entered(self):
        """Whether it is at sysenter: gdb has where it will return to, the next instruction."""
        newer = self.inferior_frame().newer()
        at_return = plain(self.inferior_frame().name()) == "KiFastSystemCallRet"
        return at_return and newer is not None and plain(newer.name()) == "KiFastCallEntry"

    def faulted(self):
        """Whether the kernel builds a trap's frame for it: the frame is there, its pc is exact."""
        newer = self.inferior_frame().newer()
        while newer is not None and phantom(newer):
            newer = newer.newer()
        return newer is not None and entrycode.building(newer.pc())

    def resumed(self):
        """Whether it was cut short by an exception: its pc is no return address."""
        newer = self.inferior_frame().newer()
        return newer is not None and newer.name() == "KiUserExceptionDispatcher"

    def place(self):
        """The address whose function and line are shown; None: gdb's own choice is right."""
        pc = self.inferior_frame().pc()
        if self.entered():
            return pc - 1
        return pc if self.crosses() or self.faulted() or self.resumed() else None

    def function(self):
        frame, place = self.inferior_frame(), self.place()
        shown = super().function() if place is None or self.crosses() else named_at(place)
        shown = frame.name() if self.crosses() or not isinstance(shown, str) else shown
        source = frame.find_sal().symtab
        ours = frame.pc() >= KERNEL or source and source.filename.endswith(".asm")
        if not isinstance(shown, str):
            return shown or "??"
        if shown == "???":  # so gdb 16 names what has no name
            return "??"
        return plain(shown) if ours else bare(shown)

    def frame_args(self):
        frame = self.inferior_frame()
        if self.faulted() and named_at(frame.pc()) != frame.name():
            return None  # gdb has those of the function before
        return [self.with_flags(argument) for argument in super().frame_args() or ()]

    def with_flags(self, argument):
        """By its address, or where it is in a register as it is printed."""
        symbol, function = argument.symbol(), str(self.inferior_frame().name())
        try:
            value = symbol.value(self.inferior_frame())
            text = None if value.is_optimized_out else flags.text(str(symbol), function, int(value))
        except (gdb.error, TypeError, AttributeError):  # no memory there, or no number
            return argument
        if text and value.address is not None:
            flags.remember(symbol, value, function)
            return argument
        return Argument(argument, value, text) if text else argument

    def filename(self):
        place = self.place()
        table = gdb.find_pc_line(place).symtab if place is not None else None
        return table.filename if table else super().filename()

    def line(self):
        place = self.place()
        return super().line() if place is None else gdb.find_pc_line(place).line or None


class Filter:
    name, enabled, priority = "fathom", True, 100
    level = None  # of the only frame that is shown; None: all

    def filter(self, frames):
        if self.level is not None:
            one = (f for f in frames if f.inferior_frame().level() == self.level)
            return (Named(f) for f in itertools.islice(one, 1))
        return (Named(f) for f in frames if not phantom(f.inferior_frame()))


shown = gdb.frame_filters["fathom"] = Filter()


def row():
    """Print the row that `bt` has of the selected frame."""
    level = gdb.selected_frame().level()
    if not shown.enabled:  # the user took the filter away: all rows come
        said = gdb.execute(f"info stack {level + 1}", to_string=True)
        print(re.search(rf"^#{level} .*", said, re.M)[0])
        return
    shown.level = level
    try:
        gdb.execute("info stack")  # backtrace is crossed.py's
    finally:
        shown.level = None
