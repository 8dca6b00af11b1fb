"""Where a program goes on that does not come back to its line: `next` over a spin wait, a throw, a
longjmp.

    next, step, until, advance, finish     hook: remember the frame; the first three in ring 3 let
      |                                      interrupts come
      |  longjmp                             a stop at the place that the buffer names
      |  __cxa_begin_catch                   a stop where the catch begins
      v    each only if that frame or one of its callers goes on there: else gdb's own plan holds
    the next stop                          all of it is off again

QEMU masks interrupts while it steps instructions; a flag that another thread sets would never
change.  With interrupts the timer's stub is entered, a function as any other to gdb: `next` goes
over it, `step` by a skip (`info skip`).  They come from the second instruction on (host/relay.py).
stepi masks them, as ever: it stays in the program.

A machine that counts instructions (--icount, make gdb) is stepped without interrupts: its clock
goes on to the next tick whenever it halts, so each step would be an interrupt.  There a line that
waits for another thread wants `tbreak LINE`, `continue`.

On a recording, a line back over an instruction that faulted does not enter the fault's handler;
the recording's server does that (record/faults.py).
"""
import gdb

from entrycode import read
import printers

MASKED, OPEN = 7, 1  # Qqemu.sstep: 1 step, 2 no interrupts, 4 no timers
KERNEL = 0x80000000
CALLS = 16  # bytes below a frame's ESP that calls in it may use and a callee's frame exceeds
BUF_ESP, BUF_EIP = 0x10, 0x14  # of a jmp_buf: setjmp.h
STEPPING = ("next", "step", "until")  # the others run to a breakpoint, or leave an inlined function
GOING, EXACT = ("next", "step", "until", "advance", "finish"), ("stepi", "nexti")
LINES_BACK = "reverse-next", "reverse-step", "reverse-finish"
EXACT_BACK = "reverse-stepi", "reverse-nexti"


class Going:
    """What is under way: the stack pointer and the end of the frame that is stepped."""

    def __init__(self):
        self.esp = self.end = None
        self.flags, self.recorded, self.masked = MASKED, False, False
        self.points = {}

    def interrupts(self, flags):
        flags = MASKED if self.masked else flags
        if (flags == OPEN or flags != self.flags) and not self.recorded:
            gdb.execute(f"maintenance packet Qqemu.sstep={flags:#x}", to_string=True)
            self.flags = flags

    def back(self, command):
        """Before a command of a recording that goes back: over faults, or into them."""
        if self.recorded:
            how = "whole" if command in LINES_BACK else "exact"
            gdb.execute(f"monitor back {how}", to_string=True)

    def begins(self, command):
        """Before a command of these."""
        if command == "finish":
            printers.returned.begins()
        try:
            frame = gdb.selected_frame()
            frame = frame.older() if command == "finish" else frame
            user = frame is not None and frame.pc() < KERNEL
            self.interrupts(OPEN if user and command in STEPPING else MASKED)
            if not user or command in EXACT:
                return
            self.esp, self.end = register(frame, "esp"), end_of(frame)
        except gdb.error:
            return  # no machine, or no frame: the command itself says so
        self.arm()

    def arm(self):
        """Points are made when their functions are known: a program may have none of them."""
        gdb.execute("monitor fathom quiet", to_string=True)
        for name, kind in POINTS.items():
            if name not in self.points and known(name):
                self.points[name] = kind(f"-function {name}", internal=True)
                self.points[name].silent = True
            if name in self.points:
                self.points[name].enabled = True

    def ended(self, _):
        """At each stop."""
        self.esp = self.end = None
        for point in self.points.values():
            if point.enabled:
                point.enabled = False


going = Going()


def register(frame, name):
    return int(frame.read_register(name)) & 0xFFFFFFFF


def end_of(frame):
    """The stack pointer of the caller: frames of callers have higher ones."""
    older = frame.older()
    return register(older, "esp") if older is not None else 0xFFFFFFFF


class Landing(gdb.Breakpoint):
    """Where the program goes on; the stop is shown as that of the step."""

    def __init__(self, where):
        super().__init__(f"*{where:#x}", internal=True, temporary=True)
        self.silent = True

    def stop(self):
        gdb.events.stop.connect(show)
        return True


def show(_):
    gdb.events.stop.disconnect(show)
    gdb.execute("frame")


class Jump(gdb.Breakpoint):
    """At longjmp(buffer, value)."""

    def stop(self):
        buffer = read(register(gdb.newest_frame(), "esp") + 4)
        if going.esp is not None and read(buffer + BUF_ESP) + CALLS >= going.esp:
            Landing(read(buffer + BUF_EIP))
        return False


class Catch(gdb.Breakpoint):
    """At __cxa_begin_catch, which the code of a catch calls first."""

    def stop(self):
        frame = gdb.newest_frame().older()
        if going.end is not None and end_of(frame) >= going.end:
            Landing(frame.pc())
        return False


POINTS = {"longjmp": Jump, "__cxa_begin_catch": Catch}


def known(name):
    try:
        return bool(gdb.decode_line(name)[1])
    except gdb.error:
        return False


def begin(recorded, counts):
    """counts: the machine counts instructions."""
    going.recorded, going.masked = recorded, counts
    for name in GOING + EXACT + LINES_BACK + EXACT_BACK:
        call = "begins" if name in GOING + EXACT else "back"
        # Run till exit from #1 ...
        says = "\npython crossing.before_finish()" if "finish" in name else ""
        hook = f"define hook-{name}\npython goingon.going.{call}('{name}'){says}\nend"
        gdb.execute(hook, to_string=True)
    for name in ("-rfu ^KiTrapStub[0-9]+$", "-fu KiTrap0E"):  # an interrupt, a page that is brought
        gdb.execute(f"skip {name}", to_string=True)
    gdb.events.stop.connect(going.ended)
