#!/usr/bin/env python3
"""tools/events: the table, a stream written and read again, damage said in a sentence."""
import io
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import TOP, Plan

sys.path.insert(0, os.path.join(TOP, "tools"))
from events import document, stream, table, text

plan = Plan()
ours = table.read()
rows = ours.rows.values()
known = {*table.UNITS, *ours.words}
plan.equal(
    [f"{r.name}.{f.name}" for r in rows for f in r.fields if f.unit not in known],
    [],
    "every field has a unit that is known",
)
plan.equal([row.name for row in rows if not row.meaning], [], "every event has a meaning")
most = max(len(row.fields) for row in rows)
plan.true(max(ours.rows) < 32 and most <= 8, "numbers fit a mask of 32 bits, fields a record")

flags = (0x80123456, stream.TRAP | stream.KERNEL), (0x401000, 0), (0x402000, stream.GUESSED)
with open(document.PAGE, encoding="utf-8") as page:
    plan.true(page.read() == document.page(ours), "docs/events.md is as make events writes it")

frames = [stream.Frame(*pair) for pair in flags]
written = [
    stream.record(5, 0, 1 << 40, 0, 0, (0x1234, 1, 0x400000)),
    stream.record(13, 1, (1 << 40) + 9, 4, 8, (0x400000, 4096, 4), frames, b"a\xc3\xbc.exe"),
    stream.record(16, 4, (1 << 40) + 10, 4, 8, (4, 0xC0000005)),
]
plan.true(all(len(one) % 4 == 0 for one in written), "a record is a multiple of 4 bytes")


def whole(head={"clock": "instructions", "seed": 7}, records=b"".join(written)):
    out = io.BytesIO()
    stream.write_head(out, head)
    return out.getvalue() + records


def read(data):
    """(stream, its events, what it said of damage)"""
    try:
        events, one = [], None
        one = stream.Stream(io.BytesIO(data))
        for event in one:
            events.append(event)
        return one, events, ""
    except stream.Damaged as wrong:
        return one, events, str(wrong)


got, events, _ = read(whole())
head = {"clock": "instructions", "seed": 7}
plan.equal((got.head, len(events)), (head, 3), "head and records come back")
first, second, third = events
plan.equal(
    (first.name, first.time, first.pid, first.fields, first.stack),
    ("PageAlloc", 1 << 40, 0, {"Pfn": 0x1234, "Use": 1, "Address": 0x400000}, []),
    "an event without a stack",
)
named = (second.fields["Name"], second.stack)
plan.equal(named, ("aü.exe", frames), "one with a text and a stack")
plan.equal((got.lost, third.sequence), (2, 4), "a gap in the numbers is a loss")
plan.equal(
    text.line(got.table, first),
    f"0 {1 << 40} 0.0 PageAlloc Pfn=1234 Use=user Address=00400000",
    "an event as text",
)
plan.equal(text.frame(frames[2]), "    00402000 (guessed)", "a frame as text")
bare, events, _ = read(b"".join(written))
alone = (bare.head["clock"], len(events))
plan.equal(alone, ("ticks", 3), "records alone are read by the tree's table")

plan.equal(read(whole()[:-1])[2], "cut short after 2 events", "cut in a record")
said = read(whole(records=written[0] + written[1][:9]))[2]
plan.equal(said, "cut short after 1 events", "cut in a head")
broken = bytearray(written[0])
broken[2] = 31
said = read(whole(records=bytes(broken)))[2]
plan.equal(said, "no record after 0 events", "an event that no table has")
broken[2:4] = b"\5\7"
said = read(whole(records=bytes(broken)))[2]
plan.equal(said, "no record after 0 events", "sizes that do not agree")
plan.true("version 2" in read(whole().replace(b"events\n\1", b"events\n\2"))[2], "another version")
for cut in range(len(stream.MAGIC), len(whole()) - sum(map(len, written)), 97):
    if "its head cannot be read" not in (said := read(whole()[:cut])[2]):
        break
plan.true("its head cannot be read" in said, "a head cut anywhere", cut, said)
said = read(whole().replace(b'"table"', b'"tiger"'))[2]
plan.true("cannot be read" in said, "a head without a table", said)
plan.done()
