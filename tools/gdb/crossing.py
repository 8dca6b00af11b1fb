"""The frame of a crossing where gdb itself prints it: at a stop, and for thread and finish.

gdb prints `<signal handler called>` for each signal frame.  It has to be one: only then the address
of what it interrupted is exact.  So it is an ordinary frame while gdb prints it, and only then:

    hook-stop, before gdb prints    ordinary: an unwinder claims the frame, with what CFI found
    the event `stop`, after that    a signal frame again

So do the hooks of thread, finish (`Run till exit from #1 ...`) and return.
"""
import gdb
from gdb.unwinder import Unwinder, register_unwinder

import crossed

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
        if frame is None or frame.type() != gdb.SIGTRAMP_FRAME or frame.older() is None:
            return
        level = gdb.selected_frame().level()
        self.caller = {name: word(frame.older(), name) for name in REGISTERS}
        self.place = word(frame, "eip"), word(frame, "esp")
        self.unwind_anew(level)

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


def before_finish():
    """gdb goes from the innermost frame alone to a caller whose stack is lower (crossed.py)."""
    if crossed.level() == 0:
        before()


def before_return():
    """The selected frame is about to be popped: its caller will be printed."""
    try:
        ordinary.begin(gdb.selected_frame().older())
    except gdb.error:
        pass


def goes_on(_):
    """What was printed is over, and so are its registers."""
    ordinary.place = None


def after(*_):
    try:
        ordinary.end()
    except gdb.error:
        ordinary.place = None


def stopped(_):
    """gdb has printed; a user's own hook-stop takes the place of ours."""
    if ordinary.place is None and crossed.at_crossing():
        crossed.show()
    after()


PRINTING = ("thread", "info threads")  # the selected frame


def hook(name, when, call):
    *prefix, last = name.split(" ")
    words = " ".join([*prefix, when + last])
    gdb.execute(f"define {words}\npython crossing.{call}()\nend", to_string=True)


def begin():
    register_unwinder(None, ordinary, replace=True)
    gdb.events.stop.connect(stopped)
    gdb.events.cont.connect(goes_on)
    gdb.events.before_prompt.connect(after)
    crossed.begin()
    hook("stop", "hook-", "before")
    for name in PRINTING:
        hook(name, "hook-", "before")
        hook(name, "hookpost-", "after")
    hook("return", "hook-", "before_return")
    hook("return", "hookpost-", "after")
