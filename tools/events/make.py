"""Make events_gen.h from include/events.tbl: numbers, and which events carry a text."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import settled
from events import table as tables


def header(table):
    rows = table.rows.values()
    numbers = "".join(f"    Event{row.name} = {row.id},\n" for row in rows)
    texts = sum(1 << row.id for row in rows if row.fields[-1].unit == tables.TEXT)
    return (
        "/* Made by tools/events/make.py from include/events.tbl. */\n"
        f"#ifndef EVENTS_GEN_H\n#define EVENTS_GEN_H\nenum {{\n{numbers}}};\n"
        f"/* bit n: event n has a text for its last field */\n"
        f"#define FATHOM_EVENT_TEXTS {texts:#x}u\n#endif\n"
    )


if __name__ == "__main__":
    settled.write(sys.argv[2], header(tables.read(sys.argv[1])))
