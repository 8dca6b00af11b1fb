"""What a session does so that it breaks nothing and says where one is.

  first screen       what to type, before the first command
  call, print f()    in ring 3 alone: the kernel would run the program's code on its own stack
  run, start         say that the machine runs already (gdb would start the kernel as a host program)
  an exception       of a program stops the session at the line that raised it
"""
import gdb

KERNEL = 0x80000000
LIVE = (
    "The machine is halted before its first instruction.  Try:",
    "  break main      continue        the program's first line",
    "  break NtAllocateVirtualMemory   continue   bt      the stack across the ring",
    "  stepi           one instruction, also through sysenter; finish: to the caller",
)
RECORDED = (
    "This is a recording: it can be stepped forward and back, and not changed.  Try:",
    "  break PageAlloc   continue   bt            down to the page allocator",
    "  watch -l NAME     reverse-continue         who wrote this variable?",
    "  reverse-stepi     reverse-finish           one instruction, one function back",
    "  goto N            goto                     to the N-th instruction; which one is this?",
)
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


def ring():
    try:
        return 0 if gdb.selected_frame().pc() >= KERNEL else 3
    except gdb.error:
        return None


def allow_calls(*_):
    """After each stop: a call is possible in ring 3 only."""
    allowed = ring() == 3
    gdb.execute(f"set may-call-functions {'on' if allowed else 'off'}", to_string=True)


def refuse(name):
    print(f"{name}: the machine is there already; continue goes on with it")


class Exceptions(gdb.Breakpoint):
    """KiDispatchException(record, frame, firstChance), of user mode."""

    def __init__(self):
        super().__init__("KiDispatchException", internal=True)
        self.silent, self.text = True, None
        gdb.events.stop.connect(self.show)

    def stop(self):
        record, trap = gdb.parse_and_eval("record"), gdb.parse_and_eval("frame")
        code = int(record["ExceptionCode"]) & 0xFFFFFFFF
        if code in QUIET or not int(trap["SegCs"]) & 3:
            return False
        first = bool(gdb.parse_and_eval("firstChance"))
        self.text = describe(code, record, int(trap["Eip"]) & 0xFFFFFFFF, first)
        return True

    def show(self, _):
        """After each stop; of ours the program's own frame is shown."""
        text, self.text = self.text, None
        if not text:
            return
        print(text)
        frame = gdb.newest_frame()
        while frame is not None and frame.pc() >= KERNEL:
            frame = frame.older()
        if frame is not None:
            frame.select()
            gdb.execute("frame")


def describe(code, record, eip, first):
    name = CODES.get(code, "exception")
    text = f"{'first' if first else 'second'} chance: {name} ({code:#x})"
    if code == 0xC0000005 and int(record["NumberParameters"]) >= 2:
        kind, address = (int(record["ExceptionInformation"][i]) & 0xFFFFFFFF for i in (0, 1))
        text += f": {WORDS.get(kind, 'access of')} {address:#010x}"
    return f"{text}, at {eip:#010x}"


class Goto(gdb.Command):
    """goto N: to the N-th instruction of the recording.  Without N: which one this is."""

    def __init__(self):
        super().__init__("goto", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        said = gdb.execute(f"monitor goto {argument}" if argument else "monitor position", to_string=True)
        for what in ("register-cache", "dcache"):
            gdb.execute(f"maintenance flush {what}", to_string=True)
        print(said, end="")
        if from_tty:
            gdb.execute("frame")


def welcome(recorded):
    print("\n".join(RECORDED if recorded else LIVE))


def begin(recorded):
    gdb.events.stop.connect(allow_calls)
    for name in ("run", "start", "starti"):
        gdb.execute(f"define {name}\npython manners.refuse('{name}')\nend", to_string=True)
    if recorded:
        Goto()
    else:
        Exceptions()
