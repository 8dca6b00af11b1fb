"""A recording behind gdb's remote protocol: gdb steps it forward and back.

    gdb --packets--> Server --forward, back--> Recording

Nothing runs: memory and registers are read, and a write is refused.  A breakpoint is an EIP, a
watchpoint the bytes of a virtual address in the space where it was set.  Packets: appendix E of
the gdb manual; `bs` and `bc` are reverse-stepi and reverse-continue.
"""
import select
import struct

from .recording import CR3, EIP

GDB_REGISTERS = 16  # of ours, in gdb's order
OFTEN = 512  # steps between two looks for Ctrl-C
STOPPED = "T05thread:01;"


class Server:
    def __init__(self, recording, connection):
        self.recording, self.connection = recording, connection
        self.buffer, self.acknowledge = b"", True
        self.breaks, self.watches = set(), {}  # {(address, size): CR3}

    # ---- packets ----
    def _packet(self):
        """The next one, None: gdb has gone; Ctrl-C is the packet b'\\x03'."""
        while True:
            self.buffer = self.buffer.lstrip(b"+-")
            if self.buffer[:1] == b"\x03":
                self.buffer = self.buffer[1:]
                return "\x03"
            end = self.buffer.find(b"#")
            if self.buffer[:1] == b"$" and 0 <= end <= len(self.buffer) - 3:
                packet, self.buffer = self.buffer[1:end], self.buffer[end + 3 :]
                if self.acknowledge:
                    self.connection.sendall(b"+")
                return packet.decode("latin-1")
            data = self.connection.recv(65536)
            if not data:
                return None
            self.buffer += data

    def _send(self, text):
        data = text.encode("latin-1")
        self.connection.sendall(b"$%s#%02x" % (data, sum(data) & 0xFF))

    def serve(self):
        """Until gdb leaves."""
        try:
            while (packet := self._packet()) is not None:
                if packet != "\x03":
                    self._send(self._answer(packet))
                if packet == "QStartNoAckMode":
                    self.acknowledge = False
        except OSError:
            pass  # gdb has gone in the middle of an answer

    def _answer(self, packet):
        for start, call in ANSWERS:
            if packet.startswith(start):
                return call(self, packet[len(start) :])
        return ""  # gdb's word for: not supported

    # ---- what is asked ----
    def _supported(self, _):
        return "PacketSize=4000;ReverseStep+;ReverseContinue+;QStartNoAckMode+;hwbreak+"

    def _registers(self, _):
        state = self.recording.registers()[:GDB_REGISTERS]
        return b"".join(struct.pack("<I", value) for value in state).hex()

    def _memory(self, words):
        address, size = (int(word, 16) for word in words.split(","))
        data = self.recording.read(address, size)
        return data.hex() if data else "E01"

    def _set(self, words):
        return self._point(words, True)

    def _clear(self, words):
        return self._point(words, False)

    def _point(self, words, on):
        kind, address, size = words.split(",")[:3]
        address, size = int(address, 16), int(size, 16)
        if kind in "01":
            (self.breaks.add if on else self.breaks.discard)(address)
        elif kind != "2":
            return ""
        elif on:
            self.watches[address, size] = self.recording.registers()[CR3]
        else:
            self.watches.pop((address, size), None)
        return "OK"

    # ---- movement ----
    def _written(self, n):
        """The address of a watchpoint whose bytes step n changed; else None."""
        for (address, size), cr3 in self.watches.items():
            where = self.recording.physical(address, cr3)
            for start, change in self.recording.step(n)[1]:
                if where is not None and start < where + size and where < start + len(change):
                    return address
        return None

    def _interrupted(self):
        if self.recording.n % OFTEN:
            return False
        ready, _, _ = select.select([self.connection], [], [], 0)
        return bool(ready)

    def _step(self, _):
        return STOPPED if self.recording.forward() else "T05replaylog:end;"

    def _step_back(self, _):
        return STOPPED if self.recording.back() else "T05replaylog:begin;"

    def _continue(self, _):
        while self.recording.forward():
            if (stop := self._stop(self.recording.n)) is not None:
                return stop
        return "T05replaylog:end;"

    def _continue_back(self, _):
        while True:
            at = self.recording.n
            written = self._written(at) if self.watches else None
            if not self.recording.back():
                return "T05replaylog:begin;"
            if written is not None:
                return f"T05watch:{written:x};"
            if (stop := self._stop(None)) is not None:
                return stop

    def _stop(self, changed):
        """Why it stops where it is; changed: the step whose writes count."""
        written = self._written(changed) if changed and self.watches else None
        if written is not None:
            return f"T05watch:{written:x};"
        if self.recording.registers()[EIP] in self.breaks:
            return "T05hwbreak:;"
        return "T02" if self._interrupted() else None

    # ---- the rest ----
    def _monitor(self, words):
        """monitor position | goto N | decoded"""
        command, _, argument = bytes.fromhex(words).decode().partition(" ")
        if command == "goto" and argument.isdigit():
            self.recording.go(min(int(argument), self.recording.count - 1))
        elif command == "decoded":
            return f"{self.recording.decoded}\n".encode().hex()
        elif command != "position":
            return b"position, goto N or decoded\n".hex()
        return f"instruction {self.recording.n} of {self.recording.count}\n".encode().hex()


def same(text):
    return lambda server, rest: text


ANSWERS = [
    ("qSupported", Server._supported),
    ("QStartNoAckMode", same("OK")),
    ("qRcmd,", Server._monitor),
    ("qAttached", same("1")),
    ("qfThreadInfo", same("m1")),
    ("qsThreadInfo", same("l")),
    ("qC", same("QC1")),
    ("?", same(STOPPED)),
    ("bs", Server._step_back),
    ("bc", Server._continue_back),
    ("g", Server._registers),
    ("m", Server._memory),
    ("M", same("E01")),
    ("G", same("E01")),
    ("P", same("E01")),
    ("Z", Server._set),
    ("z", Server._clear),
    ("s", Server._step),
    ("c", Server._continue),
    ("H", same("OK")),
    ("T", same("OK")),
    ("D", same("OK")),
]
