"""A recording: every instruction of a stretch of a program's life, with the registers and the
bytes of memory that it changed.  docs/recording.md has the format.

    MAGIC | HEAD | PAGE ... | STEP INDX ... | EVNT | DONE       each: kind, bytes, CRC-32, data

Step n is the machine before instruction n.  A Recording is at one step; to go to another it
applies or takes back the changes between them, so the work grows with the distance; over a block of
steps it leaps (sketch.py).  A change of memory is old XOR new: it leads both ways.  After the last
byte of RAM the memory has a page more: the x87 and SSE registers, as FXSAVE lays them out.
"""
import bisect
import io
import json
import struct
import zlib

from events.stream import Stream
from stub.space import PAGE_BYTES, Space

from . import sketch
from .steps import CR3, EIP, REGISTERS, STATE, decode, encode, outline  # noqa: F401

MAGIC = b"Fathom recording\n"
VERSION = 2
CHUNK = struct.Struct("<4sII")  # kind, bytes of data, CRC-32 of kind and data
STEP_HEAD = struct.Struct("<II")  # number of the first step, how many
PAGES_A_CHUNK = 256
FXSAVE_BYTES = 288  # through XMM7
BLOCKS_KEPT = 8  # decoded


class Damaged(Exception):
    """The file is no recording, not of this version, cut short or changed."""


