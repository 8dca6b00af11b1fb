"""A stream of events: binary records as the kernel writes them, after a head that says how to
read them.  docs/events.md has the layout.

    with open(path, "rb") as file:
        for event in Stream(file):
            print(event.time, event.pid, event.tid, event.name, event.fields, event.stack)

    MAGIC | u32 version, u32 length | head, JSON | record record ...
    record: u16 Size, u8 Id, u8 Fields, u32 Sequence, u64 Time, u32 ProcessId, u32 ThreadId,
            u16 Frames, u16 Text | Fields * u32 | Frames * u32 | Frames * u8 | Text bytes | to 4

A stream without a head is what came out of COM2 of a real machine: it is read by the table as it
is now, and its clock counts ticks.
"""
import json
import struct
from dataclasses import dataclass

from . import table as tables

MAGIC = b"Fathom events\n"
VERSION = 1
HEAD = struct.Struct("<II")
RECORD = struct.Struct("<HBBIQIIHH")
KERNEL, GUESSED, TRAP = 1, 2, 4  # FATHOM_FRAME_* of include/fathom.h
LOST = "EventsLost"


class Damaged(Exception):
    """The file is no stream of events, not of this version, cut short or changed."""


@dataclass(slots=True, frozen=True)
class Frame:
    address: int  # a return address; with TRAP: the instruction itself
    flags: int


@dataclass(slots=True)
class Event:
    sequence: int  # counts all events of a run; a gap is a loss
    time: int  # in the stream's clock, from reset, without what tracing itself has cost
    pid: int  # 0: the kernel's own
    tid: int
    name: str
    fields: dict  # name -> number, or text where the unit is `text`
    stack: list  # Frame, innermost first; empty unless stacks were asked for


class Stream:
    """Iterate once.  head: {"clock": "instructions" or "ticks", "command", "seed", "memory", ...},
    what is not known is missing.  table: of its events.  lost: so far, by its own word or as seen
    from a gap."""

    def __init__(self, file):
        self.file, self.head, self.table = file, {"clock": "ticks"}, None
        self.rest = file.read(len(MAGIC))
        if self.rest == MAGIC:
            self.rest = b""
            self._read_head()
        self.table = self.table or tables.read()
        self.lost, self.count, self.next = 0, 0, 0

    def _read_head(self):
        try:
            version, length = HEAD.unpack(self.file.read(HEAD.size))
            if version != VERSION:
                raise Damaged(f"events of version {version}; this reads version {VERSION}")
            self.head = json.loads(self.file.read(length))
            self.table = tables.from_plain(self.head.pop("table"))
        except (struct.error, ValueError, KeyError, TypeError, AttributeError):
            raise Damaged("no stream of events: its head cannot be read") from None

    def _take(self, length):
        data = self.rest[:length]
        self.rest = self.rest[length:]
        return data + self.file.read(length - len(data))

    def __iter__(self):
        while head := self._take(RECORD.size):
            if len(head) < RECORD.size:
                raise Damaged(f"cut short after {self.count} events")
            size = struct.unpack_from("<H", head)[0]
            body = self._take(max(size - RECORD.size, 0))
            event = self._event(head, body)
            self.count += 1
            self.lost += max(0, event.sequence - self.next)
            self.next = event.sequence + 1
            yield event

    def _event(self, head, body):
        size, number, fields, sequence, time, pid, tid, frames, text = RECORD.unpack(head)
        row = self.table.rows.get(number)
        whole = 4 * fields + 5 * frames + text
        if row is None or size != RECORD.size + (whole + 3) // 4 * 4:
            raise Damaged(f"no record after {self.count} events")
        if len(body) != size - RECORD.size:
            raise Damaged(f"cut short after {self.count} events")
        words = struct.unpack_from(f"<{fields + frames}I", body)
        values = dict(zip((f.name for f in row.fields), words[:fields]))
        end = 4 * (fields + frames) + frames
        if row.fields[-1].unit == tables.TEXT:
            values[row.fields[-1].name] = body[end : end + text].decode("utf-8", "replace")
        stack = [Frame(*pair) for pair in zip(words[fields:], body[4 * (fields + frames) : end])]
        return Event(sequence, time, pid, tid, row.name, values, stack)


def write_head(file, head, table=None):
    """What a file begins with: MAGIC and the head with its table (the tree's own)."""
    data = json.dumps({**head, "table": (table or tables.read()).plain()}).encode()
    file.write(MAGIC + HEAD.pack(VERSION, len(data)) + data)


def record(number, sequence, time, pid, tid, fields=(), stack=(), text=b""):
    """The bytes of one record, as the kernel makes them."""
    words = [*fields, *(frame.address for frame in stack)]
    body = struct.pack(f"<{len(words)}I", *words) + bytes(frame.flags for frame in stack) + text
    body += bytes(-len(body) % 4)
    size = RECORD.size + len(body)
    counts = len(stack), len(text)
    return RECORD.pack(size, number, len(fields), sequence, time, pid, tid, *counts) + body
