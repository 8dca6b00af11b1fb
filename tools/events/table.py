"""include/events.tbl: each event's number, its fields with unit and meaning, and the words that
some numbers stand for.  The table's own head says how it is written."""
import os
from dataclasses import dataclass, field

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATH = os.path.join(TOP, "include", "events.tbl")
TEXT = "text"  # the unit of a last field that is no number: the bytes at the record's end
UNITS = {
    "number": "a plain number, decimal",
    "bytes": "bytes, decimal",
    "address": "an address of the event's process or of the kernel, hexadecimal",
    "pfn": "the number of a physical page: its address / 4096, hexadecimal",
    "id": "of a process or of a thread, decimal",
    "status": "NTSTATUS, hexadecimal",
    "clock": "the low 32 bits of a time, decimal",
    "flags": "bits, hexadecimal",
    "service": "the number of a service of include/services.tbl, by name",
    "text": "UTF-8",
}


@dataclass
class Field:
    name: str
    unit: str = "flags"
    meaning: str = ""


@dataclass
class Row:
    id: int
    name: str
    fields: list
    meaning: str = ""


@dataclass
class Table:
    rows: dict = field(default_factory=dict)  # by number
    words: dict = field(default_factory=dict)  # unit -> {number: word}

    def plain(self):
        """What a stream's head keeps of it, for JSON."""
        rows = [
            [row.id, row.name, [[f.name, f.unit] for f in row.fields]]
            for row in self.rows.values()
        ]
        words = {unit: list(words.items()) for unit, words in self.words.items()}
        return {"rows": rows, "words": words}


def from_plain(plain):
    """The Table that plain() was made of."""
    rows = {n: Row(n, name, [Field(*f) for f in fields]) for n, name, fields in plain["rows"]}
    return Table(rows, {unit: dict(map(tuple, words)) for unit, words in plain["words"].items()})


def read(path=PATH):
    """The Table of a file.  ValueError: a line that is none of its kinds."""
    table, row = Table(), None
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = _line(table, row, line.rstrip("\n"))
            except (ValueError, KeyError, IndexError, AttributeError):
                wrong = f"{path}:{number}: {line.strip()!r} is no line of this table"
                raise ValueError(wrong) from None
    return table


def _line(table, row, line):
    words = line.split(None, 2)
    if not words or line.startswith("#"):
        return row
    if line[0].isdigit():
        row = Row(int(words[0]), words[1], [Field(name) for name in words[2].split(",")])
        table.rows[row.id] = row
    elif words[0] == "|":
        row.meaning = (row.meaning + " " + line.split("|", 1)[1].strip()).strip()
    elif words[0] == "unit":
        pairs = (pair.split("=", 1) for pair in words[2].split(","))
        table.words.setdefault(words[1], {}).update((int(n, 0), word.strip()) for n, word in pairs)
    else:
        named = {f.name: f for f in row.fields}[words[0]]
        named.unit, named.meaning = words[1], words[2]
    return row
