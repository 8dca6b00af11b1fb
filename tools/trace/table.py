"""The answer of `fathom where`: a table for a person in 100 columns, or JSON.

 count   bytes front  back kernel large  instr    peak    left  where
     7     188   100     0      0     0    161     188     188  push prog.cpp:12 (new)

A number that is too wide for its column is in thousands or millions; JSON has all digits.
"""
import json
from dataclasses import asdict

from .ledger import Row
from .sites import brief

WIDTH = 100
SHARES = {  # column: what of ledger.SERVED it counts
    "front": ("front end",),
    "back": ("free list",),
    "kernel": ("commit",),
    "large": ("large",),
    "other": ("in place", "page heap", "failed"),
}
NUMBERS = ("count", "bytes", *SHARES, "instr", "peak", "left")
COLUMNS = {"count": 6, "bytes": 7, "kernel": 6, "instr": 6, "peak": 7, "left": 7}  # the others: 5
SORTS = {
    "bytes": lambda row: row.bytes,
    "count": lambda row: row.count,
    "instr": lambda row: row.instructions,
    "peak": lambda row: row.peak,
    "left": lambda row: row.live,
}
LEGEND = """\
front, back, kernel, large: % of the allocations that were served by the front end, by a free block
  of the back end, by memory that the kernel committed for it, by a region of its own{}
instr: instructions in the heap and the kernel, an allocation.  peak: bytes at once.  left: bytes
  still there at the end"""
OTHER = ";\n  other: resized in place, page heap, failed"


def short(number, width):
    """A number in at most width characters."""
    for unit in ("", "k", "M", "G"):
        if len(text := f"{number}{unit}") <= width:
            return text
        number //= 1000
    return "#" * width


def ordered(ledger, by):
    """The rows, the largest first; equal ones by their place."""
    key = lambda row: (-SORTS[by](row), -row.bytes, row.site.at, row.site.function)
    return sorted(ledger.rows.values(), key=key)


def place(site, width):
    """As much of a site as fits: first what it called goes, then the middle of its name."""
    if not site.own:
        return f"({site.module}, {site.at})"[:width]
    at = site.at if not site.line else f"{site.file.rpartition('/')[2]}:{site.line}"
    function = site.function
    if len(function) + 1 + len(at) > width:
        function = brief(function)
    text = f"{function} {at}".strip()
    through = brief(site.through)
    if through and len(text) + len(through) + 3 <= width:
        return f"{text} ({through})"
    room = width - len(at) - 3
    if len(text) > width:
        text = f"{function[:room]}.. {at}" if function and room > 3 else at[-width:]
    return text


def cells(row):
    """The numbers of a row by their columns."""
    share = {n: sum(row.served[s] for s in of) for n, of in SHARES.items()}
    found = {n: f"{100 * part / row.count:.0f}" if row.count else "" for n, part in share.items()}
    average = row.instructions // row.count if row.count else 0
    memory = {"bytes": row.bytes, "peak": row.peak, "left": row.live}
    return {"count": row.count, "instr": average, **memory, **found}


def aligned(columns, words):
    return " ".join(f"{word:>{COLUMNS.get(n, 5)}}" for n, word in zip(columns, words))


def line(row, columns, text):
    shown = cells(row)
    words = (short(v, COLUMNS[n]) if isinstance(v := shown[n], int) else v or "" for n in columns)
    return aligned(columns, words) + "  " + text


def merged(rows):
    """One row of those that --top leaves out; peaks of different moments have no sum."""
    total = Row(peak=None)
    for row in rows:
        for name in ("count", "bytes", "instructions", "live", "blocks"):
            setattr(total, name, getattr(total, name) + getattr(row, name))
        for kind, number in row.served.items():
            total.served[kind] += number
    return total


def lines(ledger, top, by):
    """The table of one process."""
    rows = ordered(ledger, by)
    others = sum(ledger.sum.served[kind] for kind in SHARES["other"])
    columns = [n for n in NUMBERS if n != "other" or others]
    head = aligned(columns, columns) + "  where"
    room = WIDTH - len(head) + len("where")
    yield head
    for row in rows[:top]:
        yield line(row, columns, place(row.site, room))
    if rest := rows[top:] if top else []:
        yield line(merged(rest), columns, counted(len(rest), "more site"))
    yield line(ledger.sum, columns, f"sum: {counted(len(rows), 'site')}")


def headline(ledger):
    """One process in a sentence."""
    total, left = ledger.sum, "left" if ledger.ended else "in use"
    taken = f"{counted(total.count, 'allocation')}, {total.bytes} bytes"
    rest = f"{counted(total.blocks, 'block')}, {total.live} bytes {left}"
    return f"{ledger.name} (pid {ledger.pid}): {taken}; {rest}"


def counted(number, word):
    return f"{number} {word}{'s' * (number != 1)}"


def text(ledgers, top, by):
    """Tables for a person."""
    parts = ["\n".join([headline(one), "", *lines(one, top, by)]) for one in ledgers]
    others = any(one.sum.served[kind] for one in ledgers for kind in SHARES["other"])
    parts.append(LEGEND.format(OTHER if others else "") if ledgers else "no heap was used")
    return "\n\n".join(parts) + "\n"


def plain(row):
    """A row for JSON."""
    found = asdict(row.site) if row.site else {}
    found |= {"count": row.count, "bytes": row.bytes, "instructions": row.instructions}
    left = {"blocks": row.blocks, "bytes": row.live}
    return found | {"served": row.served, "peak": row.peak, "left": left}


def as_json(ledgers, run, top, by):
    processes = []
    for one in ledgers:
        rows = [plain(row) for row in ordered(one, by)[:top]]
        found = {"pid": one.pid, "name": one.name, "ended": one.ended, "sites": len(one.rows)}
        processes.append(found | {"rows": rows, "sum": plain(one.sum), "unseen": one.unknown})
    whole = {"notes": run.notes, "lost": run.stream.lost, "processes": processes}
    return json.dumps(whole, indent=1) + "\n"
