"""What a session does so that it breaks nothing and says where one is.

  first screen       what to type, before the first command
  call, print f()    in ring 3 alone: the kernel would run the program's code on its own stack;
                     on a recording never
  set, jump          refused on a recording, with a sentence
  rwatch, awatch     refused on a recording, with a sentence
  run, start         say that the machine runs already (gdb would start the kernel as a
                     host program)
  an exception       stops the session (exceptions.py)
"""
import gdb

import modules

KERNEL = 0x80000000
LIVE = (
    "The machine is halted before its first instruction.  Try:",
    "  chain           the program's next allocation, layer by layer",
    "  break main      continue        the program's first line",
    "  break NtAllocateVirtualMemory   continue   bt      the stack across the ring",
    "  stepi           one instruction, also through sysenter; finish: to the caller",
    "  words           Fathom's own commands: heaps, regions, pages, processes, modules",
)
RECORDED = (
    "This is a recording: it can be stepped forward and back, and not changed.  Try:",
    "  chain                                      the next allocation, layer by layer",
    "  break PageAlloc   continue   bt            down to the page allocator",
    "  watch -l NAME     reverse-continue         who wrote this variable?",
    "  reverse-stepi     reverse-finish           one instruction, one function back",
    "  goto N            goto                     to the N-th instruction; which one is this?",
    "  words           Fathom's own commands: heaps, regions, pages, processes, modules",
)


def ring():
    try:
        return 0 if gdb.selected_frame().pc() >= KERNEL else 3
    except gdb.error:
        return None


def allow_calls(recorded):
    """After each stop: a call is possible in ring 3 only."""
    allowed = ring() == 3 and not recorded
    gdb.execute(f"set may-call-functions {'on' if allowed else 'off'}", to_string=True)


def refuse(name):
    print(f"{name}: the machine is there already; continue goes on with it")


def unread():
    raise gdb.GdbError("a recording holds what was written, not what was read: use watch")


class Goto(gdb.Command):
    """goto N: to the N-th instruction of the recording.  Without N: which one this is."""

    def __init__(self):
        super().__init__("goto", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        number = argument.replace(",", "")  # as `chain` writes it
        if number and not number.isdigit():
            raise gdb.GdbError("goto: no number of an instruction; goto alone says which this is")
        asked = f"monitor goto {number}" if number else "monitor position"
        said = gdb.execute(asked, to_string=True)
        for what in ("register-cache", "dcache"):
            gdb.execute(f"maintenance flush {what}", to_string=True)
        modules.exchange()
        print(said, end="")
        if number and (last := said.split()[1]) != str(int(number)):
            print(f"the recording has no instruction {number}; {last} is its last")
        if from_tty:
            gdb.execute("frame")


def welcome(recorded):
    print("\n".join(RECORDED if recorded else LIVE))


def begin(recorded):
    gdb.events.stop.connect(lambda _: allow_calls(recorded))
    for name in ("run", "start", "starti"):
        gdb.execute(f"define {name}\npython manners.refuse('{name}')\nend", to_string=True)
    if recorded:
        Goto()
        for what in ("memory", "registers"):  # gdb's own sentences
            gdb.execute(f"set may-write-{what} off", to_string=True)
        for name in ("rwatch", "awatch"):
            gdb.execute(f"define hook-{name}\npython manners.unread()\nend", to_string=True)
