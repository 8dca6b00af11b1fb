"""A program's exceptions stop the session at the program's own line.

    the processor, int3       KiDispatchException(record, frame, firstChance)   in the kernel
    RaiseException            RtlRaiseException(record)                         in ntdll
    nobody handled it         OutermostHandler(record, ...), NtRaiseException   second chance
    C++ (GCC)                 __cxa_throw(object, type), std::terminate()       in the program

GCC's throw raises no exception of Windows: it unwinds by itself.  `next` over a throw ends at the
catch (goingon.py) and does not stop here.  `set stop-on-throw off`: no throw does.
"""
import os
import re

import gdb

from entrycode import read
import goingon

KERNEL, MASK = 0x80000000, 0xFFFFFFFF
CODES = {  # winnt.h: what the user of a debugger meets
    0x80000001: "guard page",
    0x80000002: "datatype misalignment",
    0x80000003: "breakpoint",
    0xC0000005: "access violation",
    0xC000001D: "illegal instruction",
    0xC0000094: "integer divide by zero",
    0xC0000095: "integer overflow",
    0xC0000096: "privileged instruction",
    0xC00000FD: "stack overflow",
    0xC0000374: "heap corruption",
    0xC0000409: "stack buffer overrun",
    0x20474343: "C++ exception (GCC)",
    0xE06D7363: "C++ exception (Visual C++)",
}
WORDS = {0: "read of", 1: "write to", 8: "execution of"}
QUIET = (0x40010006, 0x406D1388)  # DBG_PRINTEXCEPTION_C, a thread's name: not a fault
UNWINDING = 6  # ExceptionFlags: the handler is not asked any more


def describe(record, first, address):
    code = int(record["ExceptionCode"]) & MASK
    text = f"{'first' if first else 'second'} chance: {CODES.get(code, 'exception')} ({code:#x})"
    if code == 0xC0000005 and int(record["NumberParameters"]) >= 2:
        kind, where = (int(record["ExceptionInformation"][i]) & MASK for i in (0, 1))
        text += f": {WORDS.get(kind, 'access of')} {where:#010x}"
    return f"{text}, at {address:#010x}"


def quiet(record):
    return int(record["ExceptionCode"]) & MASK in QUIET


# ---- where a stop is shown ----
class Shown:
    """The text of a stop of ours, until the stop is shown."""

    text, ours = None, ()

    def show(self, _):
        text, self.text = self.text, None
        if not text:
            return
        frame = self.guilty()
        at = re.search(r"at (0x\w{8})", text)
        elsewhere = frame is not None and at and frame.pc() != int(at[1], 16)
        print(text + (", called from" if elsewhere else ""))
        if frame is not None:
            frame.select()
            gdb.execute("frame")

    def guilty(self):
        """The innermost frame of the program's own code; else the innermost of user mode."""
        first = frame = user_frame()
        while frame is not None and not self.own(frame):
            frame = frame.older()
        return frame or first

    def own(self, frame):
        table = frame.find_sal().symtab
        if table is None or "mingw-w64" in table.filename:
            return False
        file = os.path.basename(table.objfile.filename).lower()
        return ".dbg.o." not in file and file.split(".dll.")[0] + ".dll" not in self.ours


def user_frame():
    frame = gdb.newest_frame()
    while frame is not None and frame.pc() >= KERNEL:
        frame = frame.older()
    return frame


shown = Shown()


# ---- where they stop ----
class Stop(gdb.Breakpoint):
    def __init__(self, where):
        super().__init__(where, internal=True)
        self.silent = True

    def stop(self):
        shown.text = self.says()
        return shown.text is not None


class Dispatched(Stop):
    """At KiDispatchException, of user mode."""

    def says(self):
        record, trap = gdb.parse_and_eval("record"), gdb.parse_and_eval("frame")
        if quiet(record) or not int(trap["SegCs"]) & 3:
            return None
        return describe(record, bool(gdb.parse_and_eval("firstChance")), int(trap["Eip"]) & MASK)


class Raised(Stop):
    """At RtlRaiseException(record)."""

    def says(self):
        record = argument(4).cast(gdb.lookup_type("EXCEPTION_RECORD").pointer())
        return (
            None
            if quiet(record)
            else describe(record, True, int(record["ExceptionAddress"]) & MASK)
        )


class Unhandled(Stop):
    """At OutermostHandler: no handler of the thread took it."""

    def says(self):
        record = gdb.parse_and_eval("record")
        if quiet(record) or int(record["ExceptionFlags"]) & UNWINDING:
            return None
        return (
            describe(record, False, int(record["ExceptionAddress"]) & MASK) + ", no handler took it"
        )


class Throw(Stop):
    """At __cxa_throw(object, type_info, destructor)."""

    def says(self):
        if goingon.going.end is not None or not gdb.parameter("stop-on-throw"):
            return None
        return f"first chance: C++ exception {type_name(int(argument(8)))}"


class Terminated(Stop):
    """At std::terminate(), which ends the program."""

    def says(self):
        return "second chance: C++ exception that no catch takes; std::terminate ends the program"


def argument(offset):
    """A word from ESP on, at a function's first instruction."""
    esp = int(gdb.newest_frame().read_register("esp")) & MASK
    return gdb.Value(read(esp + offset)).cast(gdb.lookup_type("unsigned int"))


def type_name(info):
    """Of a std::type_info, by its symbol: the page with its own name may not be there yet."""
    said = gdb.execute(f"info symbol {info:#x}", to_string=True)
    name = said.split(" in section")[0].removeprefix("typeinfo for ")
    if name.startswith("_ZTI"):
        name = gdb.execute(f"demangle {name}", to_string=True).strip().removeprefix("typeinfo for ")
    return name if " in section" in said and "+" not in name else "of an unknown type"


class StopOnThrow(gdb.Parameter):
    """Whether a C++ throw stops the session at its line."""

    set_doc = show_doc = __doc__

    def __init__(self):
        super().__init__("stop-on-throw", gdb.COMMAND_RUNNING, gdb.PARAM_BOOLEAN)
        self.value = True

    def get_set_string(self):
        return ""

    def get_show_string(self, value):
        return f"A C++ throw stops the session: {value}."


LATER = {"__cxa_throw": Throw, "std::terminate": Terminated}  # once a module has them


def arm(_):
    for name, kind in list(LATER.items()):
        if goingon.known(name):
            del LATER[name]
            kind(f"-function {name}" if "::" in name else f"*{name}")


def begin(out):
    shown.ours = {
        name.lower() for name in os.listdir(os.path.join(out, "bin")) if name.endswith(".dll")
    }
    Dispatched("KiDispatchException")
    Raised("*RtlRaiseException")
    Unhandled("OutermostHandler")
    StopOnThrow()
    gdb.events.new_objfile.connect(arm)
    gdb.events.stop.connect(shown.show)