# ---- writing ----
class Writer:
    def __init__(self, out):
        self.out, self.steps = out, 0
        out.write(MAGIC)

    def chunk(self, kind, data):
        crc = zlib.crc32(data, zlib.crc32(kind))
        self.out.write(CHUNK.pack(kind, len(data), crc) + data)

    def head(self, facts):
        text = json.dumps({"version": VERSION, **facts}, sort_keys=True, ensure_ascii=False)
        self.chunk(b"HEAD", text.encode())

    def memory(self, memory):
        """The start image: the pages that are not all zeros."""
        zero, pages = bytes(PAGE_BYTES), []
        for at in range(0, len(memory), PAGE_BYTES):
            page = memory[at : at + PAGE_BYTES]
            if page != zero:
                pages.append(struct.pack("<I", at // PAGE_BYTES) + page)
        for at in range(0, len(pages), PAGES_A_CHUNK):
            self.chunk(b"PAGE", zlib.compress(b"".join(pages[at : at + PAGES_A_CHUNK]), 6))

    def steps_block(self, count, data):
        """data: the registers before the first step, then the records of count steps."""
        self.chunk(b"STEP", STEP_HEAD.pack(self.steps, count) + zlib.compress(data, 6))
        self.chunk(b"INDX", zlib.compress(sketch.encode(outline(data, count)), 6))
        self.steps += count

    def events(self, stream):
        """stream: of the whole run, as tools/events/stream.py reads it."""
        self.chunk(b"EVNT", zlib.compress(stream, 6))

    def done(self, facts):
        text = json.dumps({"steps": self.steps, **facts}, sort_keys=True)
        self.chunk(b"DONE", text.encode())


# ---- reading ----
def is_one(path):
    """Whether a file begins as a recording does."""
    with open(path, "rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def chunks(file):
    """(kind, where its data is, data) of each, checked."""
    if file.read(len(MAGIC)) != MAGIC:
        raise Damaged("it is no recording of Fathom")
    while True:
        head = file.read(CHUNK.size)
        if not head:
            return
        if len(head) < CHUNK.size:
            raise Damaged("it ends in the middle of a chunk")
        kind, size, crc = CHUNK.unpack(head)
        at, data = file.tell(), file.read(size)
        if len(data) < size:
            raise Damaged("it ends in the middle of a chunk")
        if zlib.crc32(data, zlib.crc32(kind)) != crc:
            raise Damaged(f"its chunk at byte {at} is damaged")
        yield kind, at, data


def keep(cache, index, one):
    if len(cache) >= BLOCKS_KEPT:
        del cache[next(iter(cache))]
    cache[index] = one


class Way(Space):
    """Which entries of the page tables an address is found by."""

    def __init__(self, memory, ram):
        super().__init__(memory, ram)
        self.entries = []

    def entry(self, address):
        self.entries.append(address)
        return super().entry(address)


class Recording(Space):
    def __init__(self, path):
        self.file, self.head, self.foot = open(path, "rb"), None, None
        self.first, self.places, self.kept, self.stream = [], [], {}, b""
        self.indexes, self.sketches = {}, {}
        super().__init__(None, 0)
        self.decoded = 0  # decoded: bytes, of all blocks so far
        try:
            for kind, at, data in chunks(self.file):
                self._take(kind, at, data)
        except (ValueError, KeyError, IndexError, struct.error, zlib.error) as wrong:
            raise Damaged(f"it makes no sense: {wrong}") from None
        if self.foot is None:
            raise Damaged("it ends too early: the recording was cut off")
        self.count = self.foot["steps"]
        self.n = 0
        self._apply(0)

    def _take(self, kind, at, data):
        if kind == b"HEAD":
            self.head = json.loads(data)
            if self.head["version"] != VERSION:
                raise Damaged(f"it is of version {self.head['version']}, not {VERSION}")
            self.ram = self.head["memory"] << 20
            self.memory = bytearray(self.ram + PAGE_BYTES)
        elif kind == b"PAGE":
            pages = zlib.decompress(data)
            for start in range(0, len(pages), PAGE_BYTES + 4):
                where = int.from_bytes(pages[start : start + 4], "little") * PAGE_BYTES
                self.memory[where : where + PAGE_BYTES] = pages[start + 4 : start + 4 + PAGE_BYTES]
        elif kind == b"STEP":
            first, count = STEP_HEAD.unpack_from(data)
            self.first.append(first)
            self.places.append((at + STEP_HEAD.size, len(data) - STEP_HEAD.size, count))
        elif kind == b"INDX":
            self.indexes[len(self.first) - 1] = at, len(data)
        elif kind == b"EVNT":
            self.stream = zlib.decompress(data)
        elif kind == b"DONE":
            self.foot = json.loads(data)

    def events(self):
        """A list: of the whole run, before the stretch, in it and after it (docs/events.md)."""
        return list(Stream(io.BytesIO(self.stream))) if self.stream else []

    def _inflated(self, at, size):
        self.file.seek(at)
        data = zlib.decompress(self.file.read(size))
        self.decoded += len(data)
        return data

    def _block(self, index):
        if index not in self.kept:
            at, size, count = self.places[index]
            keep(self.kept, index, decode(self._inflated(at, size), count))
        return self.kept[index]

    def step(self, n):
        """(registers, changes of memory since step n - 1) of step n."""
        index = bisect.bisect_right(self.first, n) - 1
        return self._block(index)[n - self.first[index]]

    def sketch(self, index):
        """The Sketch of a block; a recording of earlier days has none, then its steps are read."""
        if index not in self.sketches:
            if index in self.indexes:
                data = self._inflated(*self.indexes[index])
            else:
                steps = ((registers[EIP], writes) for registers, writes in self._block(index))
                data = sketch.encode(steps)
            keep(self.sketches, index, sketch.Sketch(data))
        return self.sketches[index]

    # ---- where it is ----
    def _apply(self, n):
        for address, change in self.step(n)[1]:
            end = address + len(change)
            new = int.from_bytes(self.memory[address:end], "big") ^ int.from_bytes(change, "big")
            self.memory[address:end] = new.to_bytes(len(change), "big")

    def forward(self):
        """One step on; False: it is at the last."""
        if self.n + 1 >= self.count:
            return False
        self.n += 1
        self._apply(self.n)
        return True

    def back(self):
        """One step back; False: it is at the first."""
        if self.n == 0:
            return False
        self._apply(self.n)
        self.n -= 1
        return True

    def ahead(self):
        """The block that begins with the next step; None: this is within one, or in the last."""
        index = bisect.bisect_right(self.first, self.n)
        return index if index < len(self.first) and self.first[index] == self.n + 1 else None

    def behind(self):
        """The block that ends with this step, if one is before it; else None."""
        index = bisect.bisect_right(self.first, self.n) - 1
        return index if index and self.n == self.last(index) else None

    def last(self, index):
        """The last step of a block."""
        return self.first[index] + self.places[index][2] - 1

    def leap(self, index):
        """Over a block: from the last step before it to its last one, or back."""
        self.sketch(index).apply(self.memory)
        self.n = self.last(index) if self.n < self.first[index] else self.first[index] - 1

    def go(self, n):
        while self.n < n:
            index = self.ahead()
            if index is not None and self.last(index) <= n:
                self.leap(index)
            elif not self.forward():
                return
        while self.n > n:
            index = self.behind()
            if index is not None and self.first[index] > n:
                self.leap(index)
            elif not self.back():
                return

    def registers(self):
        return self.step(self.n)[0]

    def floating(self):
        """The x87 and SSE registers: an FXSAVE image; it has no addresses of x87 instructions."""
        return bytes(self.memory[self.ram : self.ram + FXSAVE_BYTES])

    # ---- memory of the address space that CR3 names; without: the one of this step ----
    def physical(self, address, cr3=None):
        return super().physical(address, self.registers()[CR3] if cr3 is None else cr3)

    def lines(self, address, size, cr3):
        """The lines of memory that hold these bytes, and the entries by which they are found."""
        way = Way(self.memory, self.ram)
        where = way.physical(address, cr3)
        places = way.entries if where is None else [*way.entries, *range(where, where + size)]
        return {place // sketch.LINE for place in places}

    def read(self, address, size, cr3=None):
        return super().read(address, size, self.registers()[CR3] if cr3 is None else cr3)
