"""What a server of gdb's packets does, whatever is behind it: a machine or a recording.

gdb sees one process at a time (shown), with the symbols of its modules.  Before a stop in another
one gdb is told that its libraries changed; the stop itself is held back until gdb resumes (held),
which it does at once when it has exchanged them.

A server has registers as bytes by word(), answers of its own in ANSWERS, and _resume().
Invariant: while gdb talks, nothing moves.
"""
import os
import traceback

from . import commands, condition, memory, registers
from .points import BREAK, Points
from .wire import INTERRUPT, Closed

LIBRARY = b"T05thread:p01.01;library:;"
BREAKS = (b"T05thread", b"T05hwbreak")
FEATURES = b";qXfer:libraries-svr4:read+;QStartNoAckMode+;ConditionalBreakpoints+"


class Stub:
    """gdb: a Wire.  kernel: process.Kernel.  libraries: Libraries.  say: prints a line for the
    person."""

    def __init__(self, gdb, kernel, libraries, say):
        self.gdb, self.kernel, self.libraries, self.say = gdb, kernel, libraries, say
        self.points, self.memory = Points(), memory.Memory(self)
        self.shown = self.home = None  # the process whose symbols gdb has; where it stopped last
        self.modules, self.held = [], None  # modules: of shown, as gdb has them
        self.broke = False  # the last stop was at a breakpoint
        self.late = False  # Ctrl-C came when a step had ended already: the next step ends with it
        self.quiet = True  # gdb reads for itself: since a resume, until a stop is shown (`where`)

    # ---- what is behind ----
    def word(self, number):
        """A register by gdb's number."""
        raise NotImplementedError

    def elsewhere(self, packet):
        """The answer to what is none of ours."""
        return b""

    def monitor(self, words):
        """A command that is none of ours: (what it prints, the answer)."""
        return f"{words}: no such command\n"

    def close(self):
        self.gdb.socket.close()

    # ---- packets ----
    def serve(self):
        """Until gdb or what is behind has gone."""
        try:
            while True:
                packet = self.gdb.receive()
                if packet == INTERRUPT:
                    self.late = True
                else:
                    self.gdb.send(self._answer(packet))
                if packet == b"QStartNoAckMode":
                    self.gdb.acknowledge = False
        except Closed:
            pass
        finally:
            self.close()

    def _answer(self, packet):
        """A mistake of ours is said, and an error for gdb: it does not wait for ever."""
        try:
            return self.answer(packet)
        except Closed:
            raise
        except Exception as wrong:
            at = traceback.extract_tb(wrong.__traceback__)[-1]
            place = f"{os.path.basename(at.filename)}:{at.lineno}"
            what = f"{wrong!r}, asked for {packet[:40]!r}"
            self.say(f"fathom: gdb's server failed at {place}: {what}")
            return b"E01"

    def answer(self, packet):
        for start, call in [*self.ANSWERS, *ANSWERS]:
            if packet.startswith(start):
                return call(self, packet[len(start) :])
        return self.elsewhere(packet)

    def _insert(self, rest):
        first, *more = rest.split(b";")
        kind, address, length = first.decode().split(",")
        if kind not in self.KINDS:
            return b""
        codes = condition.of_packet(more)
        self.points.insert(kind, int(address, 16), int(length, 16), self.shown, codes)
        return b"OK"

    def meant(self, address, process):
        """A stop at a breakpoint: of this process, and one of its conditions holds."""
        codes = self.points.codes.get(address)
        return self.points.stops(address, process) and (not codes or any(map(self._holds, codes)))

    def _holds(self, code):
        try:
            return condition.holds(code, self.word, self.memory.bytes)
        except (condition.Unknown, KeyError):
            return True

    def _remove(self, rest):
        kind, address, _ = rest.split(b";")[0].decode().split(",")
        self.points.remove(kind, int(address, 16))
        return b"OK"

    def _libraries(self, rest):
        at, size = (int(word, 16) for word in rest.rpartition(b":")[2].split(b","))
        text = self.libraries.xml().encode()
        return (b"m" if at + size < len(text) else b"l") + text[at : at + size]

    # ---- processes ----
    def process(self):
        """The Process of CR3; None: the kernel's own space, or before there is one."""
        return self.kernel.current(self.word(registers.CR3)) if self.memory.paging() else None

    def release(self):
        """gdb resumes: the stop that was held back, if there is one."""
        reply, self.held, self.quiet = self.held, None, True
        return reply

    def moved(self, reply):
        """A breakpoint's place is another one with these symbols: the stop that was held back was
        at none."""
        eip = self.word(registers.EIP)
        return reply.startswith(BREAKS) and self.broke and (BREAK, eip) not in self.points.wanted

    def show(self, process, reply, quick=False):
        """A stop that gdb is told, after the libraries of its process.  quick: they are the same
        if the process is."""
        if process is None or quick and process == self.shown:
            return reply
        self.home = process
        if process == self.shown and self.memory.modules(process) == self.modules:
            return reply
        self.held = reply
        return self.library_event(process)

    def library_event(self, process):
        self.shown, self.modules = process, self.memory.modules(process)
        self.libraries.changed()
        return LIBRARY


ANSWERS = [
    (b"qXfer:libraries-svr4:read:", Stub._libraries),
    (b"QStartNoAckMode", lambda stub, rest: b"OK"),
    (b"Z", Stub._insert),
    (b"z", Stub._remove),
    (b"m", lambda stub, rest: stub.memory.read(rest)),
    (b"qRcmd,", lambda stub, rest: commands.run(stub, rest)),
]
