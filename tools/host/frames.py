"""Frames of the host port: u8 type, u32le length, payload (docs/hostport.md).

Out of the machine they come from port E9h, into it they go by COM3.  Only ring 0 reaches
either, so a frame is the kernel's word.
"""
import struct

HELLO, START, OUTPUT, ERROR, INPUT = b"H", b"S", b"O", b"E", b"I"
VERDICT, AUDIT, LOG, THREADS, BUGCHECK, QUIT = b"X", b"A", b"L", b"T", b"B", b"Q"
REPORT, IMAGE, STACK, CONSOLE = b"R", b"M", b"U", b"C"
WINDOW, DOORBELL = b"W", b"!"  # a ring in the machine's memory, and: look at it
RING = b"V"  # where records of events lie (events.py)
DATA, WINDOW_DATA, KILL = b"D", b"d", b"K"
KNOWN = (
    HELLO
    + START
    + OUTPUT
    + ERROR
    + INPUT
    + VERDICT
    + AUDIT
    + LOG
    + REPORT
    + CONSOLE
    + IMAGE
    + STACK
    + THREADS
    + BUGCHECK
    + QUIT
    + WINDOW
    + RING
)
MAX_PAYLOAD = 1 << 24

EXITED, CRASHED, KILLED, NOT_STARTED = range(4)  # kinds of a verdict


class Damaged(Exception):
    """What came cannot be a frame."""


def encode(kind, payload=b""):
    return kind + struct.pack("<I", len(payload)) + payload


class Decoder:
    """Bytes in, whole frames out.  window: once there is one, a doorbell in the stream says
    that the bytes go on there, and nothing but doorbells follows."""

    def __init__(self):
        self.pending = bytearray()
        self.window = self.inside = None

    def feed(self, data):
        """Add data; yield (type, payload) for each frame that is complete."""
        self.pending += data
        while self.pending:
            if self.window and self.pending[:1] == DOORBELL:
                self.inside = self.inside or Decoder()
                self.pending.clear()
                yield from self.inside.feed(self.window.take())
                return
            if len(self.pending) < 5:
                return
            kind, length = (
                bytes(self.pending[:1]),
                struct.unpack_from("<I", self.pending, 1)[0],
            )
            if kind not in KNOWN or length > MAX_PAYLOAD:
                raise Damaged(f"type {kind!r}, length {length:#x}")
            if len(self.pending) < 5 + length:
                return
            payload = bytes(self.pending[5 : 5 + length])
            del self.pending[: 5 + length]
            yield kind, payload


def words(payload, count):
    """The first count little-endian words of a payload and the rest; Damaged if it is
    short."""
    if len(payload) < 4 * count:
        raise Damaged(f"payload of {len(payload)} bytes, {4 * count} expected")
    return (*struct.unpack_from(f"<{count}I", payload), payload[4 * count :])
