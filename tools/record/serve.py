"""A recording behind gdb's remote protocol: gdb steps it forward and back.

    gdb --packets--> Server --forward, back--> Recording

Nothing runs: memory and registers are read, and a write is refused.  A breakpoint is an EIP in a
process, a watchpoint the bytes of a virtual address in the space where it was set; tools/stub has
what a live machine does as well.  Packets: appendix E of the gdb manual; `bs` and `bc` are
reverse-stepi and reverse-continue.
"""
import select
import struct

from stub import registers
from stub.points import BREAK
from stub.stub import FEATURES, Stub
from stub.wire import INTERRUPT

from . import faults
from .recording import REGISTERS

OFTEN = 512  # steps between two looks for Ctrl-C
STOPPED, BEGIN, END = b"T05thread:p01.01;", b"T05replaylog:begin;", b"T05replaylog:end;"
UNKNOWN = "x" * 8  # a register that is not recorded
ALSO = {registers.CR0 + i: name for i, name in enumerate(("cr0", "cr2", "cr3", "cr4"))}
NUMBERED = {**dict(enumerate(REGISTERS[:16])), **ALSO}
OURS = {number: REGISTERS.index(name) for number, name in NUMBERED.items()}


class Server(Stub):
    """hook: the address of LdrpModuleLoaded."""

    KINDS = "012"

    def __init__(self, recording, gdb, kernel, libraries, hook, say):
        self.recording, self.hook = recording, hook
        super().__init__(gdb, kernel, libraries, say)
        self.whole = False  # steps back go over faults' handlers and thunks (faults.py)
        self.spaces = {}  # process id: CR3, of those that have watchpoints
        self.look_around()

    def look_around(self):
        """gdb is to have the symbols of where this is now."""
        process = self.process()
        if process:
            self.library_event(process)
            self.home = process

    def word(self, number):
        return self.recording.registers()[OURS[number]]

    def elsewhere(self, packet):
        return b"E01" if packet[:1] == b"m" else b""

    # ---- what is asked ----
    def _supported(self, _):
        ours = b"PacketSize=4000;ReverseStep+;ReverseContinue+;hwbreak+;qXfer:features:read+"
        return ours + FEATURES

    def _features(self, rest):
        at, size = (int(word, 16) for word in rest.rpartition(b":")[2].split(b","))
        text = registers.description().encode()
        return (b"m" if at + size < len(text) else b"l") + text[at : at + size]

    def _read_registers(self, _):
        state = self.recording.registers()
        known = {n: state[index].to_bytes(4, "little").hex() for n, index in OURS.items()}
        row = [known.get(n, UNKNOWN) for n in range(registers.ST0)]
        return ("".join(row) + floating(self.recording.floating()).hex() + UNKNOWN).encode()

    def _insert(self, rest):
        if self.shown:
            self.spaces[self.shown.id] = self.shown.cr3
        return Stub._insert(self, rest)

    # ---- movement ----
    def _written(self, n):
        """The address of a watchpoint whose bytes step n changed; else None."""
        for (kind, address), size in self.points.wanted.items():
            owner = self.points.owners.get((kind, address))
            where = None
            if kind != BREAK:
                where = self.recording.physical(address, self.spaces.get(owner))
            for start, change in self.recording.step(n)[1] if where is not None else ():
                if start < where + size and where < start + len(change):
                    return address
        return None

    def _asked(self):
        """Whether gdb has sent something, Ctrl-C most likely."""
        return bool(select.select([self.gdb], [], [], 0)[0])

    def _interrupted(self):
        if self.recording.n % OFTEN or not self._asked():
            return False
        self.gdb.fill()
        return self.gdb.pending() == INTERRUPT

    def _told(self, reply, quick=False):
        return self.show(self.process(), reply, quick)

    def _move(self, call):
        if (held := self.release()) is not None and not self.moved(held):
            return held
        self.points.begin()
        self.broke = False
        return call(self)

    def _step(self):
        if not self.recording.forward():
            return END
        return self._told(STOPPED, self.word(registers.EIP) != self.hook)

    def _step_back(self):
        least = faults.before(self.recording, self.recording.n) if self.whole else None
        if least is not None:
            return self._continue_back(least)
        return self._told(STOPPED) if self.recording.back() else BEGIN

    def _passes(self, *indexes):
        """Whether nothing in these blocks can be a stop."""
        stops = {self.hook, *(address for kind, address in self.points.wanted if kind == BREAK)}
        stops.update(*(point.where for point in self.points.user.values()))
        lines = set()
        for (kind, address), size in self.points.wanted.items():
            if kind != BREAK:
                cr3 = self.spaces.get(self.points.owners.get((kind, address)))
                if cr3 is None:
                    return False
                lines |= self.recording.lines(address, size, cr3)
        return not any(self.recording.sketch(index).has(stops, lines) for index in indexes)

    def _leap_ahead(self):
        """Over blocks without a stop, and a step on; False: it is at the last."""
        while (index := self.recording.ahead()) is not None and self._passes(index):
            self.recording.leap(index)
            if self._asked():
                break
        return self.recording.forward()

    def _leap_back(self, least):
        """Back over such blocks, not beyond step least; the step before one may be a stop, too."""
        first = self.recording.first
        while (index := self.recording.behind()) is not None and first[index] > least:
            if not self._passes(index, index - 1) or self._asked():
                return
            self.recording.leap(index)

    def _continue(self):
        while self._leap_ahead():
            if (stop := self._stop(self.recording.n)) is not None:
                return stop
        return self._told(END)

    def _continue_back(self, least=-1):
        """To a stop, or to step least."""
        watching = any(kind != BREAK for kind, _ in self.points.wanted)
        while True:
            self._leap_back(least)
            if self.recording.n == least:
                return self._told(STOPPED)
            written = self._written(self.recording.n) if watching else None
            if not self.recording.back():
                return self._told(BEGIN)
            if written is not None:
                return self._told(b"T05watch:%x;" % written)
            if (stop := self._stop(None)) is not None:
                return stop

    def _stop(self, changed):
        """Why it stops where it is; changed: the step whose writes count."""
        watching = changed and any(kind != BREAK for kind, _ in self.points.wanted)
        written = self._written(changed) if watching else None
        if written is not None:
            return self._told(b"T05watch:%x;" % written)
        eip = self.word(registers.EIP)
        if eip == self.hook and changed and (process := self.process()):
            if process == self.home or self.points.pending:
                return self.library_event(process)
        users = self.points.user.values()
        if (BREAK, eip) in self.points.wanted or any(eip in point.where for point in users):
            if self.meant(eip, self.process()):
                self.broke = True
                return self._told(b"T05hwbreak:;")
        return self._told(b"T02") if self._interrupted() else None

    # ---- the rest ----
    def monitor(self, words):
        """monitor position | goto N | decoded | register NAME | back whole|exact"""
        command, _, argument = words.partition(" ")
        if command == "goto" and argument.isdigit():
            self.recording.go(min(int(argument), self.recording.count - 1))
            self.look_around()
        elif command == "decoded":
            return f"{self.recording.decoded}\n"
        elif command == "register" and argument in REGISTERS:
            return f"{self.recording.registers()[REGISTERS.index(argument)]:#x}\n"
        elif command == "back" and argument in ("whole", "exact"):
            self.whole = argument == "whole"
            return ""
        elif command != "position":
            return "position, goto N, decoded, register NAME, back whole or back exact\n"
        return f"instruction {self.recording.n} of {self.recording.count}\n"


