#!/usr/bin/env python3
"""Text for a terminal is folded at words (tools/host/fold.py): what a terminal then shows."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from tap import TOP, Plan  # noqa: E402

sys.path.insert(0, os.path.join(TOP, "tools"))
from host.fold import Fold  # noqa: E402

WIDTH = 40
plan = Plan()


def shown(data, width=WIDTH):
    """The rows of a terminal that wraps late, as xterm and VT100 do."""
    rows, row, column = [[" "] * width], 0, 0
    for piece in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|.", data.decode(), re.S):
        if piece == "\r":
            column = 0
        elif piece == "\n":
            row += 1
            rows.append([" "] * width)
        elif piece == "\b":
            column = max(0, min(column, width - 1) - 1)
        elif re.fullmatch(r"\x1b\[\d+C", piece):
            column += int(piece[2:-1])
        elif piece == "\x1b[K":
            rows[row][min(column, width - 1) :] = [" "] * (width - min(column, width - 1))
        elif piece[0] != "\x1b":
            if column == width:
                row, column = row + 1, 0
                rows.append([" "] * width)
            rows[row][column] = piece
            column += 1
    return ["".join(cells).rstrip() for cells in rows]


def folded(text, width=WIDTH, size=None):
    fold, data = Fold(lambda: width), text.encode()
    size = size or len(data)
    return b"".join(fold.feed(data[i : i + size]) for i in range(0, len(data), size))


LINE = (
    "fathom: attacks.exe: heap corruption: block not busy (freed twice?), heap 00750000, "
    "found by RtlFreeHeap\r\nC:\\> "
)
WANTED = [
    "fathom: attacks.exe: heap corruption:",
    "block not busy (freed twice?), heap",
    "00750000, found by RtlFreeHeap",
    "C:\\>",
]
plan.equal(shown(folded(LINE)), WANTED, "a long line")
plan.equal([shown(folded(LINE, size=n)) for n in (1, 2, 3, 7)], [WANTED] * 4, "however it is cut")
plan.equal(shown(LINE.encode())[1][:6], "ock no", "without it a word breaks")
coloured = "\x1b[1mfathom\x1b[0m: attacks.exe: heap \x1b[31mcorruption\x1b[0m: block\r\n"
plan.equal(
    shown(folded(coloured)),
    ["fathom: attacks.exe: heap corruption:", "block", ""],
    "colours fill no column",
)
plan.equal(shown(folded("x" * 90)), ["x" * 40, "x" * 40, "x" * 10], "a long word is the terminal's")
plan.equal(
    shown(folded("a" * 36 + " 123 456\r\n")),
    ["a" * 36 + " 123", "456", ""],
    "a word that ends at the edge stays",
)
plan.equal(shown(folded("a" * 40 + "\r\nb\r\n")), ["a" * 40, "b", ""], "a row that is just full")
plan.equal(shown(folded("é" * 38 + " über")), ["é" * 38, "über"], "UTF-8 is one column")
plan.equal(folded(LINE, 0), LINE.encode(), "no width: unchanged")
typed = "C:\\> hello\b\b  \b\b"
plan.equal(folded(typed, size=1), typed.encode(), "what is typed is echoed at once")
plan.done()
