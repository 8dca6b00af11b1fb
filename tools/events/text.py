"""Events as text: one line an event, and one more for each frame of its stack.

    17 1204563 4.8 HeapOperation Operation=allocate Heap=00140000 Block=00141ea8 Size=100 ...

The number of the event, its time, process.thread, its name, its fields.  How a field is shown
depends on its unit; a blank in a word or a text becomes a `_`, so that a line splits at blanks.
"""
import functools
import os
import re

from .stream import GUESSED
from .table import TOP

DECIMAL = ("number", "bytes", "id", "clock")


@functools.cache
def services():
    """{number: name} of include/services.tbl."""
    with open(os.path.join(TOP, "include", "services.tbl"), encoding="utf-8") as table:
        rows = (re.match(r"(0x[0-9A-Fa-f]+|\d+)\s+(\w+)", line) for line in table)
        return {int(row[1], 0): row[2] for row in rows if row}


def value(table, unit, number):
    """A field's value as text."""
    if unit == "text":
        return re.sub(r"[\s\x00-\x1f]", "_", number) or "-"
    if number in (words := services() if unit == "service" else table.words.get(unit, {})):
        return words[number].replace(" ", "_")
    if unit in DECIMAL or unit in table.words or unit == "service":
        return str(number)
    return f"{number:08x}" if unit in ("address", "status") else f"{number:x}"


def line(table, event):
    """One event, without its stack."""
    row = next(row for row in table.rows.values() if row.name == event.name)
    there = (f for f in row.fields if f.name in event.fields)
    fields = [f"{f.name}={value(table, f.unit, event.fields[f.name])}" for f in there]
    who = f"{event.pid}.{event.tid}"
    return " ".join([str(event.sequence), str(event.time), who, event.name, *fields])


def frame(one, name=None):
    """One frame; name: what is known of its address."""
    return f"    {name or format(one.address, '08x')}{' (guessed)' if one.flags & GUESSED else ''}"
