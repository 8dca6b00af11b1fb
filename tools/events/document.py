"""docs/events.md, from include/events.tbl: make events."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from events import table as tables

PAGE = os.path.join(tables.TOP, "docs", "events.md")
TEXT = """# Events: what the machine did

Made by `make events` from `include/events.tbl`.

```sh
tools/fathom run --icount --events FILE PROGRAM.exe                   # text, one line an event
tools/fathom run --icount --events FILE --trace PageFault,PageAlloc PROGRAM.exe
tools/fathom run --icount --events FILE --events-stacks PROGRAM.exe   # each with its stack
tools/fathom run --icount --events FILE --events-format binary PROGRAM.exe
```

A line has the event's number, its time, process.thread (0.0: the kernel's own), its name and its \
fields.
The time counts from reset, and leaves out what tracing itself has cost: instructions under \
`--icount`,
else ticks of the TSC. [tracing.md](tracing.md) makes tables and timelines of the same stream.

A gap in the numbers is a loss, and the next event that comes is an EventsLost. With \
`tools/fathom` nothing
is lost: the kernel writes records into a ring in its memory, and when that is full the machine \
stands
still until they are taken, without an instruction run: two runs with one `--seed` have the same \
events.
Where there is no such ring, on real hardware or with `FATHOM_EVENTS=serial`, the records leave by \
COM2.

What costs least is an event that is off: one test. A heap pair of the front end with all events \
on costs
5 times what it costs without, at most; `tests/tools/kinds.t` measures it.

## The events

{events}
## Units

Numbers are hexadecimal without 0x, but for those that are said to be decimal.

| unit | what it is |
|---|---|
{units}
## The binary stream

`tools/events/stream.py` reads it. Everything is little-endian.

```
"Fathom events\\n" | u32 version (1), u32 length | head | record | record | ...
```

The head is JSON: `clock` (`instructions` or `ticks`), `command`, `seed`, `memory` (MiB), `boot`, \
and `table`, the
rows and words of `include/events.tbl` as they were. Records alone, as COM2 has them, are read by \
the table
that is there now. One record, {record} bytes and what follows:

| offset | size | field |
|---|---|---|
| 0 | 2 | Size: bytes of the whole record, a multiple of 4 |
| 2 | 1 | Id: the event's row in the table |
| 3 | 1 | FieldCount |
| 4 | 4 | Sequence: the number of the event |
| 8 | 8 | Time |
| 16 | 4 | ProcessId |
| 20 | 4 | ThreadId |
| 24 | 2 | FrameCount |
| 26 | 2 | TextLength |
| 28 | 4 each | the fields, without a last one of unit text |
| | 4 each | the frames' addresses, innermost first |
| | 1 each | the frames' flags: 1 kernel, 2 guessed, 4 an instruction and no return address |
| | TextLength | the text; zeros up to a multiple of 4 |

A process can read its own events, too (`FathomTrace` of fathom.dll; `user/walk/capture.cpp` \
does): as
FATHOM_EVENT of `include/fathom.h`, with the arguments of each frame.
"""


def event(row):
    fields = "".join(f"| {f.name} | {f.unit} | {f.meaning or '-'} |\n" for f in row.fields)
    head = "| field | unit | |\n|---|---|---|\n"
    return f"### {row.id} {row.name}\n\n{row.meaning}\n\n{head}{fields}\n"


def page(table):
    from events.stream import RECORD

    units = "".join(f"| {unit} | {what} |\n" for unit, what in tables.UNITS.items())
    for unit, words in table.words.items():
        known = (f"{n:#x} {word}" if n > 99 else f"{n} {word}" for n, word in words.items())
        units += f"| {unit} | {', '.join(known)} |\n"
    events = "".join(map(event, table.rows.values()))
    return TEXT.format(events=events, units=units, record=RECORD.size)


if __name__ == "__main__":
    with open(PAGE, "w", encoding="utf-8") as out:
        out.write(page(tables.read()))
