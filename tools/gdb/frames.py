"""How frames are shown: the crossings of the ring by their names, kernel names as C has them.

gdb calls the frame of a signal frame `<signal handler called>`; ours are KiFastCallEntry, KiTrap0E
and the like, with a line of NASM.  A frame filter is asked by `bt` alone; so `up` and `down` are
ours, and after a stop and `frame` a line with the name follows gdb's own words.

The caller of KiFastCallEntry is at sysenter, in KiFastSystemCall; gdb has where sysexit will land.
"""
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
    """One argument of a frame, as the filter hands it to gdb."""

    def __init__(self, argument, text):
        self.argument, self.text = argument, text

    def symbol(self):
        return self.argument.symbol()

    def value(self):
        return self.text


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
            return shown
        return plain(shown) if ours else bare(shown)

    def frame_args(self):
        frame = self.inferior_frame()
        if self.faulted() and named_at(frame.pc()) != frame.name():
            return None  # gdb has those of the function before
        return [self.with_flags(argument) for argument in super().frame_args() or ()]

    def with_flags(self, argument):
        """By its address, or where it is in a register as text."""
        symbol, function = argument.symbol(), str(self.inferior_frame().name())
        try:
            value = symbol.value(self.inferior_frame())
            text = None if value.is_optimized_out else flags.text(str(symbol), function, int(value))
        except (gdb.error, TypeError, AttributeError):  # no memory there, or no number
            return argument
        if text and value.address is not None:
            flags.remember(symbol, value, function)
            return argument
        return Argument(argument, text) if text else argument

    def filename(self):
        place = self.place()
        table = gdb.find_pc_line(place).symtab if place is not None else None
        return table.filename if table else super().filename()

    def line(self):
        place = self.place()
        return super().line() if place is None else gdb.find_pc_line(place).line or None


class Filter:
    name, enabled, priority = "fathom", True, 100

    def filter(self, frames):
        return (Named(f) for f in frames if not phantom(f.inferior_frame()))


def show_place(table, line):
    """The source line, as gdb shows it."""
    gdb.execute(f"list {table.filename}:{line},{line}")


def crossing(*_):
    """After a stop or frame: gdb says <signal handler called>, and this says of what."""
    try:
        frame = gdb.selected_frame()
        if frame.type() != gdb.SIGTRAMP_FRAME:
            return
        place = gdb.find_pc_line(frame.pc())
        print(f"{plain(frame.name())} () at {place.symtab.filename}:{place.line}")
        show_place(place.symtab, place.line)
    except (gdb.error, AttributeError):
        pass  # no frame, or no line


class Move(gdb.Command):
    """up, down: gdb's own, which moves, and the frame as `bt` has it."""

    def __init__(self, name, way):
        self.name = name
        type(self).__doc__ = f"{name} [N]: select the frame N frames {way}, and show it."
        super().__init__(name, gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        gdb.execute(f"{self.name}-silently {argument}")
        frame = gdb.selected_frame()
        named = Named(frame)
        place = named.place()
        found = None if place is None else gdb.find_pc_line(place)
        if found is None or found.symtab is None or named.resumed():
            gdb.execute("frame")
            return
        arguments = "()" if found.symtab.filename.endswith(".asm") else "(...)"
        where = f"{found.symtab.filename}:{found.line}"
        print(f"#{frame.level():<3}{named.function()} {arguments} at {where}")
        show_place(found.symtab, found.line)


class Up(Move):
    pass


class Down(Move):
    pass


gdb.frame_filters["fathom"] = Filter()
gdb.events.stop.connect(crossing)
gdb.execute("define hookpost-frame\npython frames.crossing()\nend", to_string=True)
Up("up", "out: to the caller")
Down("down", "in: to what it called")
