"""Packets of gdb's remote protocol over a socket, the same on both sides: $DATA#SUM.

The data is passed on as it came, escapes and all.  Appendix E of the gdb manual.
"""
INTERRUPT = b"\x03"  # Ctrl-C comes without a frame
PIECE = 1 << 16


class Closed(Exception):
    """The other side has gone."""


class Wire:
    def __init__(self, socket):
        self.socket, self.buffer, self.acknowledge = socket, b"", True

    def fileno(self):
        return self.socket.fileno()

    def pending(self):
        """A whole packet that has come already, or INTERRUPT; None: wait for more."""
        self.buffer = self.buffer.lstrip(b"+-")
        if self.buffer[:1] == INTERRUPT:
            self.buffer = self.buffer[1:]
            return INTERRUPT
        end = self.buffer.find(b"#")
        if end < 0 or end > len(self.buffer) - 3:
            return None
        packet, self.buffer = self.buffer[1:end], self.buffer[end + 3 :]
        if self.acknowledge:
            self._out(b"+")
        return packet

    def fill(self):
        """Take what has come, at least a byte."""
        try:
            data = self.socket.recv(PIECE)
        except OSError:
            data = b""
        if not data:
            raise Closed
        self.buffer += data

    def receive(self):
        while (packet := self.pending()) is None:
            self.fill()
        return packet

    def send(self, data):
        self._out(b"$%s#%02x" % (data, sum(data) & 0xFF))

    def interrupt(self):
        self._out(INTERRUPT)

    def ask(self, data):
        self.send(data)
        return self.receive()

    def _out(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            raise Closed from None
