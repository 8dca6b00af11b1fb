"""The line between gdb and the machine's stub: it knows whether the machine runs.

    gdb --packets--> Relay --packets--> QEMU's stub
                       |  runs, halted: Session.release_input, hold_input
                       |  the machine has ended: its last word, so that gdb does not lose the line

A line that is typed while the machine is halted is gdb's, never the program's input.  When the
machine ends, gdb gets the program's exit code and can go on with its script.  Packets: appendix E
of the gdb manual.

QEMU masks interrupts while it steps.  Where gdb asks for them (Qqemu.sstep), they come from the
second step on, counted from where it removed a breakpoint: the first one is to go over that
breakpoint, which the return from an interrupt would hit again.

Invariants
  1. Every other packet is passed on unchanged, and in order.
  2. The session is told of a halt before gdb is.
Lock: none; all of it is called by the session's thread.
"""
import socket
import threading

GO_ON = (b"c", b"C", b"s", b"S", b"vCont;")
REMOVE = (b"z0", b"z1")
KILL = (b"k", b"vKill")
STEP, SSTEP, MASKED = (b"s", b"S", b"vCont;s", b"vCont;S"), b"Qqemu.sstep=", b"Qqemu.sstep=0x7"
SIZE = 65536


def pieces(data):
    """(acknowledgements, Ctrl-C and whole packets in order, what is left of data)."""
    found = []
    while data:
        end = 1
        if data[:1] == b"$":
            end = data.find(b"#") + 3
            if end < 3 or end > len(data):
                break
        found.append(data[:end])
        data = data[end:]
    return found, data


def packet(text):
    data = text if isinstance(text, bytes) else text.encode("latin-1")
    return b"$%s#%02x" % (data, sum(data) & 0xFF)


class Relay:
    def __init__(self, session, listening, stub):
        """listening: where gdb comes; stub: the path of QEMU's socket."""
        self.session, self.path = session, stub
        self.gdb = self.stub = None
        self.running = False
        self.rest = {}
        self.asked, self.steps, self.has = MASKED, 0, MASKED
        self.killed = False  # gdb's kill ended the machine
        self.over = threading.Event()  # gdb has gone, or the machine
        session.hold_input()
        session.watch(listening, self._accept)

    def _accept(self, listening):
        self.session.forget(listening)
        self.gdb, _ = listening.accept()
        self.stub = socket.socket(socket.AF_UNIX)
        self.stub.connect(self.path)
        self.session.watch(self.gdb, lambda line: self._pass(line, self.stub, self._of_gdb))
        self.session.watch(self.stub, lambda line: self._pass(line, self.gdb, self._of_stub))

    def _pass(self, line, other, look):
        try:
            data = line.recv(SIZE)
        except OSError:
            data = b""
        if not data or other is None:
            self._gone(line)
            return
        found, self.rest[line] = pieces(self.rest.get(line, b"") + data)
        try:
            other.sendall(b"".join(look(piece, piece[1:-3]) for piece in found))
        except OSError:
            pass  # it has gone; its own line says so

    def _of_gdb(self, piece, payload):
        """What the stub gets for this piece."""
        if payload.startswith(SSTEP):
            self.asked, self.steps, self.has = payload, 0, MASKED
            return packet(MASKED)
        if payload.startswith(STEP):
            self.steps += 1
            if self.steps == 2:
                self._have(self.asked)
        if payload.startswith(REMOVE):
            self.steps = 0
            self._have(MASKED)
        if payload.startswith(KILL) and not self.killed:
            self.killed = True
            if payload.startswith(b"vKill"):  # QEMU's OK is lost where it ends first
                self.gdb.sendall(b"+" + packet("OK"))
        if payload.startswith(GO_ON):
            self.running = True
            self.session.release_input()
        return piece

    def _have(self, flags):
        """Have the stub step so: a packet of our own, and its OK; gdb waits for none then."""
        if flags == self.has:
            return
        self.has, answer = flags, b""
        self.stub.sendall(packet(flags))
        while b"#" not in answer[:-2] and (data := self.stub.recv(SIZE)):
            answer += data
        self.stub.sendall(b"+")  # now: a running machine would stop at it

    def _of_stub(self, piece, payload):
        """What gdb gets."""
        if self.killed:
            return b""
        if self.running and payload[:1] in (b"W", b"X"):
            return b""  # QEMU 10's own exit code; the last word is the program's (end)
        if self.running and payload[:1] in (b"T", b"S"):
            self.running = False
            self.session.hold_input()
        return piece

    def _gone(self, line):
        self.session.forget(line)
        if line is self.stub:
            self.stub = None  # the machine ends, or (proxy.py) says why not
            return
        if self.stub:
            self.session.forget(self.stub)
            self.stub.close()
        self.over.set()

    def end(self, verdict):
        """The machine has ended: the last word to a gdb that waits for it."""
        if self.gdb is not None and self.running:
            try:
                self.gdb.sendall(packet(last_word(verdict)))
                self.gdb.settimeout(1)
                self.gdb.recv(SIZE)  # gdb's acknowledgement
            except OSError:
                pass  # gdb has gone too
        if self.gdb is not None:
            self.gdb.close()
        self.over.set()


def last_word(verdict):
    """W: the program's exit code; X: the machine ended before the program."""
    if verdict.status is None:
        return "X06"  # SIGABRT
    return f"W{verdict.status & 0xFFFFFFFF:x}"


def listen(path):
    """A socket for one gdb at this path."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen(1)
    return listening
