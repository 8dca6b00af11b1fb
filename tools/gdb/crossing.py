"""The frame of a crossing outside of `bt`: at a stop, and for frame, up, down, thread, finish.

gdb prints `<signal handler called>` for each signal frame.  It has to be one: only then the address
of what it interrupted is exact.  So it is an ordinary frame while gdb prints it, and only then:

    hook-stop, before gdb prints    ordinary: an unwinder claims the frame, with what CFI found
    the event `stop`, after that    a signal frame again
"""
import gdb
from gdb.unwinder import Unwinder, register_unwinder

from frames import Named

REGISTERS = "eip esp ebp ebx esi edi eax ecx edx".split()
MASK = 0xFFFFFFFF


class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class Ordinary(Unwinder):
    """Claims one frame: the crossing that gdb prints now."""

    def __init__(self):
        super().__init__("fathom-crossing")
        self.place, self.caller = None, {}  # (EIP, ESP) of that frame; the registers of its caller

    def begin(self, frame):
        if frame.type() != gdb.SIGTRAMP_FRAME or frame.older() is None:
            return
        self.caller = {name: word(frame.older(), name) for name in REGISTERS}
        self.place = word(frame, "eip"), word(frame, "esp")
        self.unwind_anew(frame.level())

    def end(self):
        if self.place is None:
            return
        level = gdb.selected_frame().level()
        self.place = None
        self.unwind_anew(level)

    def unwind_anew(self, level):
        gdb.execute("maintenance flush register-cache", to_string=True)
        gdb.execute(f"select-frame {level}")

    def __call__(self, pending):
        if self.place is None:
            return None
        here = tuple(int(pending.read_register(name)) & MASK for name in ("eip", "esp"))
        if here != self.place:
            return None
        kind = gdb.lookup_type("unsigned int")
        values = {name: gdb.Value(number).cast(kind) for name, number in self.caller.items()}
        info = pending.create_unwind_info(FrameId(values["esp"], gdb.Value(here[0]).cast(kind)))
        for name, value in values.items():
            info.add_saved_register(name, value)
        return info


def word(frame, register):
    return int(frame.read_register(register)) & MASK


ordinary = Ordinary()


def before():
    """The selected frame is about to be printed."""
    try:
        ordinary.begin(gdb.selected_frame())
    except gdb.error:
        pass  # no frame, or no memory to unwind it from


def after(*_):
    try:
        ordinary.end()
    except gdb.error:
        ordinary.place = None


def stopped(_):
    """gdb has printed; a user's own hook-stop takes the place of ours."""
    if ordinary.place is None:
        named_too()
    after()


def show():
    """The selected frame, as `bt` has it, and its line."""
    frame = gdb.selected_frame()
    named, level = Named(frame), frame.level()
    place = named.place()
    found = None if place is None else gdb.find_pc_line(place)
    known = found is not None and found.symtab is not None
    if not known or named.resumed() or named.crosses() and level == 0:
        before()
        gdb.execute(f"frame level {level}")
        after()
        return
    arguments = "()" if found.symtab.filename.endswith(".asm") else "(...)"
    where = f"{found.symtab.filename}:{found.line}"
    print(f"#{level:<3}{named.function()} {arguments} at {where}")
    gdb.execute(f"list {where},{found.line}")


def named_too():
    """After what prints any frame: a crossing by its name as well."""
    try:
        if gdb.selected_frame().type() == gdb.SIGTRAMP_FRAME:
            show()
    except gdb.error:
        pass  # no frame


def choose(argument):
    gdb.execute(f"select-frame {argument}")
    show()


def refuse():
    print("frame: one word is taken, `frame 1+1`; none was selected")


class Move(gdb.Command):
    """up, down: gdb's own, which moves, and the frame as `bt` has it."""

    def __init__(self, name, way):
        self.name = name
        type(self).__doc__ = f"{name} [N]: select the frame N frames {way}, and show it."
        super().__init__(name, gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        gdb.execute(f"{self.name}-silently {argument}")
        show()


class Up(Move):
    pass


class Down(Move):
    pass


# A command of gdb's own language keeps the subcommands of the one that it replaces.
FRAME = """define frame
if $argc == 0
python crossing.show()
else
if $argc == 1
python crossing.choose("$arg0")
else
python crossing.refuse()
end
end
end
document frame
frame [N]: select frame N, a number or an expression without blanks, and show it; without N the
selected one.
frame apply, frame function, frame level and the like are gdb's own.
end"""
PRINTING = ("thread", "info threads")  # the selected frame
CHOOSING = ("frame level", "frame function", "frame address")


def hook(name, when, call):
    *prefix, last = name.split(" ")
    words = " ".join([*prefix, when + last])
    gdb.execute(f"define {words}\npython crossing.{call}()\nend", to_string=True)


def begin():
    register_unwinder(None, ordinary, replace=True)
    gdb.events.stop.connect(stopped)
    gdb.events.before_prompt.connect(after)
    Up("up", "out: to the caller")
    Down("down", "in: to what it called")
    gdb.execute(FRAME, to_string=True)
    hook("stop", "hook-", "before")
    for name in PRINTING:
        hook(name, "hook-", "before")
        hook(name, "hookpost-", "after")
    for name in CHOOSING:
        hook(name, "hookpost-", "named_too")
