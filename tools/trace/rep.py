#!/usr/bin/env python3
"""Heap calls of a run as a trace for malloc labs.

  fathom trace2rep [-o FILE.rep] [--pid N] [--heap ADDRESS] [--most N] EVENTS

EVENTS is a file of `fathom run --events EVENTS --trace HeapOperation PROGRAM.exe`, as text or as
binary records.  Without --pid it is the process with the most calls, without --heap all its
heaps.  --most N: its first N calls.

The grammar is that of CS:APP's malloc lab, whose drivers read it, too: four numbers (a heap size
that nobody uses, the ids, the operations, a weight), then a line an operation:

    a ID SIZE    allocate        r ID SIZE    reallocate        f ID    free

Each id is allocated once.  A size of 0 becomes 1.  A call that failed, and a free of a block whose
allocation is not in the file, is left out.  What is never freed is freed at the end, so that a
trace can be played again and again.
"""
import argparse
import re
import sys
from collections import Counter

from events.stream import MAGIC, Damaged, Stream

from .ledger import ALLOCATE, DESTROY, FREE, REALLOCATE

WORDS = {"allocate": ALLOCATE, "free": FREE, "reallocate": REALLOCATE, "destroy": DESTROY}
LINE = re.compile(r"^\d+ \d+ (\d+)\.\d+ HeapOperation (.*)$", re.M)


def calls(path):
    """(pid, operation, heap, block, size, old) of each call."""
    with open(path, "rb") as file:
        if file.read(len(MAGIC)) == MAGIC:
            file.seek(0)
            for event in Stream(file):
                if event.name == "HeapOperation":
                    f = event.fields
                    yield event.pid, f["Operation"], f["Heap"], f["Block"], f["Size"], f["Old"]
            return
        file.seek(0)
        text = file.read().decode("utf-8", "replace")
    for pid, rest in LINE.findall(text):
        f = dict(word.split("=", 1) for word in rest.split())
        heap, block, old = (int(f.get(name, "0"), 16) for name in ("Heap", "Block", "Old"))
        operation = WORDS.get(f["Operation"], 0)
        yield int(pid), operation, heap, block, int(f.get("Size", "0")), old


class Trace:
    """Lines of a .rep, of one process."""

    def __init__(self):
        self.lines, self.live, self.ids, self.left_out = [], {}, 0, 0

    def take(self, heap, block, size):
        if block in self.live:  # its free was not seen
            self.give(block)
        self.live[block] = (self.ids, heap)
        self.lines.append(f"a {self.ids} {size or 1}")
        self.ids += 1

    def give(self, block):
        if block not in self.live:
            self.left_out += 1
            return
        self.lines.append(f"f {self.live.pop(block)[0]}")

    def move(self, heap, old, block, size):
        if old not in self.live:
            self.left_out += 1
            return
        held = self.live.pop(old)
        if block in self.live:
            self.give(block)
        self.live[block] = held
        self.lines.append(f"r {held[0]} {size or 1}")

    def feed(self, operation, heap, block, size, old):
        if operation == DESTROY:
            for one in [b for b, (_, h) in self.live.items() if h == heap]:
                self.give(one)
        elif not block:
            self.left_out += 1
        elif operation == ALLOCATE:
            self.take(heap, block, size)
        elif operation == FREE:
            self.give(block)
        elif operation == REALLOCATE:
            self.move(heap, old, block, size)

    def text(self):
        for block in list(self.live):
            self.give(block)
        head = [0, self.ids, len(self.lines), 1]
        return "".join(f"{line}\n" for line in [*head, *self.lines])


def parsed(words):
    parser = argparse.ArgumentParser(
        prog="fathom trace2rep",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-o", metavar="FILE", dest="output", help="write it there")
    parser.add_argument("--pid", type=int, metavar="N")
    parser.add_argument("--heap", type=lambda text: int(text, 16), metavar="ADDRESS")
    parser.add_argument("--most", type=int, metavar="N")
    parser.add_argument("events", metavar="EVENTS")
    return parser.parse_args(words)


def main(words):
    options = parsed(words)
    try:
        found = [c for c in calls(options.events) if options.heap in (None, c[2])]
    except Damaged as wrong:
        print(f"fathom: {options.events}: {wrong}", file=sys.stderr)
        return 125
    except OSError as wrong:
        print(f"fathom: {options.events}: {wrong.strerror.lower()}", file=sys.stderr)
        return 125
    counts = Counter(call[0] for call in found)
    pid = options.pid if options.pid is not None else max(counts, key=counts.get, default=None)
    if not counts.get(pid):
        whose = "" if options.pid is None else f" of process {pid}"
        why = f"no HeapOperation{whose}; record with --trace HeapOperation"
        print(f"fathom: {options.events}: {why}", file=sys.stderr)
        return 125
    trace = Trace()
    for call in [call for who, *call in found if who == pid][: options.most]:
        trace.feed(*call)
    text = trace.text()
    if options.output:
        with open(options.output, "w", encoding="ascii") as file:
            file.write(text)
    else:
        sys.stdout.write(text)
    note = f", {trace.left_out} calls left out" if trace.left_out else ""
    sizes = f"{len(trace.lines)} operations, {trace.ids} blocks{note}"
    print(f"fathom: process {pid}: {sizes}", file=sys.stderr)
    return 0