def floating(image):
    """gdb's st0 to st7, fctrl to fop, xmm0 to xmm7 and mxcsr, of an FXSAVE image, whose first
    register is the top of the stack."""
    control, status, valid = struct.unpack_from("<HHB", image)
    stack = [image[at : at + 10] for at in range(32, 160, 16)]
    top = status >> registers.TOP_SHIFT & 7
    tags = sum(registers.tag(stack[(i - top) & 7], not valid >> i & 1) << 2 * i for i in range(8))
    words = struct.pack("<8I", control, status, tags, *[0] * 5)
    return b"".join(stack) + words + image[160:288] + image[24:28]


def same(text):
    return lambda server, rest: text


Server.ANSWERS = [
    (b"qSupported", Server._supported),
    (b"qXfer:features:read:target.xml:", Server._features),
    (b"qAttached", same(b"1")),
    (b"qfThreadInfo", same(b"mp1.1")),
    (b"qsThreadInfo", same(b"l")),
    (b"qC", same(b"QCp1.1")),
    (b"?", same(STOPPED)),
    (b"bs", lambda server, rest: server._move(Server._step_back)),
    (b"bc", lambda server, rest: server._move(Server._continue_back)),
    (b"g", Server._read_registers),
    (b"M", same(b"E01")),
    (b"Z", Server._insert),
    (b"s", lambda server, rest: server._move(Server._step)),
    (b"c", lambda server, rest: server._move(Server._continue)),
    (b"H", same(b"OK")),
    (b"T", same(b"OK")),
    (b"D", same(b"OK")),
]
