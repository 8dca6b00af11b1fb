"""Colours by meaning, on a terminal only: gdb's own `set style enabled off` turns them off."""

CODES = {
    "title": "1",
    "dim": "2",
    "address": "36",
    "name": "33",
    "busy": "32",
    "free": "34",
    "gone": "90",
    "bad": "1;31",
    "kernel": "35",
    "good": "32",
}
enabled = lambda: False  # noqa: E731  words/__init__.py sets it; a decoder's user may leave it


def paint(text, style):
    return f"\033[{CODES[style]}m{text}\033[0m" if enabled() and style else str(text)


def address(number):
    return paint(f"{number:08X}", "address")


def table(rows, head=(), right=()):
    """Lines of columns as wide as their widest cell.  A cell: text, or (text, style).

    right: the columns whose cells are numbers."""
    cells = [[c if isinstance(c, tuple) else (str(c), None) for c in row] for row in rows]
    if head:
        cells.insert(0, [(word, "title") for word in head])
    columns = range(max(map(len, cells), default=0))
    widths = [max(len(row[i][0]) for row in cells if i < len(row)) for i in columns]
    return [" ".join(pieces(row, widths, right)).rstrip() for row in cells]


def pieces(row, widths, right):
    for i, (text, style) in enumerate(row):
        space = " " * (widths[i] - len(text))
        shown = paint(text, style)
        last = i == len(row) - 1 and i not in right
        yield space + shown if i in right else shown + ("" if last else space)
